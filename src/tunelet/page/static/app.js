// The page: it learns from its source which models there are, and furnishes its sections for them.

import { aboutModels } from "./about.js";
import { el, visible } from "./dom.js";
import { filePanel } from "./file_panel.js";
import * as source from "./source.js";
import { textPanel } from "./texts.js";
import { themeButton } from "./theme_button.js";
import { counted, sentence } from "./wording.js";

const LONGEST = 40; // characters of a label in the line below the title
const at = (id) => document.getElementById(id);

themeButton(at("theme"), at("theme-name"));
at("place").textContent = source.place;
start();

async function start() {
  at("trouble").replaceChildren();
  try {
    furnish(await source.models());
  } catch (error) {
    at("subtitle").textContent = "";
    const again = el("button", { type: "button" }, "Try again");
    again.addEventListener("click", start);
    at("trouble").replaceChildren(el("div", { class: "note", role: "alert" }, el("p", {}, sentence(error.message)), again));
  }
}

function furnish(models) {
  at("subtitle").textContent = described(models);
  document.title = `${models.map(({ name }) => visible(name)).join(", ")} · Try the model`;
  at("workbench").classList.toggle("several", models.length > 1);
  at("text").hidden = at("file").hidden = false;
  textPanel(source, models, at("fields"), at("cards"));
  filePanel(source, models, at("file-panel"));
  aboutModels(models, at("about"), at("abouts"));
}

/** The models in a line. */
function described(models) {
  if (models.length > 1) return `${counted(models.length, "model")} side by side`;
  const [{ labels }] = models;
  if (!labels.length) return "A number for each text";
  const short = (name) => (name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name);
  const shown = labels.slice(0, 5).map((name) => visible(short(name))).join(", ");
  return labels.length > 5 ? `${counted(labels.length, "label")}: ${shown}, …` : `Labels: ${shown}`;
}
