// Making elements. Texts become text nodes, here and everywhere: nothing on this page reads markup from a string.

// C0 but tab and line ends, DEL, C1, and what turns the order of letters round: shown as escapes, as tunelet prints them.
const HIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The text with every character that hides or turns others as its escape. */
export const visible = (text) =>
  String(text).replace(HIDDEN, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);

/**
 * An element with attributes and children; `class`, `aria-label`, ... as in HTML, true for one without a value, null
 * for none. Children are elements or texts.
 */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** A name that somebody else chose (a label, a column, a file): set apart, for it may run from right to left. */
export const named = (text, attributes = {}) => el("bdi", attributes, visible(text));

let count = 0;

/** An id that no other element has. */
export const fresh = (name) => `${name}-${++count}`;

let clearing = 0;

/** Have a screen reader say a sentence. */
export function say(sentence) {
  const said = document.getElementById("said");
  clearTimeout(clearing);
  said.textContent = "";
  clearing = setTimeout(() => { said.textContent = sentence; }, 50); // the same sentence twice is heard twice
}
