"""docs/performance.md and the README's rates, from what `tunelet bench` and `measurements/engine.py` measured.

    python measurements/performance.py

Every figure of a table comes from the JSON files beside this one; what is said about them by hand lies in
performance-notes.md, which ends the page.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import engine_page

from tunelet.bench import MORE_STEPS, Table, arm_cells, missing, tables

HERE = Path(__file__).parent

_INTRODUCTION = """\
# Performance

Written by `make bench-performance` from what `tunelet bench train`, `tunelet bench predict` and
`measurements/engine.py` measured; the last section is written by hand. Under *Training* and *Prediction* all arms of a
table were measured in one run and in turns, each in a process of its own, so that a slow minute of the machine is in
all of them. Rates are medians over the turns; *reviews/s* are real tokens per second over the mean length of the
sample, so that nobody gains by padding or by the texts that it happened to get.
"""

_TRAINING = """\
## Training

LoRA (r = 8, alpha = 16, no LoRA dropout) on the query and value projections and a new head, AdamW, batches of
{batch_size}, texts cut to 512 tokens, the same initial weights everywhere. *stock* is `transformers.Trainer` with PEFT
as notebooks have it: float32, every text padded to the longest allowed. *best* is the fastest setting of the same
Trainer that was found by trying, and *best without dropout* the fastest with every dropout switched off (tunelet keeps
the one before the head); what was tried is listed. The first step of each is not counted, nor are the first three of a
compiled one. {mean}Stock training took {steps} steps a turn and tunelet {more}, in {turns} turns.

*memory* is the largest resident set of the process; {baseline} of it is the libraries. *of ceiling* is the time that
the least number of floating-point operations (`tunelet.bench`) would take at the highest rate that any matrix
product of PyTorch's reached in the precision, over the time it took. In int8 that rate holds for the products with
frozen weights; attention and adapters count at the highest rate of floating-point numbers.
"""

_MEAN = (
    "*mean* is tunelet with a head that reads the mean of all tokens, as the recipes choose for encoders that were\n"
    "trained so. "
)
_PREDICTION = """\
## Prediction

{texts} texts a turn, from text to probabilities, tokenisation included, adapter merged. *pipeline* is transformers'
pipeline as shipped. The others classify in batches sorted by length, in the fastest of the settings listed; ONNX graphs
come from transformers' exporter, int8 from `quantize_dynamic`, per channel. *agree* (the share of equal labels) and
*apart by* (the largest difference of a probability) compare with *transformers float32*. The head is untrained here:
all probabilities lie close together, and labels change easily. Trained models are compared under *Accuracy by
precision*.
"""

_IN_SHORT = """\
## In short

tunelet against the rivals of each table below; *of best's memory* is the peak of its process over theirs.

{training}

Prediction against transformers in its best float32 setting and ONNX Runtime in int8:

{prediction}
"""

# Further measurements of training by the name of their file: of other processors, and of other encoders.
_AVX2 = "Most laptops have such a processor: no AVX-512, no bfloat16, no int8 instructions.\n"
_OTHERS = {  # title, and what is said first
    "performance-train-avx2-minilm": ("Training MiniLM on a processor with AVX2 alone", _AVX2),
    "performance-train-avx2-distilbert": ("Training DistilBERT on a processor with AVX2 alone", _AVX2),
    "performance-gpu": (
        "Training on an NVIDIA H200",
        (
            "`tunelet bench train --model distilbert --model minilm --model albert --device cuda --batch-size 128\n"
            "--steps 4 --turns 4 --no-compile --precision bfloat16`. The time counts until the GPU has done all of a\n"
            "turn; four steps come before the first that counts; *memory* is the largest allocation on the GPU. The\n"
            "ceiling is the highest rate of any product there, one of 8,192 by 8,192 by 8,192 among them.\n"
        ),
    ),
    "performance-encoders": (
        "Training today's encoders",
        "Published sizes with random weights, `python measurements/encoders.py`.\n",
    ),
}
_ELSEWHERE = """\
## {title}

As under *Training*, measured apart. {said}
{short}
"""

_README_ROWS = {
    "stock": "Trainer + PEFT as in notebooks (float32, padded to 512)",
    "best": "Trainer + PEFT in the best of the settings tried",
    "best without dropout": "the best without any dropout",
    "tunelet float32": "tunelet, float32",
    "tunelet bfloat16": "tunelet, bfloat16 (chosen where the processor has it)",
    "tunelet int8": "tunelet, int8 (on request)",
}
_MEMORY = "of best's memory"
_NAMES = {
    "distilbert": "DistilBERT",
    "albert": "ALBERT",
    "minilm": "MiniLM",
    "modernbert-base": "ModernBERT-base",
    "ettin-32m": "Ettin-32m",
    "deberta-v3-small": "DeBERTa-v3-small",
}
_FEATURES = ("amx", "avx2", "avx512_bf16", "avx512_vnni")  # of the processor, what the tables depend on


def _gpu(machine: Mapping[str, Any]) -> str:
    """The name of the GPU that computed, where one did, before that of the processor beside it."""
    return f"{machine['gpu']}; " if machine.get("gpu") else ""


def write_up(
    train: dict[str, Any] | None,
    predict: dict[str, Any] | None,
    engine: dict[str, Any] | None,
    others: Mapping[str, dict[str, Any]] = MappingProxyType({}),
) -> str:
    """The page but for what is said by hand.

    Args:
        train: document of `tunelet bench train`, None: not measured.
        predict: document of `tunelet bench predict`, None: not measured.
        engine: of `measurements/engine.py`, None: not measured.
        others: further documents of `tunelet bench train`, by their name among `_OTHERS`.
    """
    parts = [_INTRODUCTION]
    if train is not None and predict is not None:
        training = _in_short(train, "reviews/s", "x stock", "x best", "x no dropout", "of ceiling", _MEMORY)
        prediction = _in_short(predict, "reviews/s", "x float32", "x ONNX int8", "of ceiling")
        parts.append(_IN_SHORT.format(training=training, prediction=prediction))
    if train is not None:
        settings = train["settings"]
        baselines = [arm["baseline_memory_bytes"] for model in train["models"] for arm in model["arms"]]
        libraries = max((found for found in baselines if found is not None), default=0)
        parts.append(
            _TRAINING.format(
                batch_size=settings["batch_size"],
                mean=_MEAN if "mean" in settings["arms"] else "",
                steps=settings["steps"],
                more=MORE_STEPS * settings["steps"],
                turns=settings["turns"],
                baseline=f"{libraries / 2**30:.2f} GiB",
            )
        )
        parts += [_where(train), *_models(train)]
    if predict is not None:
        parts.append(_PREDICTION.format(texts=predict["settings"]["texts"]))
        parts += [_where(predict), *_models(predict)]
    for name, document in others.items():
        short = _in_short(document, "reviews/s", "x stock", "x best", "x no dropout", "of ceiling", _MEMORY)
        title, said = _OTHERS[name]
        parts.append(_ELSEWHERE.format(title=title, said=said, short=short))
        parts += [_where(document), *_models(document)]
    if engine is not None:
        parts += engine_page.write_up(engine)
    return "\n".join(parts)


def _in_short(document: dict[str, Any], *columns: str) -> str:
    """tunelet's arms of all models; the columns are those of the models' own tables, and its memory over best's."""
    rows = []
    for model, arms in _arms(document):
        best = arms.get("best", {}).get("peak_memory_bytes")
        for name, arm in arms.items():
            if name.startswith("tunelet") and not name.endswith("mean"):
                share = {} if best is None else {_MEMORY: f"{arm['peak_memory_bytes'] / best:.0%}"}
                cells = arm_cells(arm) | share
                rows.append((model, arm["precision"], *(cells.get(column, "") for column in columns)))
    return Table("", ("model", "precision", *columns), tuple(rows), words=2).markdown()


def _arms(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Each model's name as people write it, and its measured arms by name."""
    return [
        (
            _NAMES.get(Path(model["name"]).name, Path(model["name"]).name),
            {arm["name"]: arm for arm in model["arms"] if arm["failure"] is None},
        )
        for model in document["models"]
    ]


def readme_table(train: dict[str, Any]) -> str:
    """Rates of training, an arm a row and a model a column."""
    models = _arms(train)
    rows = [(said, *(arm_cells(arms[name])["reviews/s"] for _, arms in models)) for name, said in _README_ROWS.items()]
    return Table("", ("", *(model for model, _ in models)), tuple(rows)).markdown()


def _models(document: dict[str, Any]) -> list[str]:
    parts = []
    for model, made in tables(document, wide=True):
        shape, texts, work = model["shape"], model["texts"], model["work_per_review"]
        parts.append(
            f"### {Path(model['name']).name}, {'training' if document['kind'] == 'train' else 'prediction'}\n\n"
            f"{model['architecture']}, {model['total_parameters'] / 1e6:.1f} M parameters, {shape['layers']} layers of "
            f"{shape['hidden']} and {shape['ffn']}; {model['note']}. Texts: {texts['source']}, "
            f"{texts['mean_tokens']:.0f} tokens on average. Least work: {work['total'] / 1e9:.1f} GFLOP a review.\n"
        )
        for position, table in enumerate(made):
            heading = "" if position == 0 else f"*{table.title.rpartition(': ')[2].capitalize()}:*\n\n"
            parts.append(f"{heading}{table.markdown()}\n")
        parts += [f"*{name}: {reason}.*\n" for name, reason in missing(model)]
    return parts


def _where(document: dict[str, Any]) -> str:
    machine, versions = document["machine"], document["versions"]
    features = ", ".join(name for name in machine["instructions"] if name.startswith(_FEATURES))
    packages = ", ".join(
        f"{name} {versions[name]}" for name in ("torch", "transformers", "peft", "onnxruntime") if name in versions
    )
    commit = f" at {document['commit']}" if document["commit"] else ""
    return (
        f"*Measured on {document['date'][:10]}: {_gpu(machine)}{machine['processor']}, {machine['cores']} cores, "
        f"{machine['threads']} threads, {machine['memory_bytes'] / 2**30:.0f} GiB ({features}); tunelet "
        f"{versions['tunelet']}{commit}{' (with uncommitted changes)' if document['dirty'] else ''}, {packages}. "
        f"The run took {document['seconds'] / 60:.0f} min.*\n"
    )


def page() -> str:
    """All of docs/performance.md, from the files that there are."""
    documents = [_read(name) for name in ("performance-train", "performance-predict", "engine")]
    others = {name: found for name in _OTHERS if (found := _read(name)) is not None}
    notes = (HERE / "performance-notes.md").read_text(encoding="utf-8")
    return f"{write_up(*documents, others)}\n{notes}"


def _read(name: str) -> dict[str, Any] | None:
    path = HERE / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def main() -> None:
    (HERE.parent / "docs" / "performance.md").write_text(page(), encoding="utf-8")
    readme, train = HERE.parent / "README.md", json.loads((HERE / "performance-train.json").read_text(encoding="utf-8"))
    table = readme_table(train)
    before, header, rest = readme.read_text(encoding="utf-8").partition(table.splitlines()[0])
    _, blank, after = rest.partition("\n\n")
    if not header:
        raise SystemExit(f"{readme}: expected a table with the header {table.splitlines()[0]}")
    readme.write_text(f"{before}{table}{blank}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
