// One model's answer to the text: its label, its probabilities, the words that decided.

import { bar, listClass, probabilities } from "./bars.js";
import { el, fresh, named } from "./dom.js";
import { coloured } from "./words.js";
import { percent, sentence } from "./wording.js";

const PAUSE = 350; // milliseconds without a new letter before words are asked for: that takes ten times as long

export class Card {
  /** @param {object} source  source.js  @param {object} model  one of its models  */
  constructor(source, model) {
    this._source = source;
    this._model = model;
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
      else if (this._model.explains) this._explain(text, signal); // nobody waits for it
      else this._words.replaceChildren(el("p", { class: "idle" }, "This model does not say which words decided."));
      return answer.label === null ? "there is nothing to read" : `${answer.label}, ${percent(probability(answer))}`;
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
    const verdict = el("p", { class: "verdict" },
      named(answer.label), el("span", { class: "number" }, percent(probability(answer))));
    this._answer.replaceChildren(verdict, ...probabilities(answer, this._model.labels));
  }

  async _explain(text, signal) {
    this._words.classList.add("stale"); // until the new ones are there
    await new Promise((resolve) => { setTimeout(resolve, PAUSE); });
    if (signal.aborted) return;
    try {
      const explanation = await this._source.explain(this._model.name, text, signal);
      const asked = typeof text === "string" ? text : Object.values(text).join("\n");
      const read = el("div", { class: "read", tabindex: "0", role: "group", "aria-label": "Words that decided" },
        ...coloured(explanation, asked));
      this._words.replaceChildren(read, legend(explanation));
    } catch (error) {
      if (signal.aborted) return;
      this._words.replaceChildren(el("p", { class: "idle" }, `No words are coloured. ${sentence(error.message)}`));
    }
    this._words.classList.remove("stale");
  }
}

const probability = ({ label, probabilities: of }) => of[label];

/** What stands there before there is a text: the labels, without numbers. */
function idle(labels) {
  const rows = labels.slice(0, 6).map((label) =>
    el("li", {}, named(label, { class: "name" }), bar(0), el("span", { class: "number" }, "–")));
  return [el("p", { class: "idle" }, "The answer appears here as you type."), el("ul", { class: listClass(labels) }, ...rows)];
}

function legend({ label, method }) {
  return el("p", { class: "legend" },
    el("mark", { class: "for-3" }, "for"), " ", named(label), " and ", el("mark", { class: "against-3" }, "against"),
    " it. ", el("span", {}, method));
}
