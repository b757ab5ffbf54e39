// The page's source where a service answers: /v1/models, /v1/predict, /v1/explain and /v1/about of the service that the
// page came from. It asks no more at once than the service takes, waits where it is busy, and asks the reader for the token.
//
// What every source exports:
//
// @typedef {string | {[column: string]: string}} Text   an object where a model reads several columns together
// @typedef {{
//   name: string,
//   labels: string[],
//   shape?: "multiclass" | "multilabel" | "ordinal" | "regression",   of its labels (shapes.js); left out: multiclass
//   thresholds?: {[label]: number},   of several labels a text, the probability from which on each is given
//   columns: string[],              columns that it reads; one: a text is a string
//   explains: boolean,              whether `explain` can be asked
//   about: Promise<About | null>,   null: there is no run beside the model; never rejected
// }} Model
// @typedef {{
//   metrics: {name: string, value: number | null, low: number | null, high: number | null}[],
//   data: string, roc: string | null, roc_described: string | null,
// }} About                          what `tunelet.page.about` made: `roc` is an SVG in the page's colours
//
// models() -> Promise<Model[]>, once they can be asked
// predict(name, texts, signal) -> Promise<({label: string | null, probabilities: {[label]: number | null},
//     labels?: string[], expected?: number, value?: number, low?: number | null, high?: number | null} | {error: string, again?: true})[]>, one a text, in order; label null: there is nothing to read; again: the reason
//     may have passed when it is asked again
// explain(name, text, signal, label?) -> Promise<{label: string | null, method: string, fields?: string[],
//     words: {text, field?, start, end, weight, read?}[]}>; start and end in UTF-16 units of the text, or of the field
//     (a number, 0 where it is left out) of `fields`, where the model reads another text than was given, or several;
//     weight > 0 speaks for the label; read false: the model did not read so far
// place: a sentence that says where texts go
//
// All throw an Error whose message is fit for the reader, and what an aborted signal gives.

import { Pace, Turns } from "./pace.js";
import { authorization, refused } from "./token.js";

export const place = "Texts go to the service at this address, and nowhere else.";

const TRIES = 8; // of a request that is told to come again, while the service answers nothing else
const TOO_LATE = 3; // times that a single text may be
const LONGEST_WAIT = 30; // seconds
const paces = new Map(); // by model
const turns = new Turns();
let limits = { texts: 128, characters: 100_000 };
let answered = 0; // requests

/** What the service refuses: `code` and `field` as in its documentation. */
class Refusal extends Error {
  constructor(message, code, field) {
    super(message);
    this.code = code;
    this.field = field;
  }
}

export async function models() {
  const answer = await ask("v1/models");
  limits = answer.limits;
  return answer.models.map((model) => ({
    name: model.name,
    labels: model.labels,
    shape: model.shape,
    thresholds: model.thresholds,
    columns: model.text_columns,
    explains: model.explains,
    about: model.evaluated_on === null ? Promise.resolve(null) : about(model.name),
  }));
}

export async function predict(name, texts, signal) {
  const answers = new Array(texts.length).fill(null);
  const left = [];
  texts.forEach((text, at) => {
    const parts = typeof text === "string" ? [text] : Object.values(text);
    // The service counts characters, and a string's length counts at least as many.
    const long = parts.some((part) => part.length > limits.characters && [...part].length > limits.characters);
    if (long) answers[at] = { error: `longer than ${limits.characters.toLocaleString("en")} characters` };
    else left.push(at);
  });
  if (texts.length === 1) { // typed: it waits for no turn, and its time says nothing of a file's
    await predictSome(name, texts, left, answers, signal);
    return answers;
  }
  if (!paces.has(name)) paces.set(name, new Pace());
  const pace = paces.get(name);
  while (left.length) {
    const some = left.splice(0, Math.min(limits.texts, pace.size));
    left.unshift(...await turns.take(() => predictSome(name, texts, some, answers, signal, pace)));
  }
  return answers;
}

export async function explain(name, text, signal, label) {
  const { explanations: [found] } = await ask("v1/explain", { texts: [text], model: name, label }, signal);
  const places = found.fields.map(unitsOfCharacters);
  return {
    label: found.label,
    method: `Integrated gradients, and exactly for TF-IDF: what each word adds to the ${
      "expected" in found ? "expected rating" : "number" in found ? "number" : "log odds of the label"}.`,
    fields: found.fields,
    words: found.words.map((word) => ({
      text: word.text,
      field: word.field,
      start: places[word.field](word.begin),
      end: places[word.field](word.end),
      weight: word.contribution,
      read: word.read,
    })),
  };
}

async function about(name) {
  try {
    return await ask(`v1/about?model=${encodeURIComponent(name)}`);
  } catch {
    return null; // the answers are of use without it
  }
}

/**
 * Ask for the texts at some places; what is at fault gets an error.
 *
 * @param {Pace} [pace]   of several texts
 * @returns {Promise<number[]>}   places that are to be asked again, where they were too many
 */
async function predictSome(name, texts, places, answers, signal, pace) {
  for (let late = 1; places.length; late += 1) {
    try {
      const body = { texts: places.map((at) => texts[at]), model: name };
      const { predictions } = await ask("v1/predict", body, signal, (seconds) => pace?.took(places.length, seconds));
      places.forEach((at, row) => { answers[at] = predictions[row]; });
      return [];
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const row = /^texts\.(\d+)/.exec(error.field ?? "")?.[1];
      const tooLate = error.code === "too_late";
      if (row !== undefined) {
        answers[places[row]] = { error: error.message };
        return places.filter((_, at) => at !== Number(row));
      }
      if (!tooLate && error.code !== "too_large") throw error;
      if (places.length === 1 && (!tooLate || late === TOO_LATE)) {
        answers[places[0]] = tooLate ? { error: error.message, again: true } : { error: error.message };
        return [];
      }
      pace?.tooMany(places.length);
      if (tooLate) await pause(1, signal); // what made it late may pass
      if (places.length > 1) return places;
    }
  }
  return [];
}

/**
 * A request, sent again while the service is busy, and with another token where it refuses this one.
 *
 * @param {(seconds: number) => void} [took]   called with how long the answer took
 */
async function ask(path, body, signal, took) {
  let seen = answered;
  for (let tries = 1; ; tries += 1) {
    const begin = performance.now();
    const answer = await send(path, body, signal);
    if (answered !== seen) [seen, tries] = [answered, 1]; // it is busy with others of this page
    if (answer.status === 401) {
      await refused(answer.shown);
      tries -= 1;
    } else if (answer.status === 429 && tries < TRIES) {
      turns.narrow();
      await pause(answer.retryAfter, signal);
    } else if (answer.status === 200) {
      answered += 1;
      took?.((performance.now() - begin) / 1000);
      return answer.content;
    } else {
      const error = answer.content?.error;
      throw new Refusal(error?.message ?? `the service answered ${answer.status}`, error?.code, error?.field);
    }
  }
}

async function send(path, body, signal) {
  const shown = authorization();
  const headers = { ...shown, ...(body ? { "Content-Type": "application/json" } : {}) };
  const options = { headers, signal, cache: "no-store", credentials: "omit", redirect: "error" };
  if (body) Object.assign(options, { method: "POST", body: JSON.stringify(body) });
  let response;
  try {
    response = await fetch(new URL(path, document.baseURI), options);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Error("the service does not answer; is it still running?");
  }
  const retryAfter = Number(response.headers.get("Retry-After")) || 1;
  let content = null;
  try {
    content = await response.json();
  } catch (error) {
    if (signal?.aborted) throw error; // else a proxy answered, in words of its own
  }
  return { status: response.status, content, retryAfter, shown };
}

/** Wait as long as the service asks, and a little more or less, so that not all who wait come back together. */
function pause(seconds, signal) {
  const time = 1000 * Math.min(LONGEST_WAIT, seconds) * (0.75 + Math.random() / 2);
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const end = setTimeout(resolve, time);
    signal?.addEventListener("abort", () => {
      clearTimeout(end);
      reject(signal.reason);
    }, { once: true });
  });
}

/** From the number of a character to that of its UTF-16 unit; Python counts the former. */
function unitsOfCharacters(text) {
  if (!/[\ud800-\udbff]/.test(text)) return (at) => at;
  const starts = [];
  let unit = 0;
  for (const character of text) {
    starts.push(unit);
    unit += character.length;
  }
  starts.push(unit);
  return (at) => starts[at];
}
