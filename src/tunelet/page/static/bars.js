// Labels with their probabilities, as numbers and as bars; of many labels the likeliest, and the others on demand.

import { el, fresh, named } from "./dom.js";
import { shapeOf } from "./shapes.js";
import { percent } from "./wording.js";

const LONG = 20; // characters of a name that stands above its bar, not beside it
const FEW = 6; // labels that keep their order, so that no bar jumps while one types

/** A bar that fills a share of its place, with a mark at `least`; for the eye only, the number stands beside it. */
export function bar(share, strong = true, least = null) {
  const filled = el("span", { class: strong ? "filled" : "filled faint" });
  filled.style.width = `${100 * share}%`;
  const mark = least === null ? null : el("span", { class: "least" });
  if (mark) mark.style.left = `${100 * least}%`;
  return el("span", { class: "bar", "aria-hidden": "true" }, filled, mark);
}

/** The class of a list of these labels. */
export const listClass = (labels) => (labels.some((name) => name.length > LONG) ? "probabilities long" : "probabilities");

/** The list of a model's labels with an answer; of several labels a text, with marks where each is given. */
export function probabilities(answer, labels, { shape, thresholds = {} } = {}) {
  if (!labels.length) return []; // a number has none
  const { given, inOrder } = shapeOf({ shape });
  const chosen = new Set(given(answer));
  const all = labels.map((name) => [name, answer.probabilities[name]]); // an object has whole numbers first
  if (inOrder) return [el("ul", { class: listClass(labels) }, ...all.map((one) => item(one, chosen, thresholds)))];
  const first = (one, other) => chosen.has(other[0]) - chosen.has(one[0]) || other[1] - one[1];
  const ordered = all.length > FEW ? all.toSorted(first) : all;
  const list = el("ul", { class: listClass(labels), id: fresh("labels") });
  const few = Math.max(FEW, chosen.size);
  const items = (count) => ordered.slice(0, count).map((one) => item(one, chosen, thresholds));
  list.append(...items(few));
  if (ordered.length <= few) return [list];
  const more = el("button", { type: "button", class: "quiet small", "aria-expanded": "false", "aria-controls": list.id },
    `All ${ordered.length} labels`);
  more.addEventListener("click", () => {
    const open = more.getAttribute("aria-expanded") === "true";
    list.replaceChildren(...items(open ? few : undefined));
    more.setAttribute("aria-expanded", String(!open));
    more.textContent = open ? `All ${ordered.length} labels` : "Fewer labels";
  });
  return [list, more];
}

function item([name, value], chosen, thresholds) {
  const is = chosen.has(name);
  const least = thresholds[name] ?? null;
  const said = least === null ? null : `given from ${percent(least)} on`;
  return el("li", { class: is ? "chosen" : null, title: said },
    named(name, { class: "name" }), bar(value, is, least),
    el("span", { class: "number" }, percent(value), said && el("span", { class: "heard" }, `, ${said}`)));
}
