// Where a file is chosen: by a button, or dropped anywhere on the page.

import { el, fresh } from "./dom.js";
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
  const holdsFile = (event) => event.dataTransfer?.types.includes("Files");
  let within = 0; // elements of the page that the file is above: it leaves one after it entered the next
  const over = (change) => (event) => {
    if (holdsFile(event)) element.classList.toggle("over", (within += change) > 0);
  };
  addEventListener("dragenter", over(1));
  addEventListener("dragleave", over(-1));
  addEventListener("dragover", (event) => { if (holdsFile(event)) event.preventDefault(); });
  addEventListener("drop", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault(); // else the browser leaves the page for the file
    within = 0;
    element.classList.remove("over");
    const [file] = event.dataTransfer.files;
    if (file) taken(file); // a folder, or what another window dragged, may hold none
  });
  return element;
}
