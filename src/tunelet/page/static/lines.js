// A `.txt` file: every line is a text, and what is downloaded is a CSV of them.

import { freeNames } from "./columns.js";
import { doubled, written } from "./records.js";

const DIALECT = doubled(",");

/** The interface is that of Table (table.js). */
export class Lines {
  columns = ["text"];
  canHaveHeader = false;
  header = false;
  separator = null;

  constructor(text) {
    const mark = text.startsWith("\ufeff") ? 1 : 0;
    this._lines = text.slice(mark).replace(/(\r\n|\r|\n)$/, "").split(/\r\n|\r|\n/);
  }

  get length() { return this._lines.length; }

  cell(row) { return this._lines[row]; }

  place(row) { return (row + 1).toLocaleString("en"); }

  * written(names, added) {
    const line = (values) => `${values.map((value) => written(value, DIALECT)).join(",")}\n`;
    yield line([...this.columns, ...freeNames(this.columns, names)]);
    for (let row = 0; row < this.length; row += 1) yield line([this._lines[row], ...added(row)]);
  }
}
