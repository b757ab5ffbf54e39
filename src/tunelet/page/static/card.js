// One model's answer to the text: its label, its probabilities, the words that decided.

import { bar, listClass, probabilities } from "./bars.js";
import { el, fresh, named, visible } from "./dom.js";
import { inWords, shapeOf } from "./shapes.js";
import { coloured } from "./words.js";
import { sentence } from "./wording.js";

const PAUSE = 350; // milliseconds without a new letter before words are asked for: that takes ten times as long

export class Card {
  /** @param {object} source  source.js  @param {object} model  one of its models  */
  constructor(source, model) {
    this._source = source;
    this._model = model;
    this._shape = shapeOf(model);
    const heading = fresh("model");
    this._answer = el("div", { class: "answer" });
    this._words = el("div", { class: "words" });
    this.element = el("article", { class: "card", "aria-labelledby": heading },
      el("h3", { id: heading }, named(model.name)), this._answer, this._words);
    this.clear();
  }

  /** Nothing is asked. */
  clear() {
    this.element.removeAttribute("aria-busy");
    this._answer.replaceChildren(...idle(this._model.labels));
    this._words.replaceChildren();
  }

  /** Ask about a text and show what comes; returns a sentence about it. Throws nothing but what an abort gives. */
  async ask(text, signal) {
    this.element.setAttribute("aria-busy", "true");
    try {
      const [answer] = await this._source.predict(this._model.name, [text], signal);
      if (answer.error) throw new Error(answer.error);
      this._show(answer);
      if (answer.label === null) this._words.replaceChildren();
      else if (this._model.explains) this._explain(text, signal, this._shape.explained(answer, this._model.labels));
      else this._words.replaceChildren(el("p", { class: "idle" }, "This model does not say which words decided."));
      return answer.label === null ? "there is nothing to read" : inWords(answer, this._shape);
    } catch (error) {
      if (signal.aborted) throw error;
      this._words.replaceChildren();
      this._answer.replaceChildren(el("p", { class: "wrong" }, sentence(error.message)));
      return error.message;
    } finally {
      if (!signal.aborted) this.element.removeAttribute("aria-busy");
    }
  }

  _show(answer) {
    if (answer.label === null) {
      this._answer.replaceChildren(el("p", { class: "idle" }, "There is nothing to read in this text."));
      return;
    }
    const below = this._shape.below(answer);
    this._answer.replaceChildren(...verdict(answer, this._shape),
      ...(below ? [el("p", { class: "hint" }, below)] : []),
      ...probabilities(answer, this._model.labels, this._model));
  }

  /** Colour the words; nobody waits for it. Of several `choices` of a label the first, until the reader chooses. */
  async _explain(text, signal, choices, label = choices[0]) {
    this._words.classList.add("stale"); // until the new ones are there
    await new Promise((resolve) => { setTimeout(resolve, PAUSE); });
    if (signal.aborted) return;
    const turn = this._turn = Symbol("turn"); // another label may be chosen before the answer is there
    try {
      const explanation = await this._source.explain(this._model.name, text, signal, label);
      if (signal.aborted || this._turn !== turn) return;
      const asked = typeof text === "string" ? text : Object.values(text).join("\n");
      const read = el("div", { class: "read", tabindex: "0", role: "group", "aria-label": "Words that decided" },
        ...coloured(explanation, asked));
      const choose = choices.length > 1 ? choice(choices, label, (other) => this._explain(text, signal, choices, other)) : null;
      const chosen = document.activeElement?.closest(".words") === this._words;
      this._words.replaceChildren(read, legend(explanation, this._shape.sides, choose));
      if (chosen) choose?.focus(); // where the one before it was
    } catch (error) {
      if (signal.aborted || this._turn !== turn) return;
      this._words.replaceChildren(el("p", { class: "idle" }, `No words are coloured. ${sentence(error.message)}`));
    }
    this._words.classList.remove("stale");
  }
}

/** What is given, with what stands beside it; or that no label is. */
function verdict(answer, shape) {
  const given = shape.given(answer);
  if (!given.length) return [el("p", { class: "verdict none" }, "None of them")];
  const number = (name) => el("span", { class: "number" }, shape.beside(answer, name));
  return given.map((name) => el("p", { class: given.length > 1 ? "verdict several" : "verdict" }, named(name), number(name)));
}

/** What stands there before there is a text: the labels, without numbers. */
function idle(labels) {
  const said = el("p", { class: "idle" }, "The answer appears here as you type.");
  if (!labels.length) return [said];
  const rows = labels.slice(0, 6).map((label) =>
    el("li", {}, named(label, { class: "name" }), bar(0), el("span", { class: "number" }, "–")));
  return [said, el("ul", { class: listClass(labels) }, ...rows)];
}

/** What the colours mean. `choose` is a control in the place of the label, where another one can be chosen. */
function legend({ label, method }, sides, choose) {
  const { speaks = "for", against = "against" } = sides ?? {};
  const of = sides ? `${sides.of} and ` : choose ?? named(label);
  return el("p", { class: "legend" },
    el("mark", { class: "for-3" }, speaks), " ", of, sides ? "" : " and ",
    el("mark", { class: "against-3" }, against), " it. ", el("span", {}, method));
}

/** A control to choose the label that words are coloured for. */
function choice(labels, chosen, changed) {
  const select = el("select", { class: "inline", "aria-label": "Label to explain" },
    ...labels.map((name) => el("option", { value: name, selected: name === chosen }, visible(name))));
  select.addEventListener("change", () => changed(select.value));
  return select;
}
