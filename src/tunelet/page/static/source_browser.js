// What the page asks, answered by a model that runs in this browser (worker.js). The interface is that of source_http.js.

export const place = "Texts stay in this browser: the model runs in it, and nothing is sent anywhere.";

const BASE = new URL("../", import.meta.url).href;
const said = document.getElementById("subtitle"); // the page's next words there are how the loading ended
const waiting = new Map();
let worker;
let loaded;
let last = 0;

function ask(task, asked, signal) {
  if (signal?.aborted) return Promise.reject(signal.reason);
  worker ??= started();
  const id = (last += 1);
  return new Promise((resolve, reject) => {
    const settled = new AbortController();
    signal?.addEventListener("abort", () => {
      worker?.postMessage({ id, task: "stop" });
      reject(signal.reason);
    }, { signal: settled.signal });
    waiting.set(id, { resolve, reject, settled });
    worker.postMessage({ id, task, ...asked });
  });
}

function started() {
  const made = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  made.onmessage = ({ data: { id, answer, error, share } }) => {
    if (share !== undefined) {
      said.textContent = `Loading the model: ${Math.floor(100 * share)} %`;
      return;
    }
    const { resolve, reject, settled } = waiting.get(id);
    waiting.delete(id);
    settled.abort();
    if (error === undefined) resolve(answer);
    else reject(new Error(error ?? "stopped"));
  };
  made.onerror = (event) => {
    event.preventDefault();
    worker = loaded = undefined; // the next question starts another one, which has to load the model
    made.terminate();
    for (const { reject } of waiting.values())
      reject(new Error(`The model cannot be started in this browser (${event.message ?? "a file of it is missing"})`));
    waiting.clear();
  };
  return made;
}

async function load() {
  const before = said.textContent;
  const { difference, tolerance, about, ...model } = await ask("load", { base: BASE });
  // Sentences whose probabilities came along: a browser that computes others must not answer as if it did not.
  if (!(difference <= tolerance))
    throw new Error(
      `This browser computes other probabilities than tunelet: they differ by ${difference.toPrecision(2)}, ` +
        `expected ${tolerance} at most; try another browser`,
    );
  said.textContent = before;
  return { ...model, explains: true, about: Promise.resolve(about) };
}

export async function models() {
  loaded ??= load().catch((error) => {
    loaded = undefined; // to be tried again
    throw error;
  });
  return [await loaded];
}

export async function predict(name, texts, signal) {
  await models();
  return ask("predict", { texts }, signal);
}

export async function explain(name, text, signal, label) {
  await models();
  return ask("explain", { text, label }, signal);
}
