// The text that is typed: all models are asked about it at once, a moment after the last letter.

import { Card } from "./card.js";
import { el, fresh, named, say } from "./dom.js";
import { counted } from "./wording.js";

const PAUSE = 250; // milliseconds
const TEXT = "text"; // the field that a model with a single column reads

/** Fill the panel of a text for some models. */
export function textPanel(source, models, fieldsPlace, cardsPlace) {
  const cards = models.map((model) => new Card(source, model));
  const fields = textFields(models).map((name, _, all) => field(name, all.length));
  const clear = el("button", { type: "button", class: "quiet small", hidden: true }, "Clear");
  const length = el("p", { class: "hint" }, "");
  cardsPlace.replaceChildren(...cards.map((card) => card.element));
  fieldsPlace.replaceChildren(...fields.flatMap(({ label, input }) => [label, input]), el("div", { class: "under" }, length, clear));
  let running = new AbortController();
  let waiting = 0;

  async function ask() {
    running.abort();
    running = new AbortController();
    const { signal } = running;
    const values = Object.fromEntries(fields.map(({ name, input }) => [name, input.value]));
    const characters = [...Object.values(values).join("")].length;
    length.textContent = characters ? counted(characters, "character") : "";
    clear.hidden = !characters;
    if (!Object.values(values).some((value) => value.trim())) {
      cards.forEach((card) => card.clear());
      return;
    }
    const found = await Promise.allSettled(cards.map((card, at) => card.ask(textFor(models[at], values), signal)));
    if (signal.aborted) return;
    say(found.map(({ value }, at) => (models.length > 1 ? `${models[at].name}: ${value}` : value)).join("; "));
  }

  for (const { input } of fields) {
    input.addEventListener("input", () => {
      clearTimeout(waiting);
      running.abort();
      waiting = setTimeout(ask, PAUSE);
    });
  }
  clear.addEventListener("click", () => {
    for (const { input } of fields) input.value = "";
    clearTimeout(waiting);
    ask();
    fields[0].input.focus();
  });
}

/** The fields that models read, by name: one for all that read a single column, and the columns of the others. */
export function textFields(models) {
  return [...new Set(models.flatMap(({ columns }) => (columns.length > 1 ? columns : [TEXT])))];
}

/** What a model is asked, from the values of the fields. */
export const textFor = ({ columns }, values) =>
  columns.length > 1 ? Object.fromEntries(columns.map((name) => [name, values[name]])) : values[TEXT];

function field(name, count) {
  const id = fresh("text");
  const input = el("textarea", {
    id, rows: count > 1 ? 3 : 6, dir: "auto", spellcheck: "false", placeholder: "Type or paste a text",
  });
  return { name, input, label: el("label", { for: id }, name === TEXT ? "Text" : named(name)) };
}
