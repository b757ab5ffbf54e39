// Which words speak for a label: what its log-odds lose when a word is left out of the text.

// A word in scripts that write blanks between them; of the others a character, which is about a word there.
const UNSPACED = ["Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar"].map((name) => `\\p{sc=${name}}`);
const LETTERS = "[\\p{L}\\p{M}\\p{N}_]+";
const SIGNS = "[^\\s\\p{L}\\p{M}\\p{N}_]+";
const WORD = new RegExp(`[${UNSPACED.join("")}]|${LETTERS}(?:['’-]${LETTERS})*|${SIGNS}`, "gu");

/** The words of a text, with their places in it. */
export function wordsOf(text) {
  return [...text.matchAll(WORD)].map(({ 0: word, index }) => ({ text: word, start: index, end: index + word.length }));
}

/** The words in runs that are left out together, no more than `most` of them. */
export function runsOf(words, most) {
  const size = Math.max(1, Math.ceil(words.length / most));
  const runs = [];
  for (let at = 0; at < words.length; at += size) runs.push(words.slice(at, at + size));
  return runs;
}

/** The text without a run of its words. */
export function without(text, run) {
  return text.slice(0, run[0].start) + text.slice(run.at(-1).end);
}

/** How it is said on the page. */
export function method(runs) {
  const size = runs[0]?.length ?? 1;
  return size === 1
    ? "Each word left out in turn: what the log odds of the label lose without it."
    : `The text is long: each ${size} words in a row left out in turn, and what the log odds of the label lose without them.`;
}

/** Log-odds of a label, of probabilities that may round to 0 or 1. */
export function logOdds(probabilities, label) {
  const others = probabilities.reduce((sum, each, at) => (at === label ? sum : sum + each), 0);
  return Math.log(Math.max(probabilities[label], 1e-300)) - Math.log(Math.max(others, 1e-300));
}
