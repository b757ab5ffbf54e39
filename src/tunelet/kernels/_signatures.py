"""The arguments of the native functions, in the order of native/exports.cpp; a test holds the two together.

A pointer is declared with the dtype that it points to, so that a tensor of another one is refused before anything is
read; ctypes converts numbers to their C type.
"""

import ctypes
from typing import Any

import torch

_LONG, _INT, _FLOAT = ctypes.c_int64, ctypes.c_int, ctypes.c_float


class Pointer:
    """A tensor's data as a C pointer, None as a null pointer. Its strides are the caller's business."""

    def __init__(self, dtype: torch.dtype) -> None:
        self.dtype = dtype

    def from_param(self, value: torch.Tensor | None) -> ctypes.c_void_p:
        """What ctypes passes. Raises TypeError for another dtype or a tensor that is not on the CPU."""
        if value is None:
            return ctypes.c_void_p(None)
        if value.dtype is not self.dtype or value.device.type != "cpu":
            raise TypeError(f"a pointer to {self.dtype} on the CPU, not to {value.dtype} on {value.device}")
        return ctypes.c_void_p(value.data_ptr())


_ELEMENTS = Pointer(torch.float32)  # stands for the dtype that ends the function's name
_FLOATS, _BYTES = Pointer(torch.float32), Pointer(torch.uint8)
_LONGS, _INTS = Pointer(torch.int64), Pointer(torch.int32)
_FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "quantise": (_ELEMENTS, _LONG, _BYTES, _FLOATS, _LONG, _INT, _INT),
    "finish": (_ELEMENTS, _LONG, _FLOATS, _FLOATS, _ELEMENTS, _FLOATS, _LONG, _FLOATS, _INT, _LONG, _INT, _INT),
    "add_norm": (
        _ELEMENTS, _FLOATS, _FLOATS, _ELEMENTS, _FLOATS, _FLOATS, _FLOAT, _ELEMENTS, _FLOATS, _FLOATS, _BYTES, _FLOATS,
        _LONG, _INT, _INT,
    ),
    "norm_backward": (
        _ELEMENTS, _FLOATS, _ELEMENTS, _ELEMENTS, _ELEMENTS, _FLOATS, _FLOATS, _FLOATS, _BYTES, _FLOATS, _LONG, _INT,
        _INT,
    ),
    "activate": (_ELEMENTS, _FLOATS, _FLOATS, _ELEMENTS, _BYTES, _FLOATS, _LONG, _INT, _INT, _INT),
    "activate_backward": (
        _ELEMENTS, _FLOATS, _ELEMENTS, _FLOATS, _FLOATS, _BYTES, _FLOATS, _LONG, _INT, _INT, _INT,
    ),
    "activate_gated": (_ELEMENTS, _FLOATS, _FLOATS, _ELEMENTS, _BYTES, _FLOATS, _LONG, _INT, _INT, _INT),
    "activate_gated_backward": (
        _ELEMENTS, _FLOATS, _ELEMENTS, _FLOATS, _FLOATS, _ELEMENTS, _BYTES, _FLOATS, _LONG, _INT, _INT, _INT,
    ),
    "rotate": (_ELEMENTS, _LONG, _FLOATS, _LONGS, _INT, _INT, _INT, _INT, _INT),
    "multiply_bytes": (_BYTES, _BYTES, _FLOATS, _FLOATS, _ELEMENTS, _LONG, _INT, _INT, _INT),
    "attend_first": (_FLOATS, _ELEMENTS, _FLOATS, _FLOATS, _LONGS, _INT, _INT, _INT, _INT),
    "attend_first_backward": (
        _FLOATS, _ELEMENTS, _FLOATS, _FLOATS, _FLOATS, _FLOATS, _ELEMENTS, _LONGS, _INT, _INT, _INT, _INT,
    ),
    "encode_few": (
        _ELEMENTS, _ELEMENTS, _BYTES, _FLOATS, _LONGS, _FLOATS, _INT, _LONGS, _INT, _INT, _INT, _INT, _FLOAT, _INT,
        _INT,
    ),
    "attend": (
        _ELEMENTS, _ELEMENTS, _ELEMENTS, _LONG, _ELEMENTS, _LONG, _FLOATS, _LONGS, _INTS, _INT, _LONG, _INT, _INT,
        _FLOAT, _INT, _INT,
    ),
    "attend_backward": (
        _ELEMENTS, _ELEMENTS, _ELEMENTS, _LONG, _ELEMENTS, _LONG, _FLOATS, _ELEMENTS, _ELEMENTS, _ELEMENTS, _LONG,
        _LONGS, _INTS, _INT, _LONG, _INT, _INT, _FLOAT, _INT, _INT,
    ),
}  # fmt: skip
DTYPES = (torch.float32, torch.bfloat16)


def dtype_name(dtype: torch.dtype) -> str:
    """A dtype as it ends the names of native functions: "float32" or "bfloat16"."""
    return str(dtype).removeprefix("torch.")


# The functions of every build; attention in bfloat16, and products of bytes, need a processor that multiplies them.
_ELSEWHERE = {
    "attend_bfloat16", "attend_backward_bfloat16", "multiply_bytes_float32", "multiply_bytes_bfloat16",
    "encode_few_bfloat16",  # is in no build
}  # fmt: skip
REQUIRED = tuple(
    name for base in _FUNCTIONS for dtype in DTYPES if (name := f"{base}_{dtype_name(dtype)}") not in _ELSEWHERE
)


def signature(name: str, dtype: torch.dtype) -> list[Any]:
    """The `argtypes` of a function for tensors of a dtype."""
    elements = Pointer(dtype)
    return [elements if kind is _ELEMENTS else kind for kind in _FUNCTIONS[name]]


def declare(library: ctypes.CDLL) -> None:
    """Declare all functions that a build holds."""
    for name in _FUNCTIONS:
        for dtype in DTYPES:
            if (function := getattr(library, f"{name}_{dtype_name(dtype)}", None)) is not None:
                function.argtypes, function.restype = signature(name, dtype), None
