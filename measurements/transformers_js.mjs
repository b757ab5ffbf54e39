// Classifies texts with an exported folder by transformers.js: node transformers_js.mjs FOLDER TEXTS.json
import { env, pipeline } from "@huggingface/transformers";
import { readFileSync } from "node:fs";

const [folder, texts] = process.argv.slice(2);
env.allowRemoteModels = false;
env.localModelPath = "";
const classify = await pipeline("text-classification", folder);
const answers = [];
for (const text of JSON.parse(readFileSync(texts, "utf-8"))) answers.push(await classify(text, { top_k: null }));
console.log("ANSWERS" + JSON.stringify(answers));
