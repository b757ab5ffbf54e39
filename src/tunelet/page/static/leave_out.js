// Which words speak for an answer: what it loses when a word is left out of the text.

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

/** How it is said on the page; `quantity` is what a word is a share of. */
export function method(runs, quantity) {
  const size = runs[0]?.length ?? 1;
  return size === 1
    ? `Each word left out in turn: what is lost of the ${quantity} without it.`
    : `The text is long: each ${size} words in a row left out in turn, and what is lost of the ${quantity} without them.`;
}
