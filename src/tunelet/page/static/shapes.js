// What an answer says, by the shape of a model's labels: one a text, several, a rating, a number. It knows nothing of the
// page.
//
// An answer is {label, probabilities}, with `labels` where a text may have several, `expected` of a rating, and `value`,
// `low` and `high` of a number; label null: there is nothing to read.

import { percent } from "./wording.js";

/** Where rows are counted, "none of them": no label has an empty name. */
export const NONE = "";

/**
 * @typedef {{
 *   given: (answer) => string[],               labels that the answer gives
 *   beside: (answer, name) => string,          what stands beside one of them
 *   below: (answer) => string,                 a sentence below all; "" for none
 *   inOrder: boolean,                          whether its labels keep their order, however many they are
 *   explained: (answer, labels) => string[],   labels that words can be coloured for, the first unasked; [] leaves no choice
 *   sides: {speaks: string, against: string, of: string} | null,   what colours mean; null: for or against the label
 *   places: (labels) => string[],              what rows of a file may count for
 *   counted: (answer) => string[],             what a row does
 *   columns: (own: string, labels) => string[],   those of a file of answers, as `tunelet predict` has them; `own` is
 *                                              what several models are told apart by
 *   cells: (answer, labels) => (string | number)[],   a value for each
 * }} Shape
 */
const ONE = {
  given: ({ label }) => [label],
  beside: ({ probabilities }, name) => percent(probabilities[name]),
  below: () => "",
  inOrder: false,
  explained: () => [],
  sides: null,
  places: (labels) => labels,
  counted: ({ label }) => [label],
  columns: (own, labels) => [`predicted${own}`, `probability${own}`, ...labels.map((name) => `probability${own}_${name}`)],
  cells: (answer, labels) => written(answer, labels, answer.probabilities[answer.label]),
};

const SHAPES = {
  multiclass: ONE,
  multilabel: {
    ...ONE,
    given: ({ labels }) => labels,
    explained: ({ labels: given, probabilities }, labels) => {
      const rest = labels.filter((name) => !given.includes(name));
      return [...given, ...rest.toSorted((a, b) => probabilities[b] - probabilities[a])];
    },
    places: (labels) => [...labels, NONE],
    counted: ({ labels }) => (labels.length ? labels : [NONE]),
    cells: (answer, labels) => written(answer, labels, Math.max(...Object.values(answer.probabilities))),
  },
  ordinal: {
    ...ONE,
    below: ({ expected }) => `Expected: ${expected.toFixed(2)}`,
    inOrder: true,
    sides: { speaks: "raises", against: "lowers", of: "the rating" },
    columns: (own, labels) => [...ONE.columns(own, labels), `expected${own}`],
    cells: (answer, labels) => [...ONE.cells(answer, labels), answer.expected],
  },
  regression: {
    ...ONE,
    beside: () => "",
    below: ({ low, high }) => (low == null ? "" : `95 of 100 such numbers lie between ${short(low)} and ${short(high)}`),
    sides: { speaks: "raises", against: "lowers", of: "the number" },
    places: () => [],
    counted: () => [],
    columns: (own) => [`value${own}`, `low${own}`, `high${own}`],
    cells: ({ value, low, high }) => [value, low ?? "", high ?? ""],
  },
};

/** The shape of a model's labels. */
export const shapeOf = ({ shape = "multiclass" }) => SHAPES[shape] ?? ONE;

/** An answer in words. */
export function inWords(answer, shape) {
  const each = shape.given(answer).map((name) => [name, shape.beside(answer, name)].filter(Boolean).join(", "));
  return each.join("; ") || "none of the labels";
}

/** A number with six digits, as tunelet rounds them. */
const short = (value) => String(Number(value.toPrecision(6)));

const written = ({ label, probabilities }, labels, probability) =>
  [label, probability ?? "", ...labels.map((name) => probabilities[name] ?? "")];
