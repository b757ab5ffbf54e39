"""Activations as bytes for int8 products: one scale for each row, that is for each token."""

from dataclasses import dataclass

import torch

from tunelet.kernels._native import native_for

ZERO_POINT = 128  # bytes are unsigned, for that is what the processor's int8 instructions take on the left


@dataclass(frozen=True)
class Quantised:
    """x = (bytes - 128) * scale, row by row.

    bytes: uint8 [T, n], from 1 to 255.
    scale: float32 [T].
    """

    bytes: torch.Tensor
    scale: torch.Tensor

    @classmethod
    def empty(cls, rows: int, n: int) -> "Quantised":
        """Memory for a kernel to write into."""
        return cls(torch.empty(rows, n, dtype=torch.uint8), torch.empty(rows))

    def dequantise(self) -> torch.Tensor:
        """The values that the bytes stand for, float32 [T, n]."""
        return (self.bytes.float() - ZERO_POINT) * self.scale[:, None]


def memory(result: Quantised | None) -> tuple[torch.Tensor | None, torch.Tensor | None]:
    """Where a native function writes bytes and scale; null pointers where they are not wanted."""
    return (None, None) if result is None else (result.bytes, result.scale)


def quantise(x: torch.Tensor) -> Quantised:
    """Round each row of x [T, n] to 255 levels between plus and minus its largest magnitude."""
    library = native_for(x)
    if library is None or x.stride(1) != 1:
        return reference_quantise(x)
    result = Quantised.empty(*x.shape)
    library.call(
        "quantise",
        x.dtype,
        x,
        x.stride(0),
        result.bytes,
        result.scale,
        x.shape[0],
        x.shape[1],
    )
    return result


def reference_quantise(x: torch.Tensor) -> Quantised:
    """The definition of `quantise`."""
    most = x.abs().amax(dim=1).float()
    factor = torch.where(most > 0, 127 / most, 0)
    return Quantised((x.float() * factor[:, None] + (ZERO_POINT + 0.5)).to(torch.uint8), most / 127)
