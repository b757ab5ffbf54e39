// Files dropped anywhere on the page. One that is dropped before the models are known waits for them.

let over = () => {};
let take = (file) => { early = file; };
let early = null;
let within = 0; // elements of the page that a file is above: it leaves one after it entered the next

const holdsFile = (event) => event.dataTransfer?.types.includes("Files");
const moved = (change) => (event) => { if (holdsFile(event)) over((within += change) > 0); };

addEventListener("dragenter", moved(1));
addEventListener("dragleave", moved(-1));
addEventListener("dragover", (event) => { if (holdsFile(event)) event.preventDefault(); });
addEventListener("drop", (event) => {
  if (!holdsFile(event)) return;
  event.preventDefault(); // else the browser leaves the page for the file
  within = 0;
  over(false);
  const [file] = event.dataTransfer.files;
  if (file) take(file); // a folder, or what another window dragged, may hold none
});

/** @param {(file: File) => void} taken  called with each  @param {(isOver: boolean) => void} shown  while one is dragged */
export function fileDrops(taken, shown) {
  [take, over] = [taken, shown];
  if (early) taken(early);
  early = null;
}
