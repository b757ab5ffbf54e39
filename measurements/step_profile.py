"""Where a training step spends its time, part by part."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from measured import environment_and_commit

PRODUCTS = "products with frozen weights"
ATTENTION = "attention"
BETWEEN = "between products: bias, GELU, residual, norm, bytes for int8"
SMALL = "products of adapters, last layer's query and head"
OTHER = "other operators of PyTorch: copies, embeddings, optimiser"
PYTHON = "Python"

_NATIVE = "native "  # before the names of our own compiled functions, which PyTorch's profiler does not see
_SMALL = {"aten::mm", "aten::addmm", "aten::bmm", "aten::baddbmm"}
_BATCH_SIZE = 16
_WARM_UP = 5  # steps


def part_of(operator: str) -> str:
    """The part to which an operator's own time counts, by the name under which the profiler has it."""
    if operator == f"{_NATIVE}multiply_bytes":
        return PRODUCTS
    if operator.startswith(_NATIVE):
        return ATTENTION if operator.startswith(f"{_NATIVE}attend") else BETWEEN
    if operator.startswith(("mkldnn::", "onednn::")) or operator == "aten::_int_mm":
        return PRODUCTS
    if operator in _SMALL:
        return SMALL
    return OTHER if operator.startswith("aten::") else PYTHON


def profile_step(name: str, precision: str, steps: int = 20) -> dict[str, Any]:
    """Take some steps as the loop takes them, on texts with the lengths of IMDb reviews.

    Returns:
        The model, the precision, milliseconds a step with the profiler on and off, and the share of each part; what no
        operator accounts for is Python's.
    """
    import numpy as np
    from torch.profiler import ProfilerActivity, profile, record_function

    from tunelet.bench import Subject, find_model, imdb_lengths, training_step
    from tunelet.data import Tokens
    from tunelet.kernels import Library

    random = np.random.default_rng(0)
    lengths = imdb_lengths(_BATCH_SIZE * steps, random)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    tokens = Tokens(random.integers(1000, 20_000, int(offsets[-1])).astype(np.int32), offsets, truncated=0)
    labels = np.arange(len(tokens)) % 2
    checkpoint, random_weights = find_model(name)
    with TemporaryDirectory() as folder:
        subject = Subject(name, checkpoint, random_weights, 1, "cpu", Path(folder), Path(folder))
        step = training_step(subject, precision, tokens, labels, rate=1e-4, batch_size=_BATCH_SIZE)

    def train(count: int) -> float:
        begin = time.perf_counter()
        with step.objective.model.training_mode():
            for rows in np.arange(len(tokens)).reshape(steps, _BATCH_SIZE)[:count]:
                step([rows])
        return time.perf_counter() - begin

    train(_WARM_UP)
    unwatched = train(steps)
    call = Library.call

    def watched(library: Library, function: str, *arguments: Any) -> None:
        with record_function(f"{_NATIVE}{function}"):
            call(library, function, *arguments)

    with patch.object(Library, "call", watched), profile(activities=[ProfilerActivity.CPU]) as found:
        seconds = train(steps)
    parts = dict.fromkeys((PRODUCTS, ATTENTION, BETWEEN, SMALL, OTHER, PYTHON), 0.0)
    for event in found.key_averages():
        parts[part_of(event.key)] += event.self_cpu_time_total / 1e6 / seconds
    parts[PYTHON] = 1 - sum(share for part, share in parts.items() if part != PYTHON)
    return {
        "model": name,
        "precision": precision,
        "milliseconds": 1e3 * unwatched / steps,
        "milliseconds_watched": 1e3 * seconds / steps,
        "parts": parts,
        **environment_and_commit(),
    }
