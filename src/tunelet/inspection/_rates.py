"""What this machine's kernels reach, measured in a few seconds: the figures behind the choices of `model`."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

_SECONDS = 0.4  # for each figure, at most about
_ROWS = 4096  # tokens: 16 packed reviews
_LENGTHS = (512, 400, 350, 300, 260, 240, 220, 200)  # of texts, as reviews have them


@dataclass(frozen=True)
class Rate:
    """One figure: what was done, how, and how fast."""

    work: str
    kernel: str
    value: float
    unit: str


def measure_rates() -> list[Rate]:
    """Matrix products by precision, attention and GELU by kernel, on the CPU with as many threads as PyTorch uses."""
    return [*_products(), *_attention(), *_activation()]


def _products() -> list[Rate]:
    """[4096, 768] x [768, 3072], the largest product of a DistilBERT layer."""
    import torch

    from tunelet.errors import ModelError
    from tunelet.kernels import FloatProduct, Int8Product
    from tunelet.model import choose_precision

    work = "matrix products"
    operations = 2 * _ROWS * 768 * 3072
    x, weight = torch.randn(_ROWS, 768), torch.randn(3072, 768)
    rates = []
    for dtype in (torch.float32, torch.bfloat16):
        product, rows = FloatProduct(weight.to(dtype)), x.to(dtype)
        seconds = _time(partial(product.forward, rows))
        rates.append(Rate(work, str(dtype).removeprefix("torch."), operations / seconds / 1e9, "GFLOP/s"))
    try:
        choose_precision("int8", torch.device("cpu"), frozen=True)
    except ModelError:
        return rates
    quantised = Int8Product(weight, _compute_dtype(), backward=False)
    seconds = _time(lambda: quantised.forward(x))
    return [*rates, Rate(work, "int8, quantising its input", operations / seconds / 1e9, "GFLOP/s")]


def _attention() -> list[Rate]:
    """Forward and backward of 12 heads of 64 over eight texts, in the precision that is chosen here."""
    import torch
    import torch.nn.functional as F

    from tunelet.kernels import native, packed_attention, without_native

    dtype = _compute_dtype()
    total, heads, d = sum(_LENGTHS), 12, 64
    operations = 3 * 4 * heads * d * sum(length**2 for length in _LENGTHS)  # two products forward, four backward
    query, key, value = (torch.randn(total, heads, d).to(dtype).requires_grad_() for _ in range(3))
    work = f"attention, {str(dtype).removeprefix('torch.')}"

    def packed() -> None:
        packed_attention(query, key, value, _LENGTHS, scale=d**-0.5).sum().backward()

    def sdpa() -> None:
        pieces = [tensor.transpose(0, 1)[None].split(list(_LENGTHS), dim=2) for tensor in (query, key, value)]
        torch.cat([F.scaled_dot_product_attention(*each) for each in zip(*pieces, strict=True)], dim=2).sum().backward()

    rates = [Rate(work, "scaled_dot_product_attention", operations / _time(sdpa) / 1e9, "GFLOP/s")]
    with without_native():
        rates.append(Rate(work, "batched products", operations / _time(packed) / 1e9, "GFLOP/s"))
    if native().value is not None:
        rates.append(Rate(work, "compiled", operations / _time(packed) / 1e9, "GFLOP/s"))
    return rates


def _activation() -> list[Rate]:
    """Bias and GELU of [4096, 3072]."""
    import torch

    from tunelet.kernels import activate, native, without_native

    x, bias = torch.randn(_ROWS, 3072).to(_compute_dtype()), torch.zeros(3072)

    def run() -> None:
        activate(x, scale=None, bias=bias, tanh=False, plain=True, quantised=False)

    with without_native():
        rates = [Rate("GELU", "PyTorch", x.numel() / _time(run) / 1e6, "M elements/s")]
    if native().value is not None:
        rates.append(Rate("GELU", "compiled", x.numel() / _time(run) / 1e6, "M elements/s"))
    return rates


def _compute_dtype() -> Any:
    import torch

    from tunelet.model import choose_precision, compute_dtype

    device = torch.device("cpu")
    return compute_dtype(choose_precision("auto", device, frozen=True).value, device)


def _time(work: Callable[[], Any]) -> float:
    """Seconds of the fastest of a few calls."""
    seconds: list[float] = []
    begin = time.perf_counter()
    while len(seconds) < 3 or (time.perf_counter() - begin < _SECONDS and len(seconds) < 20):
        before = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - before)
        if seconds[0] > _SECONDS * 2:  # bfloat16 without instructions for it is that slow
            break
    return min(seconds)
