// CSV as RFC 4180 has it and Python's `csv` reads it: quotes, line breaks in quotes, any line end, a byte order mark.
//
// A table keeps the file's own text and where each record begins and ends in it, so that a record can be written back
// byte for byte. A record is cut into fields when somebody asks for them.

const SEPARATORS = [",", ";", "\t", "|"];
const SNIFFED = 20; // rows
const SEP_LINE = /^"?sep=([^"\w\s]|\t)"?[ ,;\t]*(\r\n|\n|\r|$)/i; // how spreadsheets are told the separator

/** A file that is no CSV in UTF-8; its message says what it is, and what to do. */
export class UnreadableError extends Error {}

/** The text of a file's bytes, with its byte order mark. Throws UnreadableError. */
export function decoded(bytes) {
  const kind = kindOf(bytes);
  if (kind) throw new UnreadableError(`This is ${kind}. Save it as CSV in UTF-8, or type: tunelet predict RUN --input FILE`);
  try {
    return decoder().decode(bytes);
  } catch {
    const line = lineOf(bytes);
    throw new UnreadableError(
      `This file is not in UTF-8: line ${line.toLocaleString("en")} holds bytes of another encoding. ` +
      "Save it as “CSV UTF-8” and choose it again.");
  }
}

const decoder = () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function kindOf(bytes) {
  const begins = (...start) => start.every((byte, at) => bytes[at] === byte);
  if (begins(0x50, 0x4b, 3, 4)) return "an Excel workbook, or another ZIP";
  if (begins(0x50, 0x41, 0x52, 0x31)) return "a Parquet file";
  if (begins(0x1f, 0x8b) || begins(0x28, 0xb5, 0x2f, 0xfd)) return "a compressed file";
  if (begins(0xff, 0xfe) || begins(0xfe, 0xff)) return "text in UTF-16";
  return bytes.subarray(0, 4096).includes(0) ? "no text" : null;
}

/** The line with the first byte that is no UTF-8, from 1 on. */
function lineOf(bytes) {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    try {
      decoder().decode(bytes.subarray(0, middle), { stream: true });
      good = middle;
    } catch {
      bad = middle;
    }
  }
  let line = 1;
  for (let at = 0; at < good; at += 1) if (bytes[at] === 10) line += 1;
  return line;
}

/**
 * Where the records of a text lie.
 *
 * @returns {{
 *   text: string, separator: string,
 *   starts: number[], ends: number[],   of each record, without its line end; a blank line is one with nothing in it
 *   open: number | null,                record with a quotation mark that is never closed
 * }}
 */
export function parse(text, separator = null) {
  let from = text.startsWith("\ufeff") ? 1 : 0;
  const said = SEP_LINE.exec(text.slice(from, from + 100));
  if (said && separator === null) {
    separator = said[1];
    from += said[0].length;
  }
  separator ??= sniffed(text, from);
  const table = { text, separator, starts: [], ends: [], open: null };
  for (const record of records(text, separator, from)) {
    if (record.open) table.open = table.starts.length;
    table.starts.push(record.start);
    table.ends.push(record.end);
  }
  return table;
}

/** The fields of a record, without their quotes; none of a blank line. */
export function fieldsOf(table, record) {
  const { text, separator } = table;
  const end = table.ends[record];
  const fields = [];
  let at = table.starts[record];
  if (at === end) return fields;
  for (;;) {
    let field = "";
    if (text[at] === '"') {
      let begin = at + 1;
      for (;;) {
        const quote = text.indexOf('"', begin);
        if (quote === -1 || quote >= end) { // never closed
          field += text.slice(begin, end);
          at = end;
          break;
        }
        field += text.slice(begin, quote);
        if (text[quote + 1] !== '"' || quote + 1 >= end) {
          at = quote + 1;
          break;
        }
        field += '"';
        begin = quote + 2;
      }
    }
    const stop = text.indexOf(separator, at);
    const next = stop === -1 || stop > end ? end : stop;
    fields.push(field + text.slice(at, next)); // what stands behind closed quotes belongs to the field
    if (next === end) return fields;
    at = next + 1;
  }
}

/** The record as it stands in the file. */
export const rawOf = (table, record) => table.text.slice(table.starts[record], table.ends[record]);

/** A field as it is written: in quotes where it must be. */
export function quoted(value, separator) {
  const text = String(value);
  const must = text.includes(separator) || /["\r\n]/.test(text);
  return must ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Records from a place on: their beginning, their end, and where the next one begins. */
function* records(text, separator, from) {
  const stops = new RegExp(`[\\r\\n${separator.replace(/[\\\]^-]/g, "\\$&")}]`, "g");
  let start = from;
  while (start < text.length) {
    let at = start;
    let open = false;
    for (;;) { // at the beginning of a field
      if (text[at] === '"') {
        at = behindQuotes(text, at);
        open = at > text.length;
      }
      stops.lastIndex = at;
      const stop = open ? null : stops.exec(text);
      at = stop ? stop.index : text.length;
      if (at === text.length || text[at] === "\r" || text[at] === "\n") break;
      at += 1;
    }
    const next = at + (text.startsWith("\r\n", at) ? 2 : at < text.length ? 1 : 0);
    yield { start, end: at, next, open };
    start = next;
  }
}

/** The place behind the quotes that open at one; beyond the text where they are never closed. */
function behindQuotes(text, open) {
  for (let at = open + 1; ; at += 2) {
    at = text.indexOf('"', at);
    if (at === -1) return text.length + 1;
    if (text[at + 1] !== '"') return at + 1;
  }
}

/** The separator that cuts the first rows into equally many fields, more than one; else one that cuts the first row. */
function sniffed(text, from) {
  const cut = SEPARATORS.map((separator) => {
    const head = { text, separator, starts: [], ends: [] };
    for (const record of records(text, separator, from)) {
      if (record.end > record.start && !record.open) {
        head.starts.push(record.start);
        head.ends.push(record.end);
      }
      if (head.starts.length === SNIFFED || record.end > 200_000) break;
    }
    return { separator, widths: head.starts.map((_, record) => fieldsOf(head, record).length) };
  }).filter(({ widths }) => widths[0] > 1);
  const even = cut.filter(({ widths }) => widths.every((width) => width === widths[0]));
  return (even[0] ?? cut[0])?.separator ?? ",";
}
