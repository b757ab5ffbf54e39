// A text with the words that decided, coloured. Colour is never the only sign: what speaks for the label has a solid
// line below, what speaks against it a dashed one, the stronger the thicker; a screen reader hears the number.

import { el, visible } from "./dom.js";

const LEVELS = 4;
const PLAIN = 0.05; // share of the strongest weight below which a word is not coloured; as the report has it
const NUMBER = new Intl.NumberFormat("en", { signDisplay: "exceptZero", minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** -4 to 4: a weight in quarters of the strongest, below 0 against the label; 0 for a weak one. */
export function level(weight, strongest) {
  const share = strongest ? Math.abs(weight) / strongest : 0;
  if (share < PLAIN) return 0;
  return Math.sign(weight) * Math.min(LEVELS, Math.floor(share * LEVELS) + 1);
}

/**
 * The fields of an explanation as paragraphs.
 *
 * @param {{words: object[], fields?: string[]}} explanation   of `explain` in source.js
 * @param {string} asked                                       the text, where the explanation has none of its own
 */
export function coloured({ words, fields }, asked) {
  const strongest = words.reduce((most, { weight }) => Math.max(most, Math.abs(weight)), 0);
  return (fields ?? [asked]).map((text, field) => {
    const paragraph = el("p", { class: "coloured", dir: "auto" });
    let done = 0;
    for (const word of words.filter((one) => (one.field ?? 0) === field)) {
      paragraph.append(visible(text.slice(done, word.start)), piece(text.slice(word.start, word.end), word, strongest));
      done = word.end;
    }
    paragraph.append(visible(text.slice(done)));
    return paragraph;
  });
}

function piece(text, word, strongest) {
  if (word.read === false) return el("span", { class: "unread", title: "too long: not read" }, visible(text));
  const at = level(word.weight, strongest);
  if (!at) return visible(text);
  const number = NUMBER.format(word.weight);
  return el("mark", { class: `${at > 0 ? "for" : "against"}-${Math.abs(at)}`, title: number },
    visible(text), el("span", { class: "heard" }, ` (${number})`));
}
