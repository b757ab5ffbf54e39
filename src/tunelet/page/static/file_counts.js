// How many rows got each label: a table with bars, a column for each model.

import { bar } from "./bars.js";
import { el, named, visible } from "./dom.js";
import { NONE } from "./shapes.js";
import { counted, percent, whole } from "./wording.js";

/** The elements that show what the scoring of a table came to. */
export function counts(scoring, table) {
  const all = scoring.counts();
  const labels = [...new Set(all.flatMap((one) => [...one.keys()]))];
  const sums = scoring.answered();
  const cell = (count, sum) => el("td", {},
    el("span", { class: "count" }, whole(count)), " ", el("span", { class: "share" }, percent(sum ? count / sum : 0)),
    bar(sum ? count / sum : 0));
  const heads = ["Label", ...scoring.models.map(({ name }) => (scoring.models.length > 1 ? name : "Rows"))];
  const shown = el("table", { class: "counts" },
    el("caption", {}, "Rows by label"),
    el("thead", {}, el("tr", {}, ...heads.map((name) => el("th", { scope: "col" }, named(name))))),
    el("tbody", {}, ...labels.map((label) => el("tr", {},
      el("th", { scope: "row" }, label === NONE ? el("span", { class: "idle" }, "none of them") : named(label)), ...all.map((one, model) => cell(one.get(label) ?? 0, sums[model]))))));
  const place = el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Rows by label" }, shown);
  return [...(labels.length ? [place] : []), ...remarks(scoring, table).map((words) => el("p", { class: "hint" }, words))];
}

function remarks(scoring, table) {
  const said = [];
  scoring.means().forEach((mean, at) => {
    if (mean !== null) said.push(`${scoring.models.length > 1 ? `${visible(scoring.models[at].name)}: ` : ""}The mean of the numbers is ${mean}.`);
  });
  if (scoring.models.some(({ shape }) => shape === "multilabel")) said.push("A row may have several labels.");
  if (scoring.models.length > 1) {
    const { labelled, same } = scoring.agreement();
    if (labelled) said.push(`All models give the same label to ${percent(same / labelled)} of the rows.`);
  }
  const ofModels = scoring.answers.map((answers) => leftEmpty(answers, table));
  const alike = ofModels.every((own) => own.join() === ofModels[0].join());
  if (alike) return [...said, ...ofModels[0]];
  return [...said, ...ofModels.flatMap((own, at) => own.map((words) => `${visible(scoring.models[at].name)}: ${words}`))];
}

/** Why rows are left empty: without a text, or with an error, each with its number of rows. */
function leftEmpty(answers, table) {
  const said = [];
  const without = answers.filter((answer) => !answer?.error && answer?.label == null).length;
  if (without) said.push(`${counted(without, "row")} without a text, left empty.`);
  const failed = new Map();
  answers.forEach((answer, row) => {
    if (!answer?.error) return;
    const known = failed.get(answer.error);
    if (known) known.rows += 1;
    else failed.set(answer.error, { first: row, rows: 1 });
  });
  for (const [error, { first, rows }] of failed) {
    const which = `${rows > 1 ? "the first is " : ""}row ${table.place(first)}`;
    said.push(`${counted(rows, "row")} left empty (${which}): ${error}.`);
  }
  return said;
}
