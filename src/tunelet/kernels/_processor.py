"""What the processor can do, less what PyTorch's own switches forbid: every choice of kernel and precision rests on it.

`ATEN_CPU_CAPABILITY` restricts PyTorch's operators and `ONEDNN_MAX_CPU_ISA` its matrix products. Under either of them a
product in bfloat16 or int8 may run in oneDNN's reference code, a hundred times slower, though the processor has the
instructions. With `ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2` a server processor behaves as most laptops do.
"""

import os

import torch

_AMX = ("amx_",)
_BEYOND = {  # ONEDNN_MAX_CPU_ISA -> beginnings of the names of what it forbids
    "SSE41": ("avx", *_AMX),
    "AVX": ("avx2", "avx512", "avx10", "avx_", *_AMX),
    "AVX2": ("avx512", "avx10", "avx_", *_AMX),
    "AVX2_VNNI": ("avx512", "avx10", "avx_vnni_", "avx_ne_", *_AMX),
    "AVX2_VNNI_2": ("avx512", "avx10", *_AMX),
    "AVX512_CORE": ("avx512_vnni", "avx512_bf16", "avx512_fp16", "avx_", "avx10", *_AMX),
    "AVX512_CORE_VNNI": ("avx512_bf16", "avx512_fp16", "avx10", *_AMX),
    "AVX512_CORE_BF16": ("avx512_fp16", "avx10", *_AMX),
    "AVX512_CORE_FP16": ("avx10", *_AMX),
}
_ATEN = {"default": _BEYOND["AVX"], "avx2": _BEYOND["AVX2"]}


def features() -> dict[str, bool]:
    """Name of an instruction set, as `torch.cpu.get_capabilities` has it -> whether it is there and may be used."""
    there = torch.cpu.get_capabilities()
    forbidden = (
        *_BEYOND.get(os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper(), ()),
        *_ATEN.get(os.environ.get("ATEN_CPU_CAPABILITY", "").lower(), ()),
    )
    return {name: value is True and not name.startswith(forbidden) for name, value in there.items()}


def forbidden_wide_vectors() -> bool:
    """Whether the processor has AVX-512 and is not to use it."""
    return torch.cpu.get_capabilities().get("avx512_f") is True and not features().get("avx512_f", False)
