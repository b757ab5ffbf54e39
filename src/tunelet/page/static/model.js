// The model of an exported folder in this browser: texts in, probabilities out, as tunelet computes them.
import { cleaner, strip } from "./clean.js";
import { tfidf } from "./tfidf.js";
import { env, InferenceSession, Tensor } from "../runtime/onnxruntime.js";
import { Tokenizer } from "../runtime/tokenizers.js";

const TOGETHER = 16; // texts of a batch
const TOKENS = 1024; // of a batch, padding included

/** A model, ready to be asked. `record` is what browser.json says of it. */
export class Model {
  /** Load the files at `base`, an address that ends with a slash. */
  static async load(base) {
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
    const graph = async () =>
      InferenceSession.create(new Uint8Array(await (await read(record.graph)).arrayBuffer()), {
        executionProviders: ["wasm"],
      });
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
    this._session = session;
    // tokenizer.json says all; these two entries of its older companion would be applied on top of it.
    this._tokenizer = new Tokenizer(tokenizer, { ...config, remove_space: false, do_lowercase_and_remove_accent: false });
    this._pad = tokenizer.padding?.pad_id ?? 0;
    this._lowers = lowers(tokenizer.normalizer);
    this._clean = clean ?? ((text) => text);
    this._terms = terms;
  }

  /** The text as the model reads it; "" where there is nothing to read. */
  cleaned(text) {
    const cleaned = this._clean(text.toWellFormed());
    return strip(cleaned) ? cleaned : "";
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
        rows[at] = softmax(added ? logits[row].map((value, label) => value + added[label]) : logits[row]);
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

/** Places of texts of similar length together, the shortest first. */
function* batches(tokens, together) {
  const order = tokens.map((_, at) => at).sort((a, b) => tokens[a].length - tokens[b].length);
  for (let begin = 0, end; begin < order.length; begin = end) {
    end = begin + 1;
    while (end < order.length && end - begin < together && (end + 1 - begin) * tokens[order[end]].length <= TOKENS) end += 1;
    yield order.slice(begin, end);
  }
}

function softmax(logits) {
  const most = Math.max(...logits);
  const shares = logits.map((value) => Math.exp(value - most));
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}

/** Whether a normaliser of tokenizer.json makes small letters. */
function lowers(normalizer) {
  if (normalizer?.type === "Sequence") return normalizer.normalizers.some(lowers);
  return normalizer?.type === "Lowercase" || (normalizer?.type === "BertNormalizer" && normalizer.lowercase);
}
