// How far a scoring is, with its rate, and a button to stop it.

import { el } from "./dom.js";
import { counted, duration, whole } from "./wording.js";

/** @returns {{element: HTMLElement, show: (scoring) => void}} */
export function progress(scoring, stop) {
  const bar = el("progress", { max: scoring.all, value: scoring.done, "aria-label": "Rows that are scored" });
  const words = el("p", { class: "hint" }, "Scoring…");
  const cancel = el("button", { type: "button" }, "Cancel");
  cancel.addEventListener("click", stop);
  const [begin, before] = [performance.now(), scoring.done];
  return {
    element: el("div", { class: "progress" }, bar, el("div", { class: "under" }, words, cancel)),
    show: ({ done, all }) => {
      bar.value = done;
      const rate = (done - before) / ((performance.now() - begin) / 1000);
      const left = rate > 0 && done < all ? `, ${duration((all - done) / rate)} left` : "";
      words.textContent = `${whole(done)} of ${counted(all, scoring.models.length > 1 ? "answer" : "row")}, ${whole(Math.round(rate))} a second${left}`;
    },
  };
}
