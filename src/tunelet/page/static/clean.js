// Markup and stray characters taken out of a text, as tunelet/data/_markup.py does it: the same steps in the same order.
// What differs between the two languages is spelled out: what white space is, and entities, which Python decodes.

import { SPACE, strip, stripEnd, stripStart } from "./white_space.js";

const NAME_END = `(?=[${SPACE}/>])`;
// Python's patterns take the two letters of Turkish for an i where case does not count.
const tags = (names) => new RegExp(`</?(?:${names.replaceAll("i", "[iİı]")})${NAME_END}`, "giu");
const BREAK = tags("br");
const BLOCK = tags("p|div|li|ul|ol|dl|dt|dd|h[1-6]|hr|tr|table|blockquote|pre|center");
const INLINE = tags(
  "a|b|i|u|s|em|strong|span|font|small|big|sub|sup|strike|tt|code|del|ins|q|cite|mark|td|th|tbody|thead|img",
);
const ENTITY = /&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});/g;
const HAS_CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff]/;
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff]/g;
const RUN = new RegExp(`[${SPACE}]*`, "uy");
const ATTRIBUTE = new RegExp(`[${SPACE}]+[a-zİı][\\p{L}\\p{N}_:-]*`, "iuy");
const VALUE = new RegExp(`[${SPACE}]*=[${SPACE}]*(?:"[^"<>]*"|'[^'<>]*'|[^${SPACE}"'<>=]+)`, "uy");

/** A function from a text to the text as its reader saw it. `characters` is the content of characters.json. */
export function cleaner(characters) {
  const shown = (control) => characters.controls[control.charCodeAt(0)] ?? "";
  return (text) => {
    if (text.includes("<")) text = join(split(withoutBlocks(join(split(text, BREAK), "\n")), INLINE), "");
    if (text.includes("&")) text = text.replace(ENTITY, (whole, name) => decoded(name, characters));
    if (HAS_CONTROL.test(text)) text = text.replaceAll("\r\n", "\n").replaceAll("\r", "\n").replace(CONTROL, shown);
    return strip(text);
  };
}

const join = (pieces, between) => pieces.join(between);

/** The pieces of a text between tags; what begins like one and does not end like one is none. */
function split(text, names) {
  const pieces = [];
  let begin = 0;
  names.lastIndex = 0;
  for (let match; (match = names.exec(text)); ) {
    const end = endOfTag(text, names.lastIndex);
    if (end < 0) {
      names.lastIndex = match.index + 1;
      continue;
    }
    pieces.push(text.slice(begin, match.index));
    begin = names.lastIndex = end;
  }
  pieces.push(text.slice(begin));
  return pieces;
}

/** Where a tag ends whose name ends at `at`; -1: it does not. Nothing is tried shorter, so that this takes linear time. */
function endOfTag(text, at) {
  const past = (pattern, from) => {
    pattern.lastIndex = from;
    return pattern.test(text) ? pattern.lastIndex : -1;
  };
  for (let next; (next = past(ATTRIBUTE, at)) >= 0; ) at = Math.max(next, past(VALUE, next));
  at = past(RUN, at);
  if (text[at] === "/") at += 1;
  return text[at] === ">" ? at + 1 : -1;
}

function withoutBlocks(text) {
  const pieces = split(text, BLOCK);
  if (pieces.length === 1) return text;
  const last = pieces.length - 1;
  return pieces
    .map((piece, at) => (at === 0 ? stripEnd(piece) : at === last ? stripStart(piece) : strip(piece)))
    .join("\n");
}

/** What an entity stands for; of an unknown name, what its longest known beginning stands for, and the rest. */
function decoded(name, { named, numbers }) {
  if (name[0] === "#") {
    const code = "xX".includes(name[1]) ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10);
    if (code in numbers) return numbers[code];
    return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? "\ufffd" : String.fromCodePoint(code);
  }
  const whole = `${name};`;
  for (let end = whole.length; end > 1; end -= 1) {
    const known = whole.slice(0, end);
    if (Object.hasOwn(named, known)) return named[known] + whole.slice(end);
  }
  return `&${whole}`;
}
