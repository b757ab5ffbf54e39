// From the bytes of a file to its text: UTF-8, and what is not is said.

/** A file that is no table in UTF-8; its message says what it is, and what to do. */
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
  return bytes.includes(0) ? "no text" : null;
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
