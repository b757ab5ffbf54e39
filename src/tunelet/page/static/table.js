// A CSV or TSV file of rows: its names, its texts, and the same file with what models said of it.
//
// It keeps the file's own text and where each record begins and ends in it, so that a record is written back byte for
// byte. A record is cut into cells when somebody asks for them.

import { freeNames } from "./columns.js";
import { UnreadableError } from "./decoding.js";
import { cellsOf, placeOf } from "./dialects.js";
import { headerReason, mayBeRepeated } from "./header.js";
import { written } from "./records.js";
import { strip } from "./white_space.js";

const HEAD = 4096; // rows that are looked at for what the first one is

/** The rows of some records (dialects.js). */
export class Table {
  canHaveHeader = true;

  /** @param {string[]} names   columns that models read  Throws UnreadableError where there is no row. */
  constructor(records, names) {
    this._records = records;
    this._filled = [...records.widths.keys()].filter((record) => records.widths[record]);
    if (!this._filled.length) throw new UnreadableError("This file holds no rows.");
    const head = this._filled.slice(0, HEAD).map((record) => cellsOf(records, record));
    this._first = head[0];
    this.noHeader = headerReason(head, names); // why the first row names no columns; "" where it does
    this._name(!this.noHeader);
  }

  /** The same rows, where the reader says whether the first one names the columns. */
  withHeader(is) {
    const other = Object.assign(Object.create(Table.prototype), this);
    other._name(is);
    return other;
  }

  _name(is) {
    this.header = is;
    this.columns = this._first.map((name, at) => (is && strip(name)) || `column ${at + 1}`);
    this._names = new Set(is ? [this._filled[0], ...this._repeats()] : []);
    this._rows = this._filled.filter((record) => !this._names.has(record));
  }

  get separator() { return this._records.dialect.separator; }

  /** The number of rows without headers. */
  get length() { return this._rows.length; }

  /** A cell of a row. */
  cell(row, column) { return cellsOf(this._records, this._rows[row])[column]; }

  /** The number of a row in the file. */
  place(row) { return placeOf(this._records, this._rows[row]); }

  /**
   * The file with added columns, in parts: each record as it stands there, then what is added.
   *
   * @param {string[]} names                    of the added columns
   * @param {(row: number) => string[]} added   a value for each
   */
  * written(names, added) {
    const { text, dialect, starts, ends, widths } = this._records;
    const cells = (values) => values.map((value) => dialect.separator + written(value, dialect)).join("");
    const free = freeNames(this.columns, names);
    const rows = new Map(this._rows.map((record, row) => [record, row]));
    yield text.slice(0, starts[0]); // a byte order mark, and what says the separator
    for (let record = 0; record < starts.length; record += 1) {
      const own = this._names.has(record) ? () => free : () => added(rows.get(record));
      yield text.slice(starts[record], ends[record]) + (widths[record] ? cells(own()) : "");
      yield this._between(record);
    }
  }

  /** What stands between a record and the next one, without the empty cells that were cut off. */
  _between(record) {
    const { text, starts, ends } = this._records;
    return /[\r\n]*$/.exec(text.slice(ends[record], starts[record + 1]))[0];
  }

  /** Records below the first that are the header once more, as where files were joined. */
  _repeats() {
    if (!mayBeRepeated(this._first)) return [];
    const names = this._first.map(bare);
    const [begins] = /^[^"\\]*/.exec(names[0]); // as it stands in the file, too, and few records hold it
    const { read, starts, ends } = this._records;
    return this._filled.slice(1).filter((record) => {
      if (!read.slice(starts[record], ends[record]).includes(begins)) return false;
      return cellsOf(this._records, record).every((cell, at) => bare(cell) === names[at]);
    });
  }
}

/** A name without spaces around it, nor the byte order mark of a file that was appended to another. */
const bare = (cell) => strip(strip(cell).replace(/^\ufeff+|\ufeff+$/g, ""));
