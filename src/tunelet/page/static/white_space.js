// White space as Python's strings know it, which is not quite what JavaScript's know.

export const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const LEADING = new RegExp(`^[${SPACE}]+`, "u");
const RUNS = new RegExp(`[${SPACE}]+`, "u");
const LONG_RUNS = new RegExp(`[${SPACE}]{2,}`, "gu");

/** A text without white space at its ends. */
export const strip = (text) => stripEnd(stripStart(text));

/** A text without white space at its beginning. */
export const stripStart = (text) => text.replace(LEADING, "");

/** A text without white space at its end. */
export function stripEnd(text) {
  let end = text.length; // a pattern would be tried at every blank of a long run of them
  while (end && LEADING.test(text[end - 1])) end -= 1;
  return text.slice(0, end);
}

/** The words of a text: what white space stands between. */
export const words = (text) => text.split(RUNS).filter(Boolean);

/** A text with each run of two and more characters of white space as one blank. */
export const singleSpaced = (text) => text.replace(LONG_RUNS, " ");
