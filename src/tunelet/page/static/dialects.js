// In which dialect a CSV or TSV file is written, as data/readers/_delimited.py of tunelet finds it: strictly first, then
// with backslashes before quotation marks; no broken row is skipped.
//
// @typedef {{
//   text: string,       the file's own
//   read: string,       the same, or with what backslashes hide: every place is the same in both
//   dialect: Dialect,
//   starts: number[], ends: number[], widths: number[],   of each record; width 0: a blank line
//   lead: number,       lines before the first record
// }} Records             both cell values and the file as it was can be had of them

import { UnreadableError } from "./decoding.js";
import { ESCAPES, doubled, hidden, places, records, values } from "./records.js";
import { SEP_LINE, sniffed } from "./separator.js";
import { strip } from "./white_space.js";

/** The records of a CSV file; `chosen` is the separator that the reader chose. Throws UnreadableError. */
export function csv(text, chosen = null) {
  const mark = behindMark(text);
  const said = SEP_LINE.exec(text.slice(mark, mark + 100));
  const from = mark + (said ? said[0].length : 0);
  const declared = chosen ?? said?.[1];
  const lead = said ? 1 : 0;
  const separator = (read) => declared ?? sniffed(read.slice(from));
  try {
    return even(cut(text, text, doubled(separator(text)), from, lead));
  } catch (error) {
    // Where doubled quotation marks do not fit, all rows may fit with a backslash before each.
    for (const escape of text.includes('\\"') ? ESCAPES : []) {
      const read = hidden(text, escape);
      try {
        return even(cut(text, read, { separator: separator(read), quoted: true, escape }, from, lead));
      } catch {
        // nor so
      }
    }
    throw error;
  }
}

/**
 * The records of a TSV file, in either of its dialects: quoted as CSV is, or plain, where a quotation mark is a mark
 * like others. It is plain when the quotes do not close properly, or when closing them would swallow whole rows and the
 * first row does not quote its cells. Throws UnreadableError.
 */
export function tsv(text) {
  const from = behindMark(text);
  const plain = cut(text, text, { separator: "\t", quoted: false, escape: null }, from, 0);
  let quoted;
  try {
    quoted = cut(text, text, doubled("\t"), from, 0);
  } catch {
    return even(plain);
  }
  const seemsPlain = (swallows(quoted) && !quotesAll(plain)) || uneven(quoted) !== -1;
  return even(seemsPlain && uneven(plain) === -1 ? plain : quoted);
}

/** The values of a record; none of a blank line. */
export const cellsOf = (table, record) => (table.widths[record] ? values(readOf(table, record), table.dialect) : []);

/** The number of a record as an editor counts its lines, but for line breaks in quotes. */
export const placeOf = (table, record) => (record + table.lead + 1).toLocaleString("en");

const behindMark = (text) => (text.startsWith("\ufeff") ? 1 : 0);

const readOf = (table, record) => table.read.slice(table.starts[record], table.ends[record]);

function cut(text, read, dialect, from, lead) {
  const table = { text, read, dialect, starts: [], ends: [], widths: [], lead };
  for (const { start, end, width, fault } of records(read, dialect, from)) {
    if (fault) throw new UnreadableError(misquoted(placeOf(table, table.starts.length), fault));
    table.starts.push(start);
    table.ends.push(end);
    table.widths.push(width);
  }
  return table;
}

function misquoted(place, fault) {
  const what = fault === "open" ? "opens a quotation mark that is never closed" : "has letters behind a closing quotation mark";
  return `Row ${place} ${what}. Put a field that holds quotation marks in quotes and double them: "a ""fine"" film"`;
}

const firstFilled = ({ widths }) => widths.findIndex(Boolean);

/** The first record whose number of cells differs from the first one's; -1 where there is none. */
function uneven(table) {
  const width = table.widths[firstFilled(table)];
  return table.widths.findIndex((own) => own && own !== width);
}

/** The table without the empty cells at the end of records that only some have, as spreadsheets leave them. */
function even(table) {
  const at = uneven(table);
  if (at === -1) return table;
  const first = cellsOf(table, firstFilled(table));
  const width = first.findLastIndex((cell) => strip(cell)) + 1;
  const fits = (own, record) => !own || (own >= width && !cellsOf(table, record).slice(width).some((cell) => strip(cell)));
  if (!table.widths.every(fits)) {
    const fields = `${table.widths[at]} field${table.widths[at] === 1 ? "" : "s"}`;
    throw new UnreadableError(
      `Row ${placeOf(table, at)} holds ${fields}, the first row ${first.length}. ` +
      "Put a text that holds the separator in double quotes.");
  }
  const end = (old, record) => {
    if (!table.widths[record]) return old;
    return table.starts[record] + (width && [...places(readOf(table, record), table.dialect)][width - 1].end);
  };
  return { ...table, ends: table.ends.map(end), widths: table.widths.map((own) => own && width) };
}

/** Whether a cell holds both a tabulator and a line feed. */
function swallows(table) {
  return table.starts.some((_, record) =>
    readOf(table, record).includes("\n") && cellsOf(table, record).some((cell) => cell.includes("\t") && cell.includes("\n")));
}

const quotesAll = (table) => {
  const first = firstFilled(table);
  return first === -1 || cellsOf(table, first).every((cell) => cell.startsWith('"') && cell.endsWith('"'));
};
