// Which character separates the cells of a CSV file, as data/readers/_delimiter.py of tunelet finds it.

import { plainName } from "./columns.js";
import { KNOWN_NAMES } from "./names.js";
import { doubled, records, values } from "./records.js";

/** Each with its name. */
export const SEPARATORS = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars" };
const [ROWS, CHARACTERS] = [20, 200_000]; // of the beginning that is looked at
/** How spreadsheets are told the separator: the first line is sep=; and no row. */
export const SEP_LINE = /^"?sep=([^"\p{L}\p{N}_\s\x1c-\x1f\x85]|\t)"?[ ,;\t]*(\r\n|\n|\r|$)/iu;

/**
 * The first separator that cuts the first rows into equally many cells; the comma when none does.
 *
 * Of several that do, one that makes usual names of columns comes first, and one that stands in numbers (1,5) or before
 * spaces, as punctuation does, comes last.
 */
export function sniffed(text) {
  const head = text.slice(0, CHARACTERS);
  const cut = Object.keys(SEPARATORS)
    .map((separator) => ({ separator, rows: firstRows(head, separator, head.length < text.length) }))
    .filter(({ rows }) => rows[0]?.width > 1);
  const even = cut.filter(({ rows }) => rows.every(({ width }) => width === rows[0].width)).map(({ separator, rows }) => {
    const names = values(head.slice(rows[0].start, rows[0].end), doubled(separator));
    const unusual = !names.some((name) => KNOWN_NAMES.has(plainName(name)));
    return { separator, rank: 2 * likePunctuation(head, separator) + unusual };
  });
  even.sort((one, other) => one.rank - other.rank); // equals stay in their order
  return (even[0] ?? cut[0])?.separator ?? ",";
}

function firstRows(head, separator, more) {
  const rows = [];
  let seen = 0;
  for (const record of records(head, doubled(separator))) {
    if (record.width) rows.push(record);
    if ((seen += 1) === ROWS) break;
  }
  if (more && rows.length > 1) rows.pop(); // cut in the middle, perhaps
  return rows;
}

function likePunctuation(head, separator) {
  const mark = separator === "|" ? "\\|" : separator;
  const within = head.match(new RegExp(`(?<=\\p{Nd})${mark}(?=\\p{Nd})|${mark} `, "gu"))?.length ?? 0;
  return within >= 0.9 * (head.split(separator).length - 1);
}
