"""The processor's instruction sets, without those that PyTorch's own switches forbid.

Every choice of kernel and precision rests on them. `ATEN_CPU_CAPABILITY` restricts PyTorch's operators and
`ONEDNN_MAX_CPU_ISA` its matrix products. Under such a restriction a product in bfloat16 or int8 may run in oneDNN's
reference code, a hundred times slower, although the processor has the instructions. With
`ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2` a server's processor behaves as that of most laptops.
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
    """Name of each instruction set in `torch.cpu.get_capabilities` -> whether the processor has it and may use it."""
    there = torch.cpu.get_capabilities()
    forbidden = (
        *_BEYOND.get(os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper(), ()),
        *_ATEN.get(os.environ.get("ATEN_CPU_CAPABILITY", "").lower(), ()),
    )
    return {name: value is True and not name.startswith(forbidden) for name, value in there.items()}


def forbidden_wide_vectors() -> bool:
    """Whether the processor has AVX-512 and one of PyTorch's switches forbids it."""
    return torch.cpu.get_capabilities().get("avx512_f") is True and not features().get("avx512_f", False)
