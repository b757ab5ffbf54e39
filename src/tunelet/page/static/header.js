// Whether the first row of a table names its columns, as data/readers/_header.py of tunelet decides.

import { plainName } from "./columns.js";
import { KNOWN_NAMES } from "./names.js";
import { strip, words } from "./white_space.js";

const LOOKED_AT = 1000; // rows
const NUMBER = /^[+-]?\p{Nd}+([.,]\p{Nd}+)?$/u;
const DIGITS = "\\p{Nd}+(?:_\\p{Nd}+)*";
const FLOAT = new RegExp(`^[+-]?(?:inf|infinity|nan|(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:e[+-]?${DIGITS})?)$`, "iu");

/**
 * Why the first row is no header but data, or "" when it is one.
 *
 * A first row of sentences or numbers is a header nevertheless where what stands below is of another kind: answers below
 * a question, categories below a sentence, words below a year.
 *
 * @param {string[][]} rows    rows with content, at least one, of equal length
 * @param {string[]} names     columns that models read; a first row that holds one is a header
 */
export function headerReason(rows, names = []) {
  const [first] = rows;
  const bare = new Set(names.map((name) => strip(name).toLowerCase()));
  if (first.some((cell) => bare.has(strip(cell).toLowerCase()))) return "";
  const prose = first.find((cell) => lengthOf(cell) > 50 || words(cell).length > 5);
  if (prose === undefined && first.some(isKnown)) return "";
  // Whole copies of the first row prove nothing: files with a header may have been joined.
  const differs = (row) => row.some((cell, at) => cell !== first[at]);
  const below = rows.slice(1, LOOKED_AT + 1).filter(differs);
  const number = first.find((cell) => NUMBER.test(strip(cell)));
  if ((prose ?? number) !== undefined && ofAnotherKind(first, below)) return "";
  if (prose !== undefined) return "it holds a text";
  const filled = first.filter(Boolean);
  if (first.length > 1 && filled.every((cell, at) => cell === String(at))) return ""; // what pandas writes for no names
  if (number !== undefined) return "it holds a number";
  if (first.length === 1 && strip(first[0]) && !madeOfKnownWords(strip(first[0]))) {
    // A list of texts, more often than a table of one column; and so no text is lost.
    return "it holds no usual name of a column";
  }
  const again = (cell, at) => strip(cell) && rows.some((row, n) => n && row[at] === cell && differs(row));
  return first.some(again) ? "it occurs again below" : "";
}

/** Whether a row like the header is another header: 0, 1 may well be a row, too. */
export const mayBeRepeated = (header) => !header.every((cell) => !strip(cell) || FLOAT.test(strip(cell)));

const isKnown = (cell) => KNOWN_NAMES.has(plainName(cell));

const lengthOf = (text) => [...text].length; // characters

/** customer_comment, reviewText: one word to the eye, of several of which one is known. */
function madeOfKnownWords(name) {
  const parts = plainName(name).split("_");
  return /^[\p{L}\p{N}_]+$/u.test(name) && parts.length > 1 && parts.some((part) => KNOWN_NAMES.has(part));
}

/**
 * Whether some columns tell that the first row names them, and none that it is a row like those below.
 *
 * A single column is a list of texts more often than a table; taken for a header, its first text would be lost.
 */
function ofAnotherKind(first, below) {
  if (first.length < 2) return false;
  const evidence = first.map((cell, at) =>
    strip(cell) ? namesColumn(strip(cell), below.map((row) => strip(row[at])).filter(Boolean)) : null);
  return evidence.includes(true) && !evidence.includes(false);
}

/** Whether a cell names the values below it; null where it might. */
function namesColumn(cell, below) {
  if (!below.length) return null;
  if (below.includes(cell)) return false;
  const numbers = below.filter(isNumber).length;
  if (isNumber(cell)) return numbers === 0 || (isYear(cell) && !below.some(isYear));
  if (numbers === below.length) return true;
  if (cell.endsWith("?") && below.filter((one) => one.endsWith("?")).length <= below.length / 10) return true;
  if (isKnown(cell)) return true;
  const few = new Set(below).size <= Math.max(2, Math.floor(below.length / 4));
  const longest = below.reduce((most, one) => Math.max(most, lengthOf(one)), 0);
  return few && words(cell).length > 2 && lengthOf(cell) >= 2 * longest ? true : null;
}

const isNumber = (cell) => FLOAT.test(strip(cell.replaceAll(",", ".")));

const isYear = (cell) => /^(19|20)\p{Nd}\p{Nd}$/u.test(cell);
