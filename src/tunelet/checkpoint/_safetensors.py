"""The header of a safetensors file, read and checked without a tensor being touched.

The format (https://github.com/huggingface/safetensors#format): 8 bytes with the header's length, little-endian; JSON
that gives each tensor's type, shape and place; then the tensors, without gaps. So a header says how long its file must
be, and a download or copy that was cut short is known at once.
"""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunelet._foreign import ForeignFileError, open_regular, parse_json
from tunelet._words import shown
from tunelet.errors import ModelError

_LARGEST_HEADER = 100_000_000  # bytes; the format's own limit
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip
_AGAIN = "download or copy it again"


@dataclass(frozen=True)
class TensorEntry:
    """What a header says of a tensor: its shape, and the bytes after the header that hold it."""

    shape: tuple[int, ...]
    begin: int
    end: int


def read_header(path: Path) -> dict[str, TensorEntry]:
    """The tensors of a safetensors file by name, after a check that the file is whole.

    Raises:
        ModelError: missing, no safetensors file, cut short, longer than it should be, or a header that contradicts
            itself.
    """
    if not os.path.lexists(path):
        raise ModelError(f"{path} is missing", _AGAIN)
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            prefix = file.read(8)
            header_size = int.from_bytes(prefix, "little")
            if len(prefix) < 8 or size < header_size + 8 <= _LARGEST_HEADER + 8:
                raise ModelError(f"{path} is truncated: {size:,} bytes, not even the whole header", _AGAIN)
            if header_size > _LARGEST_HEADER:
                raise ModelError(f"{path} is no safetensors file: it does not start with a header", _AGAIN)
            header = file.read(header_size)
    except (ForeignFileError, OSError) as error:
        raise ModelError(f"{path}: {error}", _AGAIN) from None
    tensors = _tensors(path, header)
    expected = 8 + header_size + max((tensor.end for tensor in tensors.values()), default=0)
    if size < expected:
        raise ModelError(f"{path} is truncated: expected {expected:,} bytes, found {size:,}", _AGAIN)
    if size > expected:
        raise ModelError(f"{path} is damaged: expected {expected:,} bytes, found {size:,}", _AGAIN)
    return tensors


def elements(tensors: Mapping[str, TensorEntry]) -> int:
    """How many numbers the tensors hold together."""
    return sum(math.prod(tensor.shape) for tensor in tensors.values())


def _tensors(path: Path, header: bytes) -> dict[str, TensorEntry]:
    try:
        content = parse_json(header.decode("utf-8"), unique=True)
        if not isinstance(content, dict):
            raise ForeignFileError(f"expected a JSON object, found {type(content).__name__}")
        tensors = {name: _entry(name, entry) for name, entry in content.items() if name != "__metadata__"}
    except (UnicodeDecodeError, ForeignFileError) as error:
        clause = str(error) if isinstance(error, ForeignFileError) else "its header is not UTF-8"
        raise ModelError(f"{path} is no safetensors file: {clause}", _AGAIN) from None
    end = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: (item[1].begin, item[1].end)):
        if tensor.begin != end:
            raise ModelError(f"{path} is damaged: {shown(name)} begins at {tensor.begin:,}, expected {end:,}", _AGAIN)
        end = tensor.end
    return tensors


def _entry(name: str, entry: Any) -> TensorEntry:
    fields = entry if isinstance(entry, dict) else {}
    shape, places = _sizes(fields.get("shape")), _sizes(fields.get("data_offsets"))
    bits = _BITS.get(str(fields.get("dtype")))
    if shape is None or places is None or len(places) != 2 or bits is None:
        raise ForeignFileError(f"the entry of {shown(name)} in its header is not readable")
    begin, end = places
    if math.prod(shape) * bits != 8 * (end - begin):
        raise ForeignFileError(f"type, shape and place of {shown(name)} do not fit together")
    return TensorEntry(shape, begin, end)


def _sizes(value: Any) -> tuple[int, ...] | None:
    whole = isinstance(value, list) and all(type(number) is int and 0 <= number < 2**63 for number in value)
    return tuple(value) if whole and len(value) <= 16 else None
