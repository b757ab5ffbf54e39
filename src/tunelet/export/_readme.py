"""`README.md` of an export: the run's card, with the lines that use this form of it."""

from tunelet._words import bytes_in_words, counted, interval, points
from tunelet.export._answer_lines import ANSWER_LINES
from tunelet.export._parity import apart_in_words
from tunelet.export._source import Source, in_figures
from tunelet.publish import shown_run
from tunelet.report import exported_card, shaped_card
from tunelet.run import ExportRecord

_LIBRARIES = {
    "merged": "transformers",
    "sentence-transformers": "sentence-transformers",
    "onnx": "transformers.js",
    "onnx-int8": "transformers.js",
    "web": "transformers.js",
    "web-int8": "transformers.js",
}


def readme(source: Source, record: ExportRecord, name: str) -> str:
    """The card of an export called `name`."""
    ways = {"merged": _transformers, "sentence-transformers": _sentence, "web": _page, "web-int8": _page}
    use = ways.get(record.form, _onnx)(record)
    if record.shape != "multiclass":
        return shaped_card(source.run, "", name=name, use=use, task=source.task, notes=_notes(source, record))
    # What others may see of a run: no folders of this machine, and no words of the data.
    shown = shown_run(source.run, name, texts=False)
    return exported_card(shown, name=name, library=_LIBRARIES[record.form], notes=_notes(source, record), use=use)


def _notes(source: Source, record: ExportRecord) -> list[str]:
    notes = []
    if source.run.facts.blend and not record.tfidf:
        notes.append(
            f"These are figures of the encoder with TF-IDF; this export is the encoder alone: {in_figures(source.run)}."
        )
    if (found := record.parity) is not None:
        apart = apart_in_words(record)
        figure, differs = found.figure, ""
        if figure is not None and figure.difference is not None:
            bounds = interval(figure.difference_ci, signed=True)
            differs = f" The {figure.words} differs by {figure.difference:+.4f}"
            differs += f" (95 % interval {bounds})." if bounds else "."
        notes.append(
            f"It was run back on {counted(found.texts, 'text')} ({found.source}) against the run in float32: "
            f"{apart + ', and ' if apart else ''}"
            f"{points(found.agreement, 2)} get the same label.{differs} "
            f"Its weights take {bytes_in_words(found.bytes)}."
        )
    if record.tfidf:
        notes.append("`tfidf.json` holds words of the training texts: whoever has this folder can read them.")
    return notes


def _long(record: ExportRecord) -> str:
    how = {
        "head": "their beginning is kept",
        "tail": "their end is kept",
        "head+tail": "a quarter is kept at the beginning and the rest at the end",
    }[record.truncation]
    return f"Texts of more than {record.max_length} tokens are cut: {how}"


def end_kept(record: ExportRecord) -> str:
    """Which end of a text is kept where a tokenizer cuts it."""
    return "end" if record.truncation == "tail" else "beginning"


def _cleaning(record: ExportRecord) -> str:
    if not record.clean_markup:
        return ""
    return " Texts with HTML in them were cleaned before training: take `<br>`, tags and entities out of yours."


def _transformers(record: ExportRecord) -> str:
    apart = ""
    if record.truncation == "head+tail" or record.task.several_fields:
        apart = f", but transformers keeps their {end_kept(record)} alone"
    text = '{"text": "one", "text_pair": "other"}' if record.task.several_fields else '"your text"'
    return f"""```python
from transformers import pipeline

classify = pipeline("text-classification", model=".")  # this folder
classify({text}, truncation=True, top_k=None)
```

{ANSWER_LINES[record.shape].scores} {_long(record)}{apart}.{_cleaning(record)}"""


def _sentence(record: ExportRecord) -> str:
    apart = ""
    if record.truncation == "head+tail" or record.task.several_fields:
        apart = f", but Sentence Transformers keeps their {end_kept(record)} alone"
    text = '("one", "other")' if record.task.several_fields else '"your text"'
    return f"""What Sentence Transformers calls embeddings are the logits of the labels:

```python
import torch
from sentence_transformers import SentenceTransformer

model = SentenceTransformer(".")  # this folder
logits = model.encode([{text}], convert_to_tensor=True)
{ANSWER_LINES[record.shape].torch}
```

{_long(record)}{apart}.{_cleaning(record)}"""


def _onnx(record: ExportRecord) -> str:
    graph = "model_quantized.onnx" if record.is_int8 else "model.onnx"
    several = record.task.several_fields
    imports = [*(["from clean import clean"] if record.clean_markup else [])]
    imports += ["from tfidf import Tfidf"] if record.tfidf else []
    own = "".join(f"\n{line}  # {line.split()[1]}.py of this folder" for line in imports)
    texts = '[("one", "other")]' if several else '["your text"]'
    cleaned = ""
    if record.clean_markup:
        one = "tuple(clean(field) for field in text)" if several else "clean(text)"
        cleaned = f"\ntexts = [{one} for text in texts]"
    added = ""
    if record.tfidf:
        joined = '"\\x1f".join(text)' if several else "text"
        added = f'\ntfidf = Tfidf("tfidf.json")\nlogits = logits + np.array([tfidf.logits({joined}) for text in texts])'
    share = " by itself, without TF-IDF's share" if record.tfidf else ""
    long = f"{_long(record)}. The graph does it: give it all tokens"
    if several:
        long = (
            f"Pairs of more than {record.max_length} tokens are cut by the tokenizer: it keeps the {end_kept(record)} "
            "of each text; tunelet cuts them in another way"
        )
    exact = "near tunelet's, and how near stands below" if record.is_int8 else "tunelet's"
    return f"""`pip install onnxruntime tokenizers` is all that these lines need. They are run in this folder:

```python
import json
from pathlib import Path

import numpy as np
from onnxruntime import InferenceSession
from tokenizers import Tokenizer{own}

texts = {texts}{cleaned}
names = json.loads(Path("config.json").read_text(encoding="utf-8"))["id2label"]
session = InferenceSession("onnx/{graph}")
rows = Tokenizer.from_file("tokenizer.json").encode_batch(texts)
tokens = {{"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}}
inputs = {{i.name: np.array([getattr(row, tokens[i.name]) for row in rows]) for i in session.get_inputs()}}
logits = session.run(["logits"], inputs)[0]{added}
{ANSWER_LINES[record.shape].numpy}
```

The probabilities are {exact}. {long}.

transformers.js loads this folder as well: the encoder{share}.

```js
import {{ pipeline }} from "@huggingface/transformers";

const classify = await pipeline("text-classification", "FOLDER");
await classify("your text", {{ top_k: null }});
```
"""


def _page(record: ExportRecord) -> str:
    exact = "0.1" if record.is_int8 else "0.0001"
    return f"""This folder is a page that runs the model in the browser. Any static web server shows it:

```sh
python -m http.server --bind 127.0.0.1 8000  # in this folder; then open http://127.0.0.1:8000
```

Opened as a file it does not run: browsers load no modules from files. To publish it, copy the whole folder to any
static host, under any path. No headers are needed, but compression saves most of what is in `runtime`. Nothing is
fetched from another host, and the texts stay in the browser. It takes a browser of 2023 or later (WebAssembly with
SIMD, modules in workers).

The check below was made where this was exported, by ONNX Runtime in Python. Each browser makes another one:
`browser.json` holds some sentences with the probabilities that the graph gave there, and the page computes them before
its first answer. Where one is off by more than {exact}, it says so and answers nothing. What runs the model lies in
`runtime` with its licences: onnxruntime-web and @huggingface/tokenizers, of fixed versions with fixed checksums.

### In Python and JavaScript

{_onnx(record)}"""
