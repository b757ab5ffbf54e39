"""docs/performance.md from what `tunelet bench train`, `tunelet bench predict` and `bench/engine.py` measured.

    python bench/performance.py

Every figure of a table comes from the JSON files beside this one; what is said about them by hand lies in
performance-notes.md, which ends the page.
"""

import json
from pathlib import Path
from typing import Any

import engine_page

from tunelet.bench._tables import missing, tables

HERE = Path(__file__).parent

_INTRODUCTION = """\
# Performance

Written by `make bench-performance` (`bench/performance.py`) from what `tunelet bench train` and `tunelet bench predict`
measured. All arms of a table were measured in one run and in turns, each in a process of its own, so that a slow minute
of the machine is in all of them. Rates are medians over the turns; *reviews/s* are real tokens per second over the mean
length of the sample, so that nobody gains by padding or by the texts that it happened to get.
"""

_TRAINING = """\
## Training

LoRA (r = 8, alpha = 16, no LoRA dropout) on the query and value projections and a new head, AdamW, batches of
{batch_size}, texts cut to 512 tokens, the same initial weights everywhere. *stock* is `transformers.Trainer` with PEFT
as notebooks have it: float32, every text padded to the longest allowed. *best* is the fastest setting of the same
Trainer that was found by trying, and *best without dropout* that with the dropout of the frozen trunk switched off, as
tunelet has it; what was tried is listed. The first step of each is not counted. Stock training took
{steps} steps a turn and tunelet {more}, in {turns} turns.

*memory* is the largest resident set of the process; {baseline} of it is the libraries. *of ceiling* is the time that
the least number of floating-point operations (`tunelet.bench._flops`) would take at the highest rate that any matrix
product of PyTorch's reached in the precision, over the time it took.
"""

_PREDICTION = """\
## Prediction

{texts} texts a turn, from text to probabilities, tokenisation included, adapter merged. *pipeline* is transformers'
pipeline as shipped. The others classify in batches sorted by length, in the fastest of the settings listed; ONNX graphs
come from transformers' exporter, int8 from `quantize_dynamic`, per channel. *agree* (the share of equal labels) and
*apart by* (the largest difference of a probability) compare with *transformers float32*.
"""

_FEATURES = ("amx", "avx2", "avx512_bf16", "avx512_vnni")  # of the processor, what the tables depend on


def write_up(train: dict[str, Any] | None, predict: dict[str, Any] | None, engine: dict[str, Any] | None) -> str:
    """The page but for what is said by hand.

    Args:
        train: document of `tunelet bench train`, None: not measured.
        predict: document of `tunelet bench predict`, None: not measured.
        engine: of `bench/engine.py`, None: not measured.
    """
    parts = [_INTRODUCTION]
    if train is not None:
        settings = train["settings"]
        baselines = [arm["baseline_memory_bytes"] for model in train["models"] for arm in model["arms"]]
        libraries = max((found for found in baselines if found is not None), default=0)
        parts.append(
            _TRAINING.format(
                batch_size=settings["batch_size"],
                steps=settings["steps"],
                more=4 * settings["steps"],
                turns=settings["turns"],
                baseline=f"{libraries / 2**30:.2f} GiB",
            )
        )
        parts += [_where(train), *_models(train)]
    if predict is not None:
        parts.append(_PREDICTION.format(texts=predict["settings"]["texts"]))
        parts += [_where(predict), *_models(predict)]
    if engine is not None:
        parts += engine_page.write_up(engine)
    return "\n".join(parts)


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
        for number, table in enumerate(made):
            heading = "" if number == 0 else f"*{table.title.rpartition(': ')[2].capitalize()}:*\n\n"
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
        f"*Measured on {document['date'][:10]}: {machine['processor']}, {machine['cores']} cores, "
        f"{machine['threads']} threads, {machine['memory_bytes'] / 2**30:.0f} GiB ({features}); tunelet "
        f"{versions['tunelet']}{commit}{' (with uncommitted changes)' if document['dirty'] else ''}, {packages}. "
        f"The run took {document['seconds'] / 60:.0f} min.*\n"
    )


def page() -> str:
    """All of docs/performance.md, from the files that there are."""
    documents = [
        json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        for path in (HERE / f"{name}.json" for name in ("performance-train", "performance-predict", "engine"))
    ]
    notes = (HERE / "performance-notes.md").read_text(encoding="utf-8")
    return f"{write_up(*documents)}\n{notes}"


if __name__ == "__main__":
    (HERE.parent / "docs" / "performance.md").write_text(page(), encoding="utf-8")
