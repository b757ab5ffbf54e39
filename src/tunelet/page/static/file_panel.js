// The panel of a file: choose or drop one, say what is in it, score it, see the counts, download it.

import { el, named, say } from "./dom.js";
import { fileChooser } from "./file_chooser.js";
import { anotherSeparator, fileSettings } from "./file_settings.js";
import { counts } from "./file_counts.js";
import { progress } from "./progress.js";
import { mayChooseSeparator, reader, scoredName } from "./read_file.js";
import { Scoring } from "./scoring.js";
import { Unsaved } from "./unsaved.js";
import { counted, sentence, whole } from "./wording.js";

const LARGEST = 100 * 2 ** 20; // bytes: a browser holds it whole
const KEPT = "Every row is classified. All your columns are kept, and the answers stand beside them. Of a .txt, each line is a text.";

/** Fill the panel for some models. */
export function filePanel(source, models, place) {
  const panel = new Panel(source, models);
  place.replaceChildren(panel.element);
}

class Panel {
  constructor(source, models) {
    this._source = source;
    this._models = models;
    this._unsaved = new Unsaved();
    this._trouble = el("p", { class: "wrong", role: "alert" });
    this._shown = el("div", { class: "shown" });
    this.element = el("div", {}, fileChooser(KEPT, (file) => this._open(file)), this._trouble, this._shown);
  }

  async _open(file) {
    if (!this._unsaved.mayGo()) return;
    this._stop?.abort();
    this._stop = null;
    this._file = file;
    this._trouble.textContent = "";
    this._shown.replaceChildren();
    const another = () => this._file !== file; // was chosen meanwhile
    try {
      if (file.size > LARGEST) {
        throw new Error(`It has ${whole(Math.round(file.size / 2 ** 20))} MiB; this page takes 100. Type: tunelet predict RUN --input FILE`);
      }
      const bytes = new Uint8Array(await file.arrayBuffer());
      if (!another()) this._read(file.name, reader(file.name, bytes, this._models.flatMap(({ columns }) => columns)), null);
    } catch (error) {
      if (!another()) this._refused(file.name, error);
    }
  }

  _refused(name, error) { this._trouble.replaceChildren(named(name), ": ", error.message); }

  /** Go on with a table; where rows do not fit a separator, with a choice of another. */
  _read(name, read, separator) {
    let table;
    try {
      table = read(separator ?? undefined);
    } catch (error) {
      if (!mayChooseSeparator(name)) throw error;
      this._refused(name, error);
      this._shown.replaceChildren(anotherSeparator(separator, (chosen) => this._read(name, read, chosen)));
      if (separator !== null) this._shown.querySelector("select").focus();
      return;
    }
    this._trouble.textContent = "";
    this._settle(name, table, read);
  }

  /** Ask what is what in a table, and then score it. */
  _settle(name, table, read) {
    const result = el("div", { class: "result" });
    const score = el("button", { type: "submit", class: "primary" }, "Score");
    const stale = el("p", { class: "hint" }, "These answers are of the settings before: press Score for others.");
    const settings = fileSettings(name, table, read, mayChooseSeparator(name), this._models, () => {
      score.classList.add("primary");
      if (result.hasChildNodes()) result.prepend(stale);
    });
    settings.form.append(el("div", { class: "buttons" }, score));
    settings.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { table, models, textOf } = settings.chosen();
      if (!models.length) {
        result.replaceChildren(el("p", { class: "wrong", role: "alert" }, "Choose a model."));
        return;
      }
      if (!this._unsaved.mayGo()) return;
      score.classList.remove("primary"); // what comes next has its own button
      const work = { name, table, scoring: new Scoring(this._source, models, table.length, textOf), place: result };
      this._score({ ...work, settings: settings.form });
    });
    this._shown.replaceChildren(settings.form, result);
    settings.form.querySelector("select, button").focus();
    say(`${name}: ${counted(settings.chosen().table.length, "row")}`);
  }

  /** Score what is left of a table; meanwhile its settings stay as they are. */
  async _score(work) {
    const { scoring, place, settings } = work;
    const stop = this._stop = new AbortController();
    const { signal } = stop;
    const meter = progress(scoring, () => stop.abort());
    place.replaceChildren(meter.element);
    this._unsaved.of(scoring);
    for (const control of settings.elements) control.disabled = true;
    let trouble = null;
    try {
      await scoring.run(signal, meter.show);
    } catch (error) {
      trouble = signal.aborted ? "Stopped." : sentence(error.message);
    }
    if (this._stop !== stop) return; // another file
    for (const control of settings.elements) control.disabled = false;
    if (trouble === null) this._done(work);
    else this._ended(work, trouble);
  }

  _ended(work, trouble) {
    const { scoring, place } = work;
    const on = this._again("Go on", work, "primary");
    const said = `${trouble} ${whole(scoring.done)} of ${counted(scoring.all, "answer")} are there.`;
    place.replaceChildren(el("p", { role: "alert" }, said), el("div", { class: "buttons" }, on));
    on.focus();
  }

  _done(work) {
    const { name, table, scoring, place } = work;
    const download = el("button", { type: "button", class: "primary" }, "Download the CSV");
    download.addEventListener("click", () => {
      save(table, scoring, name);
      this._unsaved.of(null);
    });
    const failed = scoring.passing;
    const again = failed ? this._again(`Try the ${whole(failed)} that failed again`, work, null) : null;
    const buttons = el("div", { class: "buttons" }, download, again);
    place.replaceChildren(...counts(scoring, table), buttons);
    download.focus();
    say(`${counted(table.length, "row")} scored`);
  }

  _again(words, work, kind) {
    const button = el("button", { type: "button", class: kind }, words);
    button.addEventListener("click", () => this._score(work));
    return button;
  }
}

/** Download the table with what was said of it. */
function save(table, scoring, name) {
  const parts = [...table.written(scoring.columns, (row) => scoring.values(row))];
  const url = URL.createObjectURL(new Blob(parts, { type: "text/csv" }));
  el("a", { href: url, download: scoredName(name) }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
