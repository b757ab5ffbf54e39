// Where a file is chosen: by a button, or dropped anywhere on the page.

import { el, fresh } from "./dom.js";

/** @param {string} said  what happens to a file  @param {(file: File) => void} taken  called with each  */
export function fileChooser(said, taken) {
  const hint = fresh("hint");
  const input = el("input", {
    type: "file", id: fresh("chosen"), accept: ".csv,.tsv,.txt,text/csv,text/tab-separated-values", "aria-describedby": hint,
  });
  const element = el("div", { class: "drop" },
    el("label", { for: input.id }, "Drop a CSV here, or choose one"), input, el("p", { id: hint, class: "hint" }, said));
  input.addEventListener("change", () => {
    if (input.files.length) taken(input.files[0]);
    input.value = ""; // so that the same file can be chosen again
  });
  const holdsFile = (event) => event.dataTransfer?.types.includes("Files");
  let within = 0; // a page is left when the last of its elements is
  addEventListener("dragenter", (event) => { if (holdsFile(event)) element.classList.toggle("over", (within += 1) > 0); });
  addEventListener("dragleave", (event) => { if (holdsFile(event)) element.classList.toggle("over", (within -= 1) > 0); });
  addEventListener("dragover", (event) => { if (holdsFile(event)) event.preventDefault(); });
  addEventListener("drop", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault(); // else the browser leaves the page for the file
    within = 0;
    element.classList.remove("over");
    taken(event.dataTransfer.files[0]);
  });
  return { element };
}
