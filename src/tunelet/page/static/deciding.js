// From logits to probabilities and to an answer, by the shape of the labels, as tunelet computes them.

/**
 * @typedef {{
 *   probabilities: (logits: number[]) => number[],              of each label
 *   answer: (row: number[], record) => object,                  as `predict` gives it (source_http.js), but for these
 *   explained: (answer, record, asked?: string, row) => number, index of the label whose words are coloured
 *   value: (row, at: number, record) => number,                 what words are shares of, for the label of this index
 *   quantity: string,                                           what that is called
 * }} Deciding   `record` is what browser.json says of the model
 */
const SHAPES = {
  multiclass: {
    probabilities(logits) {
      const most = Math.max(...logits);
      const shares = logits.map((value) => Math.exp(value - most));
      const sum = shares.reduce((total, share) => total + share, 0);
      return shares.map((share) => share / sum);
    },
    answer: (row, { labels }) => ({ label: labels[likeliest(row)] }),
    explained: ({ label }, { labels }, asked) => labels.indexOf(asked ?? label),
    value: (row, at) => logOdds(row[at], row.reduce((sum, each, other) => (other === at ? sum : sum + each), 0)),
    quantity: "log odds of the label",
  },
  multilabel: {
    probabilities: (logits) => logits.map(sigmoid),
    answer: (row, { labels, thresholds, separator }) => {
      const given = labels.filter((_, at) => row[at] >= thresholds[at]);
      const of = new Map(labels.map((name, at) => [name, row[at]]));
      return { label: written(given).join(separator), labels: given.toSorted((a, b) => of.get(b) - of.get(a)) };
    },
    explained: ({ labels: [first] }, { labels }, asked, row) =>
      asked === undefined && first === undefined ? likeliest(row) : labels.indexOf(asked ?? first),
    value: (row, at) => logOdds(row[at], 1 - row[at]),
    quantity: "log odds of the label",
  },
  ordinal: {
    probabilities(logits) {
      const above = logits.map(sigmoid).sort((a, b) => b - a);
      return [1, ...above].map((share, at) => share - (above[at] ?? 0));
    },
    answer: (row, { labels }) => {
      let sum = 0;
      const median = row.findIndex((share) => (sum += share) >= 0.5 - 1e-9);
      return { label: labels[median], expected: expected(row, labels) };
    },
    explained: ({ label }, { labels }) => labels.indexOf(label),
    value: (row, _, { labels }) => expected(row, labels),
    quantity: "expected rating",
  },
  regression: {
    probabilities: (logits) => logits,
    answer: ([value], { reach = null }) => ({
      label: String(Number(value.toPrecision(6))), value, low: reach && value - reach, high: reach && value + reach,
    }),
    explained: () => 0,
    value: ([value]) => value,
    quantity: "number",
  },
};

/** How a model with this record decides. */
export const deciding = ({ shape = "multiclass" }) => SHAPES[shape];

const sigmoid = (logit) => 1 / (1 + Math.exp(-logit));
const likeliest = (row) => row.indexOf(Math.max(...row));
const expected = (row, labels) => row.reduce((sum, share, at) => sum + share * Number(labels[at]), 0);

/** Of probabilities that may round to 0 or 1. */
const logOdds = (one, others) => Math.log(Math.max(one, 1e-300)) - Math.log(Math.max(others, 1e-300));

/** Labels in the order in which several are written: by number where all are numbers, else as they come. */
function written(labels) {
  const numbers = labels.every((name) => name.trim() && Number.isFinite(Number(name)));
  return numbers ? labels.toSorted((a, b) => a - b) : labels;
}
