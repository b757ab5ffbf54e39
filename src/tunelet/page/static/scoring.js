// A table scored by models, in batches: it can be stopped and goes on where it was; it knows nothing of the page.

import { shapeOf } from "./shapes.js";

const BATCH = 32; // texts of a request
const TOGETHER = 2; // requests: while one is computed, the next is on its way

export class Scoring {
  /**
   * @param {object} source    `predict` of source.js
   * @param {{name: string, labels: string[], shape?: string}[]} models
   * @param {number} rows
   * @param {(model, row: number) => (Text | null)} textOf   null: the row has no text for the model
   */
  constructor(source, models, rows, textOf) {
    this.models = models;
    this.rows = rows;
    this._source = source;
    this._textOf = textOf;
    this.answers = models.map(() => new Array(rows).fill(undefined)); // null: a row without a text
    this.done = 0; // rows of all models together
  }

  get all() { return this.rows * this.models.length; }

  /** Answers that failed for a reason that may have passed. */
  get passing() { return this.answers.flat().filter((answer) => answer?.again).length; }

  /**
   * Score what has no answer yet, and what failed for a reason that may have passed. Throws what the source throws;
   * answers that are there stay.
   */
  async run(signal, progress) {
    this._forgetPassing();
    const batches = this._batches();
    const stop = new AbortController();
    signal.addEventListener("abort", () => stop.abort(signal.reason), { signal: stop.signal });
    signal.throwIfAborted();
    const work = async () => {
      for (const { model, places } of batches) {
        stop.signal.throwIfAborted();
        await this._score(model, places, stop.signal);
        progress(this);
      }
    };
    const workers = Array.from({ length: TOGETHER }, work);
    try {
      await Promise.all(workers);
    } catch (error) {
      stop.abort(); // the other worker ends, too, before anybody goes on
      await Promise.allSettled(workers);
      throw signal.aborted ? signal.reason : error;
    } finally {
      stop.abort(); // nor does it listen any more
    }
  }

  /**
   * How many rows got each label, by model, and how many none of several; rows without a text and those with an error
   * count for nothing.
   */
  counts() {
    return this.answers.map((answers, at) => {
      const shape = shapeOf(this.models[at]);
      const counts = new Map(shape.places(this.models[at].labels).map((label) => [label, 0]));
      for (const answer of answers) {
        if (answer?.label == null) continue;
        for (const label of shape.counted(answer)) counts.set(label, (counts.get(label) ?? 0) + 1);
      }
      return counts;
    });
  }

  /** The mean of the numbers that rows got, by model, with six digits; null where a model gives labels. */
  means() {
    return this.answers.map((answers) => {
      const values = answers.map((answer) => answer?.value).filter((value) => value != null);
      return values.length ? Number((values.reduce((sum, value) => sum + value, 0) / values.length).toPrecision(6)) : null;
    });
  }

  /** How many rows got an answer, by model. */
  answered() {
    return this.answers.map((answers) => answers.filter((answer) => answer?.label != null).length);
  }

  /** Rows to which all models gave an answer, and to how many of them the same one. */
  agreement() {
    let labelled = 0;
    let same = 0;
    for (let row = 0; row < this.rows; row += 1) {
      const all = this.answers.map((answers) => answers[row]);
      if (all.some((answer) => answer?.label == null)) continue;
      const labels = new Set(all.map((answer, at) => shapeOf(this.models[at]).given(answer).toSorted().join("\n")));
      labelled += 1;
      same += labels.size === 1;
    }
    return { labelled, same };
  }

  /** The names of the columns that are added, as `tunelet predict` has them; of several models with theirs behind. */
  get columns() {
    return this.models.flatMap((model) => shapeOf(model).columns(this.models.length > 1 ? `_${model.name}` : "", model.labels));
  }

  /** The values of these columns in a row; nothing where there is no answer. */
  values(row) {
    return this.models.flatMap((model, at) => {
      const [shape, answer] = [shapeOf(model), this.answers[at][row]];
      return answer?.label == null ? shape.columns("", model.labels).fill("") : shape.cells(answer, model.labels);
    });
  }

  _forgetPassing() {
    for (const answers of this.answers) {
      answers.forEach((answer, row) => {
        if (!answer?.again) return;
        answers[row] = undefined;
        this.done -= 1;
      });
    }
  }

  * _batches() {
    for (let begin = 0; begin < this.rows; begin += BATCH) {
      for (let model = 0; model < this.models.length; model += 1) {
        const places = [];
        for (let row = begin; row < Math.min(this.rows, begin + BATCH); row += 1) {
          if (this.answers[model][row] === undefined) places.push(row);
        }
        if (places.length) yield { model, places };
      }
    }
  }

  async _score(model, places, signal) {
    const texts = places.map((row) => this._textOf(this.models[model], row));
    const asked = texts.filter((text) => text !== null);
    const found = asked.length ? await this._source.predict(this.models[model].name, asked, signal) : [];
    let next = 0;
    places.forEach((row, at) => {
      this.answers[model][row] = texts[at] === null ? null : found[next++];
      this.done += 1;
    });
  }
}
