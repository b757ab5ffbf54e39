// Where a file is chosen: by a button, or dropped anywhere on the page.

import { el, fresh } from "./dom.js";
import { fileDrops } from "./file_drops.js";
import { ENDINGS } from "./read_file.js";

const ACCEPTED = [...ENDINGS, "text/csv", "text/tab-separated-values"].join();

/** @param {string} said  what happens to a file  @param {(file: File) => void} taken  called with each  */
export function fileChooser(said, taken) {
  const [id, hint] = [fresh("chosen"), fresh("hint")];
  const input = el("input", { type: "file", class: "heard", id, accept: ACCEPTED, "aria-describedby": hint });
  const element = el("div", { class: "drop" },
    el("p", {}, input, el("label", { for: id, class: "button" }, "Choose a CSV"), " or drop one anywhere on this page"),
    el("p", { id: hint, class: "hint" }, said));
  input.addEventListener("change", () => {
    const [file] = input.files;
    input.value = ""; // so that the same file can be chosen again
    if (file) taken(file);
  });
  fileDrops(taken, (isOver) => element.classList.toggle("over", isOver));
  return element;
}
