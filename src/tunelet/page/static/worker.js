// Runs the model beside the page, so that the page stays awake. It takes {id, task, ...} and answers {id, answer} or
// {id, error}; before that, while it loads, {id, share} of what is to come.
import { largestDifference } from "./check.js";
import { deciding } from "./deciding.js";
import { method, runsOf, without, wordsOf } from "./leave_out.js";
import { Model } from "./model.js";

const stopped = new Set();
// One after the other: they would only slow each other down. Who typed a text waits for no file.
const typed = [];
const files = [];
let busy = false;
let model;

// An explanation asks the model once for each word, or for each few words, so that it takes about so long.
const SECONDS = 8;
const [FEWEST, MOST] = [16, 256]; // times

onmessage = ({ data }) => {
  if (data.task === "stop") {
    stopped.add(data.id);
    return;
  }
  (data.texts?.length > 1 ? files : typed).push(data);
  work();
};

async function work() {
  if (busy) return;
  busy = true;
  for (let next; (next = typed.shift() ?? files.shift()); ) await answer(next, next.texts?.length > 1);
  busy = false;
}

async function answer({ id, task, ...asked }, ofFile = false) {
  const between = () => breath(id, ofFile);
  try {
    postMessage({ id, answer: await tasks[task](asked, between, (share) => postMessage({ id, share })) });
  } catch (error) {
    postMessage({ id, error: error.name === "AbortError" ? null : error.message });
  }
  stopped.delete(id);
}

/** Take the messages that have come: stop where one of them says so, and let what was typed go ahead of a file. */
async function breath(id, ofFile) {
  await new Promise((resume) => setTimeout(resume));
  while (ofFile && typed.length) await answer(typed.shift());
  if (stopped.has(id)) throw new DOMException("stopped", "AbortError");
}

const tasks = {
  async load({ base }, between, came) {
    model = await Model.load(base, came);
    const { check } = model.record;
    const found = await model.probabilities(check.texts.map((text) => model.cleaned(text)));
    const difference = largestDifference(found, check.probabilities);
    const { name, labels, columns, about, shape, thresholds } = model.record;
    const least = thresholds && named(thresholds);
    return { name, labels, columns, about, shape, thresholds: least, difference, tolerance: check.tolerance };
  },

  async predict({ texts }, between) {
    const cleaned = texts.map((text) => model.cleaned(text));
    const troubles = cleaned.map((text) => model.trouble(text));
    const read = cleaned.map((text, at) => at).filter((at) => cleaned[at] && !troubles[at]);
    const rows = await model.probabilities(read.map((at) => cleaned[at]), between);
    const answers = troubles.map((error) => (error ? { error } : { label: null, probabilities: named([]) }));
    read.forEach((at, row) => {
      answers[at] = { ...deciding(model.record).answer(rows[row], model.record), probabilities: named(rows[row]) };
    });
    return answers;
  },

  async explain({ text, label: asked }, between) {
    const { record } = model;
    const decides = deciding(record);
    const read = model.cleaned(text);
    const trouble = model.trouble(read);
    if (trouble) throw new Error(trouble);
    if (!read) return { label: null, method: method([], decides.quantity), fields: [read], words: [] };
    const begin = performance.now();
    const [whole] = await model.probabilities([read], between);
    const each = (performance.now() - begin) / 1000;
    const runs = runsOf(wordsOf(read), Math.min(MOST, Math.max(FEWEST, Math.floor(SECONDS / each))));
    // Without its only word a text is empty: it is compared with what the model says of no words at all.
    const rest = await model.probabilities(runs.map((run) => without(read, run)), between);
    const label = decides.explained(decides.answer(whole, record), record, asked, whole);
    const all = decides.value(whole, label, record);
    const words = runs.flatMap((run, at) => {
      const weight = (all - decides.value(rest[at], label, record)) / run.length;
      return run.map((word) => ({ ...word, weight }));
    });
    const named = record.labels[label] ?? decides.answer(whole, record).label;
    return { label: named, method: method(runs, decides.quantity), fields: [read], words };
  },
};

/** A value for each label, by its name. A null prototype has no __proto__ that a label of that name would be lost in. */
function named(row) {
  const { labels } = model.record;
  return Object.assign(Object.create(null), ...labels.map((label, n) => ({ [label]: row[n] ?? null })));
}
