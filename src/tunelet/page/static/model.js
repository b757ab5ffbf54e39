// The model of an exported folder in this browser: texts in, probabilities out, as tunelet computes them.
import { cleaner } from "./clean.js";
import { deciding } from "./deciding.js";
import { tfidf } from "./tfidf.js";
import { strip } from "./white_space.js";
import { env, InferenceSession, Tensor } from "../runtime/onnxruntime.js";
import { Tokenizer } from "../runtime/tokenizers.js";

const TOGETHER = 16; // texts of a batch
const TOKENS = 1024; // of a batch, padding included

/** A model, ready to be asked. `record` is what browser.json says of it. */
export class Model {
  /** Load the files at `base`, an address that ends with a slash; `came` hears which share of the graph is there. */
  static async load(base, came = () => {}) {
    const read = async (name) => {
      const answer = await fetch(new URL(name, base));
      if (!answer.ok) throw new Error(`${name} cannot be read (${answer.status}): copy the exported folder anew`);
      return answer;
    };
    const json = async (name) => (await read(name)).json();
    const record = await json("browser.json");
    env.wasm.numThreads = 1; // more of them need headers that few static hosts send
    env.wasm.wasmPaths = { wasm: new URL("runtime/onnxruntime.wasm", base).href };
    env.logLevel = "error";
    const graph = async () => {
      const content = await whole(await read(record.graph), record.bytes, came);
      return InferenceSession.create(content, { executionProviders: ["wasm"] });
    };
    const [session, tokenizer, config, characters, terms] = await Promise.all([
      graph(),
      json("tokenizer.json"),
      json("tokenizer_config.json"),
      record.clean_markup ? json("characters.json") : null,
      record.tfidf ? json("tfidf.json") : null,
    ]);
    return new Model(record, session, tokenizer, config, characters && cleaner(characters), terms && tfidf(terms));
  }

  constructor(record, session, tokenizer, config, clean, terms) {
    this.record = record;
    this._decides = deciding(record);
    this._session = session;
    // tokenizer.json says all; these two entries of its older companion would be applied on top of it.
    this._tokenizer = new Tokenizer(tokenizer, { ...config, remove_space: false, do_lowercase_and_remove_accent: false });
    this._pad = tokenizer.padding?.pad_id ?? 0;
    this._lowers = lowers(tokenizer.normalizer);
    this._clean = clean ?? ((text) => text);
    this._terms = terms;
    this._unlike = new Set(record.unlike);
  }

  /** The text as the model reads it; "" where there is nothing to read. */
  cleaned(text) {
    const cleaned = this._clean(text.toWellFormed());
    return strip(cleaned) ? cleaned : "";
  }

  /** What cannot be answered about a text, as a clause; "" where all can. */
  trouble(text) {
    if (!this._unlike.size) return "";
    const unlike = [...text].find((character) => this._unlike.has(character));
    if (unlike === undefined) return "";
    const code = unlike.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    return `the text holds the character U+${code}, which this page would read in another way than the model`;
  }

  /**
   * Probabilities of cleaned texts, [texts][labels], in their order.
   * `between` is awaited before each batch: it may take messages, or throw to stop.
   */
  async probabilities(texts, between = async () => {}) {
    const tokens = texts.map((text) => this._tokens(text));
    const rows = new Array(texts.length);
    for (const batch of batches(tokens, this.record.alone ? 1 : TOGETHER)) {
      await between();
      const logits = await this._logits(batch.map((at) => tokens[at]));
      batch.forEach((at, row) => {
        const added = this._terms ? this._terms(texts[at]) : null;
        rows[at] = this._decides.probabilities(added ? logits[row].map((value, n) => value + added[n]) : logits[row]);
      });
    }
    return rows;
  }

  _tokens(text) {
    // JavaScript makes a final sigma of one that ends a word; the tokenizers that the model was trained with do not.
    return this._tokenizer.encode(this._lowers ? text.replaceAll("Σ", "σ") : text).ids;
  }

  async _logits(tokens) {
    const [rows, longest] = [tokens.length, Math.max(...tokens.map((each) => each.length))];
    const filled = (value, of) => {
      const data = new BigInt64Array(rows * longest).fill(BigInt(value));
      if (of) tokens.forEach((each, row) => data.set(BigInt64Array.from(each, of), row * longest));
      return new Tensor("int64", data, [rows, longest]);
    };
    const inputs = {
      input_ids: filled(this._pad, BigInt),
      attention_mask: filled(0, () => 1n),
      token_type_ids: filled(0),
    };
    const feeds = Object.fromEntries(this._session.inputNames.map((name) => [name, inputs[name]]));
    const { data, dims } = (await this._session.run(feeds)).logits;
    return tokens.map((_, row) => Array.from(data.subarray(row * dims[1], (row + 1) * dims[1])));
  }
}

/** The content of an answer that has so many bytes. */
async function whole(answer, bytes, came) {
  const content = new Uint8Array(bytes);
  let there = 0;
  for (const reader = answer.body.getReader(); ; came(there / bytes)) {
    const { done, value } = await reader.read();
    if (there + (value?.length ?? 0) > bytes || (done && there < bytes))
      throw new Error("the model has another size than it should have: copy the exported folder anew");
    if (done) return content;
    content.set(value, there);
    there += value.length;
  }
}

/** Places of texts of similar length together, the shortest first. */
function* batches(tokens, together) {
  const order = tokens.map((_, at) => at).sort((a, b) => tokens[a].length - tokens[b].length);
  for (let begin = 0, end; begin < order.length; begin = end) {
    end = begin + 1;
    while (end < order.length && end - begin < together && (end + 1 - begin) * tokens[order[end]].length <= TOKENS) end += 1;
    yield order.slice(begin, end);
  }
}

/** Whether a normaliser of tokenizer.json makes small letters. */
function lowers(normalizer) {
  if (normalizer?.type === "Sequence") return normalizer.normalizers.some(lowers);
  return normalizer?.type === "Lowercase" || (normalizer?.type === "BertNormalizer" && normalizer.lowercase);
}
