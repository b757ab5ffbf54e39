// TF-IDF of tfidf.json: logits to be added to those of the graph, as tfidf.py beside it computes them.
import { singleSpaced, words as pieces } from "./white_space.js";

/** A function from a text to what is added to each output. Its argument is what tfidf.json holds. */
export function tfidf({ kinds, bias, outputs, falling }) {
  const known = kinds.map((kind) => ({ ...kind, places: new Map(kind.terms.map((term, at) => [term, at])) }));
  return (text) => {
    const sums = [...bias];
    const lower = text.toLowerCase();
    for (const kind of known) {
      const counts = new Map();
      for (const run of RUNS[kind.analyzer](lower, kind.shortest, kind.longest)) {
        const at = kind.places.get(run);
        if (at !== undefined) counts.set(at, (counts.get(at) ?? 0) + 1);
      }
      const values = [...counts].map(([at, n]) => [at, (1 + Math.log(n)) * kind.idf[at]]);
      const length = Math.sqrt(values.reduce((sum, [, value]) => sum + value * value, 0)) || 1;
      kind.weights.forEach((weights, label) => {
        sums[label] += values.reduce((sum, [at, value]) => sum + weights[at] * value, 0) / length;
      });
    }
    const added = [...Array(outputs - sums.length).fill(0), ...sums];
    return falling ? added.sort((one, other) => other - one) : added;
  };
}

const RUNS = {
  *word(text, shortest, longest) {
    const found = text.match(/[\p{L}\p{N}_]+/gu) ?? [];
    for (let n = shortest; n <= longest; n += 1)
      for (let at = 0; at + n <= found.length; at += 1) yield found.slice(at, at + n).join(" ");
  },
  *char(text, shortest, longest) {
    const characters = [...singleSpaced(text)];
    for (let n = shortest; n <= Math.min(longest, characters.length); n += 1) yield* runs(characters, n);
  },
  *char_wb(text, shortest, longest) {
    for (const word of pieces(text)) {
      const characters = [" ", ...word, " "];
      for (let n = shortest; n <= longest; n += 1) {
        if (characters.length <= n) {
          yield characters.join("");
          break;
        }
        yield* runs(characters, n);
      }
    }
  },
};

function* runs(characters, n) {
  for (let at = 0; at + n <= characters.length; at += 1) yield characters.slice(at, at + n).join("");
}
