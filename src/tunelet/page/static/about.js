// What the models' runs say of them: metrics with intervals, and the ROC curve.

import { el, fresh, named } from "./dom.js";
import { figure } from "./figure.js";

/** Show what is known of each model; the section stays hidden where nothing is. */
export async function aboutModels(models, section, place) {
  await Promise.all(models.map(async (model) => {
    const about = await model.about;
    if (!about) return;
    const heading = fresh("about");
    const shown = el("article", { class: "about", "aria-labelledby": heading },
      el("h3", { id: heading }, named(model.name)),
      el("div", { class: "beside" }, metrics(about), roc(about)));
    shown.dataset.at = models.indexOf(model);
    const after = [...place.children].find((other) => Number(other.dataset.at) > Number(shown.dataset.at)) ?? null;
    place.insertBefore(shown, after);
    section.hidden = false;
  }));
}

function metrics({ metrics: all, data }) {
  const rows = all.map(({ name, value, low, high }) =>
    el("tr", {},
      el("th", { scope: "row" }, named(name)),
      el("td", {}, value === null ? "–" : value.toFixed(3)),
      el("td", {}, low === null ? "–" : `${low.toFixed(3)} to ${high.toFixed(3)}`)));
  const head = el("tr", {}, ...["Metric", "Value", "95 % interval"].map((name) => el("th", { scope: "col" }, name)));
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": `Metrics, ${data}` },
    el("table", {}, el("caption", {}, `On ${data}`), el("thead", {}, head), el("tbody", {}, ...rows)));
}

function roc({ roc: svg, roc_described: described }) {
  if (!svg) return null;
  const drawn = figure(svg);
  return drawn && el("figure", {},
    el("figcaption", {}, "ROC curve"),
    el("div", { role: "img", "aria-label": described }, drawn));
}
