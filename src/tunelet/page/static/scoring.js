// A table scored by models, in batches: it can be stopped and goes on where it was; it knows nothing of the page.

const BATCH = 32; // texts of a request
const TOGETHER = 2; // requests: while one is computed, the next is on its way

export class Scoring {
  /**
   * @param {object} source    `predict` of source.js
   * @param {{name: string, labels: string[]}[]} models
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

  /** How many rows got each label, by model; rows without a text and those with an error are none of them. */
  counts() {
    return this.answers.map((answers, at) => {
      const counts = new Map(this.models[at].labels.map((label) => [label, 0]));
      for (const answer of answers) {
        if (answer?.label != null) counts.set(answer.label, (counts.get(answer.label) ?? 0) + 1);
      }
      return counts;
    });
  }

  /** Rows to which all models gave a label, and to how many of them the same one. */
  agreement() {
    let labelled = 0;
    let same = 0;
    for (let row = 0; row < this.rows; row += 1) {
      const labels = new Set(this.answers.map((answers) => answers[row]?.label));
      if (labels.has(undefined) || labels.has(null)) continue;
      labelled += 1;
      same += labels.size === 1;
    }
    return { labelled, same };
  }

  /** The names of the columns that are added, as `tunelet predict` has them; of several models with theirs behind. */
  get columns() {
    return this.models.flatMap(({ name, labels }) => {
      const own = this.models.length > 1 ? `_${name}` : "";
      return [`predicted${own}`, `probability${own}`, ...labels.map((label) => `probability${own}_${label}`)];
    });
  }

  /** The values of these columns in a row; nothing where there is no answer. */
  values(row) {
    return this.models.flatMap(({ labels }, at) => {
      const answer = this.answers[at][row];
      if (answer?.label == null) return new Array(labels.length + 2).fill("");
      const { label, probabilities } = answer;
      return [label, probabilities[label] ?? "", ...labels.map((name) => probabilities[name] ?? "")];
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
