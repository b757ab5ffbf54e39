// The panel of a file: choose or drop one, say what is in it, score it, see the counts, download it.

import { el, named, say } from "./dom.js";
import { fileChooser } from "./file_chooser.js";
import { fileSettings } from "./file_settings.js";
import { counts } from "./file_counts.js";
import { Scoring } from "./scoring.js";
import { Table } from "./table.js";
import { counted, duration, sentence, whole } from "./wording.js";

const LARGEST = 100 * 2 ** 20; // bytes: a browser holds it whole
const KEPT = "Every row is classified. All your columns are kept, and the answers stand beside them.";

/** Fill the panel for some models. */
export function filePanel(source, models, place) {
  const panel = new Panel(source, models);
  place.replaceChildren(panel.element);
}

class Panel {
  constructor(source, models) {
    this._source = source;
    this._models = models;
    this._trouble = el("p", { class: "wrong", role: "alert" });
    this._shown = el("div", { class: "shown" });
    this.element = el("div", {}, fileChooser(KEPT, (file) => this._open(file)), this._trouble, this._shown);
  }

  /** End what runs; nothing of it is shown any more. */
  _leave() {
    this._stop?.abort();
    this._stop = null;
  }

  async _open(file) {
    this._leave();
    this._file = file;
    this._trouble.textContent = "";
    this._shown.replaceChildren();
    try {
      if (file.size > LARGEST) {
        throw new Error(`It has ${whole(Math.round(file.size / 2 ** 20))} MiB; this page takes 100. Type: tunelet predict RUN --input FILE`);
      }
      const bytes = new Uint8Array(await file.arrayBuffer());
      if (this._file === file) this._settle(file.name, new Table(bytes)); // else another one was chosen meanwhile
    } catch (error) {
      this._trouble.replaceChildren(named(file.name), ": ", error.message);
    }
  }

  /** Ask what is what in a table, and then score it. */
  _settle(name, table) {
    const result = el("div", { class: "result" });
    const settings = fileSettings(name, table, this._models, () => {
      this._leave();
      result.replaceChildren();
      score.classList.add("primary");
    });
    const score = el("button", { type: "submit", class: "primary" }, "Score");
    settings.form.append(el("div", { class: "buttons" }, score));
    settings.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { models, textOf } = settings.chosen();
      if (!models.length) {
        result.replaceChildren(el("p", { class: "wrong", role: "alert" }, "Choose a model."));
        return;
      }
      score.classList.remove("primary"); // what comes next has its own button
      this._score(name, table, new Scoring(this._source, models, table.length, textOf), result);
    });
    this._shown.replaceChildren(settings.form, result);
    settings.form.querySelector("select, button").focus();
    say(`${name}: ${counted(table.length, "row")}`);
  }

  async _score(name, table, scoring, place) {
    this._leave();
    const stop = this._stop = new AbortController();
    const { signal } = stop;
    const meter = progress(scoring, () => stop.abort());
    place.replaceChildren(meter.element);
    let trouble = null;
    try {
      await scoring.run(signal, meter.show);
    } catch (error) {
      if (this._stop !== stop) return; // another file, or other settings
      trouble = signal.aborted ? "Stopped." : sentence(error.message);
    }
    if (this._stop !== stop) return;
    if (trouble === null) {
      this._done(name, table, scoring, place);
      return;
    }
    const on = el("button", { type: "button", class: "primary" }, "Go on");
    on.addEventListener("click", () => this._score(name, table, scoring, place));
    const said = `${trouble} ${whole(scoring.done)} of ${counted(scoring.all, "answer")} are there.`;
    place.replaceChildren(el("p", { role: "alert" }, said), el("div", { class: "buttons" }, on));
    on.focus();
  }

  _done(name, table, scoring, place) {
    const download = el("button", { type: "button", class: "primary" }, "Download the CSV");
    download.addEventListener("click", () => save(table, scoring, name));
    place.replaceChildren(...counts(scoring), el("div", { class: "buttons" }, download));
    download.focus();
    say(`${counted(table.length, "row")} scored`);
  }
}

/** How far a scoring is, with its rate, and a button to stop it. */
function progress(scoring, stop) {
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

/** Download the table with what was said of it. */
function save(table, scoring, name) {
  const parts = [...table.written(scoring.columns, (row) => scoring.values(row))];
  const url = URL.createObjectURL(new Blob(parts, { type: "text/csv" }));
  const [, stem, ending] = /^(.*?)(\.[^.]*)?$/s.exec(name);
  el("a", { href: url, download: `${stem}-scored${ending ?? ".csv"}` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
