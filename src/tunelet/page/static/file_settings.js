// What is what in a file: which column holds the texts, whether its first row names them, which models are asked.

import { textColumn } from "./columns.js";
import { el, fresh, named, visible } from "./dom.js";
import { fieldsOf } from "./texts.js";
import { counted } from "./wording.js";

const SEPARATORS = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars" };
const SHOWN = 3; // rows of the preview
const LONGEST = 160; // characters of a text in it

/**
 * A form for a table.
 *
 * @param {() => void} changed   called when what was scored is out of date
 * @returns {{form: HTMLFormElement, chosen: () => {models, textOf: (model, row) => (Text | null)}}}
 */
export function fileSettings(name, table, models, changed) {
  const columns = el("div", { class: "columns" });
  const preview = el("div", {});
  const facts = el("p", { class: "hint" });
  const header = checkbox("The first row names the columns", true);
  const asked = models.map((model) => checkbox(visible(model.name), true));
  let selects = new Map();

  function furnish() {
    table.header = header.input.checked;
    selects = new Map(fieldsOf(models).map((field) => [field, columnChoice(field, table, models)]));
    columns.replaceChildren(...[...selects.values()].flatMap(({ label, select }) => [el("div", {}, label, select)]));
    const by = SEPARATORS[table.separator] ?? `“${table.separator}”`;
    const several = table.columns.length > 1 ? ` between ${by}` : "";
    facts.textContent = `${counted(table.length, "row")}, ${counted(table.columns.length, "column")}${several}`;
    show();
  }

  function show() {
    const at = [...selects.values()].map(({ select }) => select.value).filter(Boolean).map(Number);
    const rows = [];
    for (let row = 0; row < table.length && rows.length < SHOWN; row += 1) {
      if (at.some((column) => table.field(row, column).trim())) rows.push(row);
    }
    preview.replaceChildren(...(rows.length ? [beginnings(table, at, rows)] : []));
  }

  const form = el("form", { class: "settings" },
    el("div", { class: "of" }, el("h3", {}, named(name)), facts),
    columns, preview, header.element,
    models.length > 1 ? el("fieldset", {}, el("legend", {}, "Models"), ...asked.map((one) => one.element)) : null);
  form.addEventListener("change", (event) => {
    changed();
    if (event.target === header.input) furnish();
    else show();
  });
  furnish();
  return {
    form,
    chosen: () => {
      const at = Object.fromEntries([...selects].map(([field, { select }]) => [field, Number(select.value)]));
      return { models: models.filter((_, n) => asked[n].input.checked), textOf: (model, row) => textOf(table, at, model, row) };
    },
  };
}

/** The text of a row for a model; null where there is nothing in it. */
function textOf(table, at, { columns }, row) {
  if (columns.length === 1) {
    const text = table.field(row, at.text);
    return text.trim() ? text : null;
  }
  const values = columns.map((name) => table.field(row, at[name]));
  return values.some((value) => value.trim()) ? Object.fromEntries(columns.map((name, n) => [name, values[n]])) : null;
}

/** A choice of the column for a field; without a choice where it is not clear. */
function columnChoice(field, table, models) {
  const id = fresh("column");
  const single = models.find(({ columns }) => columns.length === 1);
  const known = field === "text" && single ? single.columns[0] : field;
  const found = table.header || table.columns.length === 1 ? textColumn(table.columns, known) : null;
  const select = el("select", { id, required: true },
    el("option", { value: "" }, "Choose a column"),
    ...table.columns.map((name, at) => el("option", { value: at, selected: at === found }, visible(name) || `column ${at + 1}`)));
  const label = el("label", { for: id }, ...(field === "text" ? ["Column of the texts"] : ["Column for ", named(field)]));
  return { label, select };
}

/** The chosen columns of some rows. */
function beginnings(table, columns, rows) {
  const cut = (text) => visible(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
  const shown = (row) => columns.map((at) => cut(table.field(row, at))).join(" / ");
  return el("div", {}, el("p", { class: "hint" }, "It begins with"),
    el("ul", { class: "beginnings" }, ...rows.map((row) => el("li", { dir: "auto" }, shown(row)))));
}

function checkbox(words, checked) {
  const id = fresh("checkbox");
  const input = el("input", { type: "checkbox", id, checked });
  return { input, element: el("div", { class: "check" }, input, el("label", { for: id }, words)) };
}
