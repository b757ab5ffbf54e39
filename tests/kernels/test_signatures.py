"""What Python declares of the native functions is what they are, and a wrong tensor never reaches them."""

import ctypes
import re
from pathlib import Path

import pytest
import torch

import tunelet.kernels
from tunelet.kernels._signatures import DTYPES, Pointer, dtype_name, signature

SOURCE = Path(tunelet.kernels.__file__).parent / "native" / "exports.cpp"
TYPES = {"float*": torch.float32, "uint8_t*": torch.uint8, "int64_t*": torch.int64, "int32_t*": torch.int32,
         "int64_t": ctypes.c_int64, "int": ctypes.c_int, "float": ctypes.c_float}  # fmt: skip


def exports():
    """Name and C types of each function in exports.cpp."""
    text = SOURCE.read_text(encoding="utf-8").replace("\\\n", "\n")
    return {
        name: [re.sub(r"^const ", "", argument.strip()).rsplit(" ", 1)[0] for argument in arguments.split(",")]
        for name, arguments in re.findall(r"void (\w+)_##S\(([^)]*)\)", text)
    }


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_declared_arguments_are_those_of_the_source(dtype):
    functions = exports()
    assert len(functions) == 15
    for name, types in functions.items():
        declared = [kind.dtype if isinstance(kind, Pointer) else kind for kind in signature(name, dtype)]
        assert declared == [dtype if kind == "E*" else TYPES[kind] for kind in types], name


def test_every_function_of_a_build_is_declared(library):
    names = [f"{name}_{dtype_name(dtype)}" for name in exports() for dtype in DTYPES]
    built = [name for name in names if hasattr(library.functions, name)]
    assert len(built) >= 22
    assert all(getattr(library.functions, name).argtypes for name in built)


def test_a_tensor_of_another_dtype_is_refused_before_it_is_read(library):
    x = torch.zeros(2, 32, dtype=torch.float64)
    with pytest.raises(ctypes.ArgumentError, match="float64"):
        library.call("quantise", torch.float32, x, 32, torch.empty(2, 32, dtype=torch.uint8), torch.empty(2), 2, 32)
