// A text cut into records, and a record into cells, as Python's `csv` cuts them.
//
// @typedef {{
//   separator: string,
//   quoted: boolean,         whether a quotation mark is more than a mark like others
//   escape: RegExp | null,   what backslashes hide, where they stand before quotation marks; null: these are doubled
// }} Dialect

import { strip } from "./white_space.js";

/** Quotation marks are doubled. */
export const doubled = (separator) => ({ separator, quoted: true, escape: null });

/**
 * Records from a place on: their beginning, their end, where the next one begins, the number of their cells, none in a
 * blank line, and what is wrong with their quotes: "open" (never closed), "behind" (letters follow closed ones) or null.
 */
export function* records(text, dialect, from = 0) {
  const next = dialect.quoted ? quotedRecord : plainRecord;
  const stops = new RegExp(`[\\r\\n${dialect.separator.replace(/[\\\]^-]/g, "\\$&")}]`, "g");
  for (let start = from; start < text.length; ) {
    const record = next(text, start, dialect.separator, stops);
    yield record;
    start = record.next;
  }
}

function quotedRecord(text, start, separator, stops) {
  let at = start;
  let fault = null;
  for (let width = 1; ; width += 1) { // at the beginning of a cell
    if (text[at] === '"') {
      at = behindQuotes(text, at);
      if (at > text.length) return { start, end: text.length, next: text.length, width, fault: "open" };
      if (at < text.length && text[at] !== separator && text[at] !== "\r" && text[at] !== "\n") fault ??= "behind";
    }
    stops.lastIndex = at;
    at = stops.exec(text)?.index ?? text.length;
    if (text[at] !== separator) {
      const next = at + (text.startsWith("\r\n", at) ? 2 : 1);
      return { start, end: at, next, width: at === start ? 0 : width, fault };
    }
    at += 1;
  }
}

/** A line: only a line feed ends it, and carriage returns before that belong to its end. */
function plainRecord(text, start, separator) {
  const stop = text.indexOf("\n", start);
  const next = stop === -1 ? text.length : stop + 1;
  let end = stop === -1 ? text.length : stop;
  while (end > start && text[end - 1] === "\r") end -= 1;
  const line = text.slice(start, end);
  const width = line.split(separator).length;
  return { start, end, next, width: width > 1 || strip(line) ? width : 0, fault: null };
}

/** The cells of a record that is not blank, as they stand there: where each begins and ends in it. */
export function* places(record, { separator, quoted }) {
  for (let begin = 0; ; ) {
    const from = quoted && record[begin] === '"' ? behindQuotes(record, begin) : begin;
    const stop = record.indexOf(separator, from);
    yield { begin, end: stop === -1 ? record.length : stop };
    if (stop === -1) return;
    begin = stop + 1;
  }
}

/** The values of these cells, without their quotes. */
export function values(record, dialect) {
  return Array.from(places(record, dialect), ({ begin, end }) => value(record.slice(begin, end), dialect));
}

function value(cell, { quoted, escape }) {
  let text = cell;
  if (quoted && cell[0] === '"') {
    const behind = behindQuotes(cell, 0); // what stands there belongs to the value, as in Python
    text = cell.slice(1, behind > cell.length ? cell.length : behind - 1).replaceAll('""', '"') + cell.slice(behind);
  }
  return escape ? text.replaceAll("\0q", '"').replaceAll("\0b", "\\") : text;
}

/** A value as it is written in a dialect: in quotes where it must be. */
export function written(any, { separator, quoted, escape }) {
  const text = String(any);
  if (!quoted) return text.replaceAll(separator, " ").replace(/[\r\n]+/g, " ");
  const shown = escape?.source === ESCAPES[1].source ? text.replaceAll("\\", "\\\\") : text;
  if (!text.includes(separator) && !/["\r\n]/.test(text)) return shown;
  return `"${shown.replaceAll('"', escape ? '\\"' : '""')}"`;
}

/** What a backslash stands before: a quotation mark, or another backslash, too. */
export const ESCAPES = [/\\(")/g, /\\(["\\])/g];

/** The text with what backslashes hide as NUL and a letter, so that every place in it stays where it was. */
export const hidden = (text, escape) => text.replace(escape, (_, mark) => (mark === '"' ? "\0q" : "\0b"));

/** The place behind the quotes that open at one; beyond the text where they are never closed. */
function behindQuotes(text, open) {
  for (let at = open + 1; ; at += 2) {
    at = text.indexOf('"', at);
    if (at === -1) return text.length + 1;
    if (text[at + 1] !== '"') return at + 1;
  }
}
