"""Products of frozen weights as int8, one scale for each output channel, with activations as bytes, one for each token.

Where the processor has instructions for them (VNNI, AMX), oneDNN's are the fastest. Elsewhere it has none worth using,
and a kernel of our own multiplies. AVX2 adds two neighbouring products in 16 bits, which hold their sum only if weights
have 7 bits; oneDNN's code would saturate.
"""

from typing import Protocol

import torch

from tunelet._choice import Choice
from tunelet.kernels._native import native
from tunelet.kernels._processor import features
from tunelet.kernels._products import LINE, Panels, Scaled
from tunelet.kernels._quantise import ZERO_POINT, Quantised, quantise

_INSTRUCTIONS = ("amx_int8", "avx512_vnni", "avx_vnni")


def int8_products() -> Choice[str | None]:
    """By what products of bytes are computed here, "oneDNN" or "compiled"; None where they would be slow."""
    there = features()
    instructions = next((name for name in _INSTRUCTIONS if there.get(name)), None)
    if instructions is not None and torch.backends.mkldnn.is_available():
        return Choice("oneDNN", f"the processor has {instructions}")
    library = native()
    if library.value is None:
        reason = f"the processor has no int8 instructions that oneDNN knows, and no kernel of ours: {library.reason}"
        return Choice(None, reason)
    if not library.value.has("multiply_bytes", torch.float32):
        return Choice(None, "the processor has no int8 instructions")
    bits = library.value.byte_weight_bits
    return Choice("compiled", f"the compiled kernel multiplies bytes with weights of {bits} bits")


class _Weight(Protocol):
    def multiply(self, x: Quantised, dtype: torch.dtype) -> torch.Tensor:
        """x W^T without the scales of the rows of x, [T, n_out] in `dtype`."""


class Int8Product:
    """A product with a weight that was quantised once."""

    quantised = True

    def __init__(self, weight: torch.Tensor, dtype: torch.dtype, *, backward: bool = True) -> None:
        """Quantise a float weight [n_out, n_in].

        Args:
            weight: the weight.
            dtype: of the results.
            backward: whether a transposed copy is kept, for the gradient of the input.
        """
        self._dtype = dtype
        self._forward = _packed(weight)
        self._backward = _packed(weight.t()) if backward else None

    def forward(self, x: torch.Tensor | None, x_bytes: Quantised | None = None) -> Scaled:
        return self._multiply(self._forward, x, x_bytes)

    def backward(self, gradient: torch.Tensor | None, gradient_bytes: Quantised | None = None) -> Scaled:
        assert self._backward is not None  # noqa: S101
        return self._multiply(self._backward, gradient, gradient_bytes)

    @property
    def panels(self) -> Panels | None:
        return self._forward.panels if isinstance(self._forward, CompiledWeight) else None

    def _multiply(self, weight: _Weight, x: torch.Tensor | None, x_bytes: Quantised | None) -> Scaled:
        if x_bytes is None:
            assert x is not None  # noqa: S101
            x_bytes = quantise(x)
        return Scaled(weight.multiply(x_bytes, self._dtype), x_bytes.scale)


def _packed(weight: torch.Tensor) -> _Weight:
    return CompiledWeight(weight) if int8_products().value == "compiled" else OneDnnWeight(weight)


class OneDnnWeight:
    """A weight as oneDNN's int8 products read it."""

    def __init__(self, weight: torch.Tensor) -> None:
        rounded, self._scale = _rounded(weight, bits=8)
        self._zero_points = torch.zeros(len(weight), dtype=torch.int64)
        self._packed = torch.ops.onednn.qlinear_prepack(rounded, None)

    def multiply(self, x: Quantised, dtype: torch.dtype) -> torch.Tensor:
        product: torch.Tensor = torch.ops.onednn.qlinear_pointwise(
            x.bytes, 1.0, ZERO_POINT, self._packed, self._scale, self._zero_points, None, 1.0, 0, dtype, "none", [], "",
        )  # fmt: skip
        return product


class CompiledWeight:
    """A weight as the kernel in native/bytes.h reads it: panels of 16 columns, in units of four inputs."""

    def __init__(self, weight: torch.Tensor) -> None:
        """Raises RuntimeError where there is no such kernel."""
        library = native().value
        if library is None or not library.byte_weight_bits:
            raise RuntimeError(int8_products().reason)
        self._library = library
        self._outputs, inputs = weight.shape
        self._missing = -inputs % 4
        rounded, scale = _rounded(weight, bits=library.byte_weight_bits)
        columns = -self._outputs % LINE
        padded = torch.nn.functional.pad(rounded, (0, self._missing, 0, columns))
        panels = padded.view(-1, LINE, padded.shape[1] // 4, 4).transpose(1, 2)
        self._panels = panels.contiguous().view(torch.uint8)
        self._sums = padded.float().sum(dim=1)
        self._scale = torch.nn.functional.pad(scale, (0, columns))

    @property
    def panels(self) -> Panels | None:
        """The weight as the kernel for few tokens reads it; None: it has no whole panels."""
        whole = not self._missing and not self._outputs % LINE
        return Panels(self._panels, self._sums, self._scale) if whole else None

    def multiply(self, x: Quantised, dtype: torch.dtype) -> torch.Tensor:
        rows = torch.nn.functional.pad(x.bytes, (0, self._missing), value=ZERO_POINT) if self._missing else x.bytes
        product = torch.empty(len(rows), self._outputs, dtype=dtype)
        self._library.call(
            "multiply_bytes", dtype, rows, self._panels, self._sums, self._scale, product, len(rows), rows.shape[1],
            self._outputs,
        )  # fmt: skip
        return product


def _rounded(weight: torch.Tensor, bits: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A weight rounded to so many bits, int8 [n_out, n_in] contiguous, and the scale of each output channel."""
    levels = 2 ** (bits - 1) - 1
    most = weight.abs().amax(dim=1).float().clamp_min(1e-12)
    return torch.round(weight.float() / most[:, None] * levels).to(torch.int8).contiguous(), most / levels
