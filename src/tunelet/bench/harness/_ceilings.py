"""What this machine's matrix products reach at the model's own shapes: nothing that trains is faster than that.

Every kernel that PyTorch offers for a precision, and our own for int8, is timed on the four products of a layer over
one batch of tokens, and the best of them counts. It is measured again in every turn: the machine may be busy or slow
in one of them.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch

from tunelet.bench.harness._flops import EncoderShape
from tunelet.bench.harness._worker import Desk
from tunelet.kernels import CompiledWeight, features, quantise

_REPEATS = 3
_QUEUED = 20  # products that a GPU is given at once: it is not to wait for the processor between two
_LARGE = 8192  # rows and columns of a product that fills a GPU
_SECONDS = 3.0  # no kernel gets more
_HOPELESS = 0.25  # seconds for 64 rows: oneDNN's reference code, where the processor lacks the instructions

Product = Callable[[], object]


def measure_ceilings(shape: EncoderShape, tokens: int, device: str = "cpu") -> dict[str, dict[str, float]]:
    """GFLOP/s by precision ("float32", "bfloat16", "int8") and kernel, over the products of one layer.

    Args:
        shape: hidden and inner width of the layer.
        tokens: of a batch; the products are [tokens, in] x [in, out].
        device: "cpu" or "cuda".
    """
    hidden, ffn = shape.hidden, shape.ffn
    sizes = ((hidden, 3 * hidden), (hidden, hidden), (hidden, ffn), (ffn, hidden))
    reached: dict[str, dict[str, float]] = {}
    for precision, name, prepare in _kernels(device):
        try:
            pilot = 2.0 * 64 * hidden * hidden
            if pilot / _rate([prepare(64, hidden, hidden)], pilot, device) / 1e9 > _HOPELESS:
                continue
            products = [prepare(tokens, width, out) for width, out in sizes]
            work = sum(2.0 * tokens * width * out for width, out in sizes)
            if rate := _rate(products, work, device):
                reached.setdefault(precision, {})[name] = rate
            if device == "cuda":
                large = _rate([prepare(_LARGE, _LARGE, _LARGE)], 2.0 * _LARGE**3, device)
                reached[precision][f"{name}, {_LARGE:,} x {_LARGE:,} x {_LARGE:,}"] = large
        except (RuntimeError, AttributeError, NotImplementedError):  # this build or this processor has no such kernel
            continue
    return reached


def ceilings_job(desk: Desk, shape: EncoderShape, tokens: int, device: str) -> None:
    """A worker that measures the ceilings once a turn."""
    while desk.wait():
        desk.report(measure_ceilings(shape, tokens, device))


def _rate(products: list[Product], work: float, device: str) -> float:
    """GFLOP/s; 0 where the first call of one was all that there was time for."""
    best = [float("inf")] * len(products)
    begun = time.perf_counter()
    for turn in range(1 + _REPEATS):
        for index, product in enumerate(products):
            seconds = _seconds(product, device)
            if turn or time.perf_counter() - begun > _SECONDS:  # the first is a warm-up
                best[index] = min(best[index], seconds)
        if time.perf_counter() - begun > _SECONDS:
            break
    return work / sum(best) / 1e9


def _seconds(product: Product, device: str) -> float:
    on_gpu = device == "cuda"
    times = _QUEUED if on_gpu else 1
    if on_gpu:
        torch.cuda.synchronize()
    begin = time.perf_counter()
    for _ in range(times):
        product()
    if on_gpu:
        torch.cuda.synchronize()
    return (time.perf_counter() - begin) / times


def _kernels(device: str) -> Iterator[tuple[str, str, Callable[[int, int, int], Product]]]:
    """Precision, name, and what makes the product [tokens, width] x [width, out] ready to run."""
    for dtype in (torch.float32, torch.bfloat16):
        precision = str(dtype).removeprefix("torch.")
        yield precision, "torch.mm", partial(_plain, dtype=dtype, device=device)
        if device == "cpu":
            yield precision, "mkldnn linear, packed weight", partial(_packed, dtype=dtype)
    yield "int8", "torch._int_mm", partial(_integer, device=device)
    if device == "cpu":
        yield "int8", "onednn qlinear, uint8 activations", _quantised
        yield "int8", "compiled, uint8 activations", _compiled


def _plain(tokens: int, width: int, out: int, *, dtype: torch.dtype, device: str) -> Product:
    left, right = torch.randn(tokens, width, device=device).to(dtype), torch.randn(out, width, device=device).to(dtype)
    return lambda: torch.mm(left, right.t())


def _packed(tokens: int, width: int, out: int, *, dtype: torch.dtype) -> Product:
    operations: Any = torch.ops.mkldnn
    left = torch.randn(tokens, width).to(dtype)
    right = operations._reorder_linear_weight(torch.randn(out, width).to(dtype), tokens)
    return lambda: operations._linear_pointwise(left, right, None, "none", [], "")


def _integer(tokens: int, width: int, out: int, *, device: str) -> Product:
    left = torch.randint(-127, 128, (tokens, width), dtype=torch.int8, device=device)
    right = torch.randint(-127, 128, (out, width), dtype=torch.int8, device=device)
    return lambda: torch._int_mm(left, right.t())


def _quantised(tokens: int, width: int, out: int) -> Product:
    operations: Any = torch.ops.onednn
    left = torch.randint(0, 256, (tokens, width), dtype=torch.uint8)
    right = operations.qlinear_prepack(torch.randint(-127, 128, (out, width), dtype=torch.int8), [tokens, width])
    scale, zero, result = torch.full((out,), 0.01), torch.zeros(out, dtype=torch.int32), _beside_bytes()
    return lambda: operations.qlinear_pointwise(
        left, 0.02, 128, right, scale, zero, None, 1.0, 0, result, "none", [], ""
    )


def _compiled(tokens: int, width: int, out: int) -> Product:
    product, rows = CompiledWeight(torch.randn(out, width)), quantise(torch.randn(tokens, width))
    result = _beside_bytes()
    return lambda: product.multiply(rows, result)


def _beside_bytes() -> torch.dtype:
    """The dtype of what products of bytes give."""
    return torch.bfloat16 if features().get("avx512_bf16") else torch.float32
