"""Latency of one text, from string to probabilities, tunelet beside ONNX Runtime: latency.json, for performance.md.

    python measurements/latency.py [--calls 300] [--turns 5]      # some minutes, quiet

One run of all-MiniLM-L6-v2, trained for an instant in each precision that the processor multiplies, and its exports to
ONNX in float32 and int8. A text of 30 tokens is classified over and over, each call by itself, all arms in turns.
tunelet's calls go through `Classifier.probabilities`; ONNX Runtime's are as an application would write them, with
`tokenizers` and an `InferenceSession` of as many threads. Medians and 99th percentiles of all calls.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measured import environment_and_commit

import tunelet
from tunelet.model import refused_precisions

OUT = Path(__file__).with_name("latency.json")
TOKENS = 30
_TEXT = "the film was a wonderful surprise , funny and touching , and i would gladly see it again"
_BRIEF = {
    "data.validation": "held-out", "evaluation.baseline": False, "evaluation.explained": 0, "data.audit": False,
    "model.layers": 6, "model.pooling": "mean",
}  # fmt: skip
_WARM_UP = 30

Call = Callable[[str], Any]


def text_of(tokens: int, length: Callable[[str], int]) -> str:
    """A text of so many tokens."""
    words = _TEXT.split()
    for count in range(1, 4 * tokens):
        text = " ".join((words * 4)[:count])
        if length(text) >= tokens:
            return text
    raise ValueError(tokens)


def onnx_call(folder: Path, threads: int) -> Call:
    """One call of ONNX Runtime on an export, from string to probabilities."""
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    graph = next(path for path in sorted(folder.rglob("*.onnx")))
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    names = [entry.name for entry in session.get_inputs()]

    def call(text: str) -> Any:
        encoded = tokenizer.encode(text)
        known = {
            "input_ids": encoded.ids, "attention_mask": encoded.attention_mask, "token_type_ids": encoded.type_ids
        }  # fmt: skip
        logits = session.run(None, {name: np.array([known[name]], dtype=np.int64) for name in names})[0]
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        return exponentials / exponentials.sum(axis=1, keepdims=True)

    return call


def arms(folder: Path, threads: int) -> tuple[dict[str, Call], str]:
    """What is timed, by name, and the text."""
    made: dict[str, Call] = {}
    refused = refused_precisions(torch.device("cpu"))
    text = ""
    for precision in ("float32", "bfloat16", "int8"):
        if precision in refused:
            continue
        run = tunelet.train(
            "sample", model="minilm", limit=60, epochs=1, out=folder / precision, quiet=True,
            settings=_BRIEF | {"model.precision": precision},
        )  # fmt: skip
        classifier = tunelet.Classifier.load(run)
        text = text or text_of(TOKENS, lambda one: classifier.encode([one])[0].length)  # noqa: B023
        made[f"tunelet {precision}"] = lambda one, classifier=classifier: classifier.probabilities([one])  # type: ignore[misc]
        if precision == "float32":
            for form in ("onnx", "onnx-int8"):
                exported = tunelet.export(run, to=form, out=folder / form, tolerance=1.0)  # hardly trained
                made[f"ONNX Runtime {form.removeprefix('onnx').strip('-') or 'float32'}"] = onnx_call(
                    exported.folder, threads
                )
    return made, text


def measure(made: dict[str, Call], text: str, calls: int, turns: int) -> list[dict[str, Any]]:
    """Milliseconds of each arm, over all turns."""
    seconds: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(turns):
        for name, call in made.items():
            for number in range(_WARM_UP + calls):
                begin = time.perf_counter()
                call(text)
                if number >= _WARM_UP:
                    seconds[name].append(time.perf_counter() - begin)
    return [
        {"arm": name, "p50_ms": 1e3 * statistics.median(found), "p99_ms": 1e3 * float(np.quantile(found, 0.99))}
        for name, found in seconds.items()
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        made, text = arms(Path(folder), torch.get_num_threads())
        found = measure(made, text, asked.calls, asked.turns)
    for line in found:
        print(json.dumps(line))
    record = environment_and_commit() | {"tokens": TOKENS, "calls": asked.calls * asked.turns, "arms": found}
    asked.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
