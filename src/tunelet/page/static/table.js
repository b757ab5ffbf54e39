// A file of rows: its names, its texts, and the same file with what models said of it.

import { freeNames } from "./columns.js";
import { UnreadableError, decoded, fieldsOf, parse, quoted, rawOf } from "./csv.js";

/** The rows of a CSV file. */
export class Table {
  /** Read bytes. Throws UnreadableError where they are no table: what is broken is said, and never skipped. */
  constructor(bytes) {
    this._csv = parse(decoded(bytes));
    if (this._csv.open !== null) {
      throw new UnreadableError(
        `Row ${this._place(this._csv.open)} opens a quotation mark that is never closed. ` +
        'Put a field that holds quotation marks in quotes and double them: "a ""fine"" film"');
    }
    this._filled = [];
    let first = null;
    for (let record = 0; record < this._csv.starts.length; record += 1) {
      const fields = fieldsOf(this._csv, record);
      if (!fields.length) continue; // a blank line is no row, and stays where it is
      first ??= fields;
      if (fields.length !== first.length) throw new UnreadableError(this._uneven(record, fields.length, first.length));
      this._filled.push(record);
    }
    if (!first) throw new UnreadableError("This file holds no rows.");
    this._first = first;
    this.header = true;
  }

  /** Whether the first row names the columns. */
  set header(is) {
    this._header = is;
    this.columns = is ? this._first.map((name) => name.trim()) : this._first.map((_, at) => `column ${at + 1}`);
    this.rows = is ? this._filled.slice(1) : this._filled;
  }

  get header() { return this._header; }

  get separator() { return this._csv.separator; }

  /** The number of rows below the header. */
  get length() { return this.rows.length; }

  /** A field of a row. */
  field(row, column) { return fieldsOf(this._csv, this.rows[row])[column]; }

  /**
   * The file with added columns, in parts: each record as it stands there, then what is added.
   *
   * @param {string[]} names                 of the added columns
   * @param {(row: number) => string[]} added   a value for each
   */
  * written(names, added) {
    const { text, separator, starts, ends } = this._csv;
    const cells = (values) => values.map((value) => separator + quoted(value, separator)).join("");
    const free = freeNames(this.columns, names);
    const rows = new Map(this.rows.map((record, row) => [record, row]));
    yield text.slice(0, starts[0]); // a byte order mark, and what says the separator
    for (let record = 0; record < starts.length; record += 1) {
      const row = rows.get(record);
      const blank = ends[record] === starts[record];
      yield rawOf(this._csv, record) + (blank ? "" : cells(row === undefined ? free : added(row)));
      yield text.slice(ends[record], starts[record + 1]);
    }
  }

  _uneven(record, width, first) {
    const fields = `${width} field${width === 1 ? "" : "s"}`;
    return `Row ${this._place(record)} holds ${fields}, the first row ${first}. ` +
      "Put a text that holds the separator in double quotes.";
  }

  /** The number of a record as an editor counts its lines, but for line breaks in quotes. */
  _place(record) { return (record + 1).toLocaleString("en"); }
}
