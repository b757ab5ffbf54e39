// Which column of a table holds the texts, as `tunelet train` recognises it by its name, and names for added columns.

import { NO_TEXT_WORDS, TEXT_NAMES } from "./names.js";
import { strip } from "./white_space.js";

/** `reviewText`, `Review Text` and `review-text` are one name. */
export const plainName = (name) =>
  strip(name).replace(/([a-z0-9])(?=[A-Z])/g, "$1_").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "_").replace(/^_+|_+$/g, "");

/**
 * The number of the column that holds the texts; null where several could, or none has such a name.
 *
 * @param {string[]} columns   names in the file
 * @param {string} trained     the column that the model was trained on
 */
export function textColumn(columns, trained) {
  if (columns.length === 1) return 0;
  const plain = columns.map(plainName);
  const words = plain.map((name) => name.split("_"));
  const compound = (at) =>
    words[at].some((word) => TEXT_NAMES[0].includes(word)) && !words[at].some((word) => NO_TEXT_WORDS.has(word));
  const ranks = [
    (at) => columns[at].trim().toLowerCase() === trained.trim().toLowerCase(),
    (at) => TEXT_NAMES[0].includes(plain[at]),
    compound,
    ...TEXT_NAMES.slice(1).map((names) => (at) => names.includes(plain[at])),
  ];
  for (const fits of ranks) {
    const found = columns.map((_, at) => at).filter(fits);
    if (found.length) return found.length === 1 ? found[0] : null;
  }
  return null;
}

/** Names for added columns, with a number behind each that is taken; letters of either case are the same. */
export function freeNames(columns, wanted) {
  const taken = new Set(columns.map((name) => name.trim().toLowerCase()));
  return wanted.map((name) => {
    let free = name;
    for (let number = 2; taken.has(free.toLowerCase()); number += 1) free = `${name}_${number}`;
    taken.add(free.toLowerCase());
    return free;
  });
}
