// How many rows got each label: a table with bars, a column for each model.

import { bar } from "./bars.js";
import { el, named } from "./dom.js";
import { counted, percent, whole } from "./wording.js";

/** The elements that show what a scoring came to. */
export function counts(scoring) {
  const all = scoring.counts();
  const labels = [...new Set(all.flatMap((one) => [...one.keys()]))];
  const sums = all.map((one) => [...one.values()].reduce((sum, count) => sum + count, 0));
  const cell = (count, sum) => el("td", {},
    el("span", { class: "count" }, whole(count)), " ", el("span", { class: "share" }, percent(sum ? count / sum : 0)),
    bar(sum ? count / sum : 0));
  const heads = ["Label", ...scoring.models.map(({ name }) => (scoring.models.length > 1 ? name : "Rows"))];
  const table = el("table", { class: "counts" },
    el("caption", {}, "Rows by label"),
    el("thead", {}, el("tr", {}, ...heads.map((name) => el("th", { scope: "col" }, named(name))))),
    el("tbody", {}, ...labels.map((label) => el("tr", {},
      el("th", { scope: "row" }, named(label)), ...all.map((one, model) => cell(one.get(label) ?? 0, sums[model]))))));
  const place = el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Rows by label" }, table);
  return [place, ...remarks(scoring).map((words) => el("p", { class: "hint" }, words))];
}

function remarks(scoring) {
  const said = [];
  if (scoring.models.length > 1) {
    const { labelled, same } = scoring.agreement();
    if (labelled) said.push(`All models give the same label to ${percent(same / labelled)} of the rows.`);
  }
  const [{ length: without }] = scoring.answers.map((answers) => answers.filter((one) => !one?.error && one?.label == null));
  if (without) said.push(`${counted(without, "row")} without a text, left empty.`);
  if (scoring.failed) said.push(`${counted(scoring.failed, "answer")} left empty: ${scoring.error}.`);
  return said;
}
