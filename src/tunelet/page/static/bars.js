// Labels with their probabilities, as numbers and as bars; of many labels the likeliest, and the others on demand.

import { el, fresh, named } from "./dom.js";
import { percent } from "./wording.js";

const LONG = 20; // characters of a name that stands above its bar, not beside it
const FEW = 6; // labels that keep their order, so that no bar jumps while one types

/** A bar that fills a share of its place; for the eye only, the number stands beside it. */
export function bar(share, strong = true) {
  const filled = el("span", { class: strong ? "filled" : "filled faint" });
  filled.style.width = `${100 * share}%`;
  return el("span", { class: "bar", "aria-hidden": "true" }, filled);
}

/** The class of a list of these labels. */
export const listClass = (labels) => (labels.some((name) => name.length > LONG) ? "probabilities long" : "probabilities");

/** The list of a model's labels with an answer: {label, probabilities}. */
export function probabilities({ label, probabilities: of }, labels) {
  const all = labels.map((name) => [name, of[name]]); // an object has names that are whole numbers first
  const ordered = all.length > FEW ? all.toSorted((a, b) => b[1] - a[1]) : all;
  const list = el("ul", { class: listClass(labels), id: fresh("labels") });
  const item = ([name, value]) =>
    el("li", { class: name === label ? "chosen" : null },
      named(name, { class: "name" }), bar(value, name === label), el("span", { class: "number" }, percent(value)));
  list.append(...ordered.slice(0, FEW).map(item));
  if (ordered.length <= FEW) return [list];
  const more = el("button", { type: "button", class: "quiet small", "aria-expanded": "false", "aria-controls": list.id },
    `All ${ordered.length} labels`);
  more.addEventListener("click", () => {
    const open = more.getAttribute("aria-expanded") === "true";
    list.replaceChildren(...ordered.slice(0, open ? FEW : undefined).map(item));
    more.setAttribute("aria-expanded", String(!open));
    more.textContent = open ? `All ${ordered.length} labels` : "Fewer labels";
  });
  return [list, more];
}
