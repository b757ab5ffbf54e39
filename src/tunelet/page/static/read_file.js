// A file as the table that its name's ending says, as `tunelet predict` reads it.

import { UnreadableError, decoded } from "./decoding.js";
import { csv, tsv } from "./dialects.js";
import { Lines } from "./lines.js";
import { Table } from "./table.js";
import { strip } from "./white_space.js";

/** What can be chosen. */
export const ENDINGS = [".csv", ".tsv", ".txt"];

/**
 * The table in a file. Throws UnreadableError where it is none: what is broken is said, and never skipped.
 *
 * @param {string[]} names   columns that models read
 * @returns {(separator?: string) => Table | Lines}   with the separator of a CSV that was chosen, if one was; tabs make
 *     it a TSV, whose quotation marks may be marks like others
 */
export function reader(name, bytes, names) {
  const text = decoded(bytes);
  if (!strip(text.replace(/^\ufeff/, ""))) throw new UnreadableError("This file holds no rows.");
  const ending = endingOf(name);
  if (ending === ".txt") return () => new Lines(text);
  return (separator = null) => new Table(ending === ".tsv" || separator === "\t" ? tsv(text) : csv(text, separator), names);
}

/** Whether the separator of a file is a question: a TSV and a text have none to choose. */
export const mayChooseSeparator = (name) => ![".txt", ".tsv"].includes(endingOf(name));

/** The name of the file with answers. */
export function scoredName(name) {
  const ending = endingOf(name);
  const stem = name.slice(0, name.length - ending.length);
  return `${stem}-scored${ending === "" || ending === ".txt" ? ".csv" : name.slice(stem.length)}`;
}

const endingOf = (name) => /\.[^.]*$/s.exec(name)?.[0].toLowerCase() ?? "";
