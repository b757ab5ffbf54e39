// What is what in a file: what separates its cells, whether its first row names the columns, which of them holds the
// texts, which models are asked.

import { textColumn } from "./columns.js";
import { el, fresh, named, visible } from "./dom.js";
import { SEPARATORS } from "./separator.js";
import { textFields } from "./texts.js";
import { counted } from "./wording.js";

const BETWEEN = "Between two cells";
const SHOWN = 3; // rows of the preview
const LONGEST = 160; // characters of a text in it

/**
 * A form for a table.
 *
 * @param {string} name   of the file
 * @param {Table} table
 * @param {(separator: string) => Table} read     it once more; throws where it cannot be read with a separator
 * @param {boolean} separable                     whether the separator is a choice
 * @param {() => void} changed                    called when what was scored is out of date
 * @returns {{form: HTMLFormElement, chosen: () => {table, models, textOf: (model, row) => (Text | null)}}}
 */
export function fileSettings(name, table, read, separable, models, changed) {
  let selects = new Map();
  const columns = el("div", { class: "columns" });
  const preview = el("div", {});
  const facts = el("p", { class: "hint" });
  const wrong = el("p", { class: "wrong", role: "alert" });
  const separator = separatorChoice(table);
  const header = checkbox("The first row names the columns", table.header);
  const why = el("p", { class: "hint" });
  const asked = models.map((model) => checkbox(visible(model.name), true));
  const ticked = () => models.filter((_, at) => asked[at].input.checked);

  function furnish() {
    const before = new Map([...selects].map(([field, { select }]) => [field, select.value]));
    selects = new Map(textFields(ticked()).map((field) => [field, columnChoice(field, table, models, before.get(field))]));
    columns.replaceChildren(...[...selects.values()].map(({ element }) => element));
    facts.textContent = `${counted(table.length, "row")}, ${counted(table.columns.length, "column")}`;
    why.textContent = table.noHeader && !table.header ? `Taken for a row like the others, for ${table.noHeader}.` : "";
    show();
  }

  function show() {
    const at = [...selects.values()].map(({ select }) => select.value).filter(Boolean).map(Number);
    const rows = [];
    for (let row = 0; row < table.length && rows.length < SHOWN; row += 1) {
      if (at.some((column) => table.cell(row, column).trim())) rows.push(row);
    }
    preview.replaceChildren(...(rows.length ? [beginnings(table, at, rows)] : []));
  }

  function readAgain() {
    wrong.textContent = "";
    try {
      table = read(separator.select.value);
      header.input.checked = table.header;
      selects = new Map(); // other columns
    } catch (error) {
      wrong.textContent = error.message;
      separator.select.value = table.separator;
    }
  }

  const form = el("form", { class: "settings" },
    el("div", { class: "of" }, el("h3", {}, named(name)), facts),
    columns, preview,
    ...(table.canHaveHeader ? [el("div", {}, header.element, why)] : []),
    ...(separable ? [el("div", { class: "columns" }, separator.element), wrong] : []),
    models.length > 1 ? el("fieldset", {}, el("legend", {}, "Models"), ...asked.map((one) => one.element)) : null);
  form.addEventListener("change", ({ target }) => {
    if (target === separator.select) readAgain();
    if (target === header.input) table = table.withHeader(header.input.checked);
    if (target.type === "checkbox" || target === separator.select) furnish();
    else show();
    changed();
  });
  furnish();
  return {
    form,
    chosen: () => {
      const at = Object.fromEntries([...selects].map(([field, { select }]) => [field, Number(select.value)]));
      const own = table;
      return { table: own, models: ticked(), textOf: (model, row) => textOf(own, at, model, row) };
    },
  };
}

/**
 * A choice for a file that does not fit the separator by which it was read.
 *
 * @param {string | null} tried     by choice; null: the one that was recognised
 * @param {(separator: string) => void} chosen
 */
export function anotherSeparator(tried, chosen) {
  const options = [["", "Choose another separator"], ...Object.entries(SEPARATORS)];
  const { element, select } = choice([BETWEEN], options, tried ?? "");
  select.addEventListener("change", () => { if (select.value) chosen(select.value); });
  return el("div", { class: "columns" }, element);
}

/** The text of a row for a model; null where there is nothing in it. */
function textOf(table, at, { columns }, row) {
  if (columns.length === 1) {
    const text = table.cell(row, at.text);
    return text.trim() ? text : null;
  }
  const values = columns.map((name) => table.cell(row, at[name]));
  return values.some((value) => value.trim()) ? Object.fromEntries(columns.map((name, n) => [name, values[n]])) : null;
}

/** A choice of the column for a field: as it was chosen before, else by its name; none where it is not clear. */
function columnChoice(field, table, models, before) {
  const single = models.find(({ columns }) => columns.length === 1);
  const known = field === "text" && single ? single.columns[0] : field;
  const found = table.header || table.columns.length === 1 ? textColumn(table.columns, known) : null;
  const words = field === "text" ? ["Column of the texts"] : ["Column for ", named(field)];
  const options = table.columns.map((name, at) => [at, visible(name)]);
  return choice(words, [["", "Choose a column"], ...options], before || String(found ?? ""), { required: true });
}

function separatorChoice({ separator }) {
  const known = separator in SEPARATORS || separator === null ? SEPARATORS : { ...SEPARATORS, [separator]: `“${visible(separator)}”` };
  return choice([BETWEEN], Object.entries(known), separator);
}

function choice(words, options, chosen, attributes = {}) {
  const id = fresh("choice");
  const option = ([value, said]) => el("option", { value, selected: String(value) === chosen }, said);
  const select = el("select", { id, ...attributes }, ...options.map(option));
  return { select, element: el("div", {}, el("label", { for: id }, ...words), select) };
}

/** The chosen columns of some rows. */
function beginnings(table, columns, rows) {
  const cut = (text) => visible(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
  const shown = (row) => columns.map((at) => cut(table.cell(row, at))).join(" / ");
  return el("div", {}, el("p", { class: "hint" }, "It begins with"),
    el("ul", { class: "beginnings" }, ...rows.map((row) => el("li", { dir: "auto" }, shown(row)))));
}

function checkbox(words, checked) {
  const id = fresh("checkbox");
  const input = el("input", { type: "checkbox", id, checked });
  return { input, element: el("div", { class: "check" }, input, el("label", { for: id }, words)) };
}
