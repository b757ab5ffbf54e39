"""Device and precision, each chosen with its reason, from the instruction sets of the processor and not its name."""

import torch

from tunelet._choice import Choice
from tunelet._words import counted
from tunelet.errors import ModelError
from tunelet.kernels import features, int8_products


def choose_device(wanted: str) -> Choice[torch.device]:
    """The device that a model runs on.

    Args:
        wanted: "auto", "cuda", "mps" or "cpu".

    Raises:
        ModelError: this machine has no such device.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if wanted != "auto":
        if not available[wanted]:
            others = ", ".join(name for name, there in available.items() if there)
            raise ModelError(f"no {wanted} device on this machine (found: {others})", "pass device='auto'")
        return Choice(torch.device(wanted), "asked for")
    if available["cuda"]:
        return Choice(torch.device("cuda"), torch.cuda.get_device_name())
    if available["mps"]:
        return Choice(torch.device("mps"), "Apple GPU")
    return Choice(torch.device("cpu"), f"no GPU; {counted(torch.get_num_threads(), 'thread')}")


def choose_precision(wanted: str, device: torch.device, *, frozen: bool) -> Choice[str]:
    """The precision of the frozen weights and their products.

    Args:
        wanted: "auto", "float32", "bfloat16" or "int8".
        device: where the model runs.
        frozen: whether the backbone is frozen; a trained one stays float32.

    Raises:
        ModelError: int8 is asked for where the processor has no instructions for it.
    """
    if not frozen:
        return Choice("float32", "every weight is trained, and what is trained stays float32")
    if wanted == "int8":
        int8 = _int8_products(device)
        if not int8.value:
            raise ModelError(f"model.precision is int8, but {int8.reason}", "set model.precision to auto")
        return Choice("int8", f"asked for; {int8.reason}")
    if wanted == "float32":
        return Choice("float32", "asked for")
    bfloat16 = _bfloat16_products(device)
    if wanted == "bfloat16":
        return Choice("bfloat16", "asked for" if bfloat16.value else f"asked for, but slow here: {bfloat16.reason}")
    return Choice("bfloat16" if bfloat16.value else "float32", bfloat16.reason)


def refused_precisions(device: torch.device) -> dict[str, str]:
    """The precisions that would be slow or impossible on this device, each with the reason.

    Their products run in reference code there, or not at all.
    """
    products = {"bfloat16": _bfloat16_products(device), "int8": _int8_products(device)}
    return {precision: fast.reason for precision, fast in products.items() if not fast.value}


def compute_dtype(precision: str, device: torch.device) -> torch.dtype:
    """The dtype of activations beside weights in a precision; beside int8 bfloat16, where the device multiplies it."""
    if precision == "int8":
        return torch.bfloat16 if _bfloat16_products(device).value else torch.float32
    return torch.bfloat16 if precision == "bfloat16" else torch.float32


def _int8_products(device: torch.device) -> Choice[bool]:
    """Whether the device multiplies int8 faster than floating point."""
    if device.type != "cpu":
        return Choice(False, "int8 was built for CPUs alone")
    by = int8_products()
    return Choice(by.value is not None, by.reason)


def _bfloat16_products(device: torch.device) -> Choice[bool]:
    """Whether the device multiplies bfloat16 faster than float32."""
    if device.type == "cuda":
        fast = torch.cuda.get_device_capability(device) >= (8, 0)
        return Choice(fast, "the GPU multiplies bfloat16" if fast else "the GPU has no bfloat16 units")
    if device.type == "cpu":
        there = features()
        # aarch64 processors report `bf16` where they have BFMMLA.
        names = ("amx_bf16", "avx512_bf16", "sve_bf16", "bf16")
        instructions = next((name for name in names if there.get(name)), None)
        if instructions is None:
            return Choice(False, "the processor has no bfloat16 instructions")
        return Choice(True, f"the processor has {instructions}")
    return Choice(False, "bfloat16 was not tried on this kind of device")
