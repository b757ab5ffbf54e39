"""What this machine can do, measured and not guessed from names, and what tunelet would choose on it."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunelet._choice import Choice


@dataclass(frozen=True)
class Examination:
    """What `tunelet doctor` found.

    Attributes:
        environment: versions, processor, cores, memory.
        device, precision: what would be chosen here, with the reason.
        products: precision -> measured GFLOP/s of matrix products of the shape of an encoder layer.
        offline_package: whether MiniLM can be had without a network, with the reason.
        hub: whether the Hub answers, with the reason.
        cache: where tokens are cached and what is free there.
    """

    environment: dict[str, Any]
    device: Choice[str]
    precision: Choice[str]
    products: dict[str, float]
    offline_package: Choice[str]
    hub: Choice[str]
    cache: Choice[str]


def examine() -> Examination:
    """Look at the machine; takes some seconds, most of them to measure and to ask the Hub."""
    from tunelet.model._precision import choose_device, choose_precision
    from tunelet.run import environment

    device = choose_device("auto")
    precision = choose_precision("auto", device.value, frozen=True)
    return Examination(
        environment=environment(),
        device=Choice(str(device.value), device.reason),
        precision=precision,
        products=_matrix_rates(device.value),
        offline_package=_offline_package(),
        hub=_hub_answer(),
        cache=_cache(),
    )


def _matrix_rates(device: Any) -> dict[str, float]:
    """GFLOP/s of [4096, 768] x [768, 3072], the largest product of a DistilBERT layer over 16 packed reviews."""
    import torch

    rates = {}
    for dtype in (torch.float32, torch.bfloat16):
        left = torch.randn(4096, 768, device=device).to(dtype)
        right = torch.randn(768, 3072, device=device).to(dtype)
        seconds = []
        for _ in range(6):
            begin = time.perf_counter()
            left @ right
            if device.type != "cpu":
                torch.accelerator.synchronize(device)
            seconds.append(time.perf_counter() - begin)
            if sum(seconds) > 3:  # bfloat16 without instructions for it is that slow
                break
        rates[str(dtype).removeprefix("torch.")] = 2 * 4096 * 768 * 3072 / min(seconds) / 1e9
    return rates


def _offline_package() -> Choice[str]:
    from tunelet.errors import TuneletError
    from tunelet.model import _offline

    folder = _offline.package_folder()
    if folder is None:
        return Choice("absent", f"install it with {_offline.INSTALL}")
    try:
        _offline.verified_folder(folder)
    except TuneletError as error:
        return Choice("broken", str(error))
    return Choice("present", "checksum verified; --model minilm works without a network")


def _hub_answer() -> Choice[str]:
    from tunelet import _hub
    from tunelet.errors import TuneletError
    from tunelet.model._names import DEFAULT, SHORT_NAMES

    try:
        found = _hub.look_up(SHORT_NAMES[DEFAULT], "model", timeout=_hub.QUICK, offline_hint="")
    except TuneletError as error:
        return Choice("answers", error.message)
    if isinstance(found, _hub.OutOfReach):
        return Choice("out of reach", found.reason)
    return Choice("answers", f"{SHORT_NAMES[DEFAULT]} is to be had")


def _cache() -> Choice[str]:
    from tunelet._cache import cache_folder

    folder = cache_folder()
    existing = next((parent for parent in (folder, *folder.parents) if parent.exists()), Path("/"))
    free = shutil.disk_usage(existing).free
    return Choice(str(folder), f"{free / 2**30:.1f} GiB free; $TUNELET_CACHE moves it")
