"""What this machine can do, measured and not guessed from names, and what tunelet would choose on it."""

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tunelet._arguments import checked
from tunelet._choice import Choice
from tunelet.inspection._rates import Rate, measure_rates
from tunelet.run import Environment


@dataclass(frozen=True)
class Examination:
    """What this machine can do.

    >>> examination = tunelet.doctor()
    >>> sorted({rate.work for rate in examination.rates if "attention" in rate.work})[0].split(",")[0]
    'attention'

    Attributes:
        environment: versions, processor, cores, memory.
        device, precision: what training would run on and in, with the reason.
        kernels: "compiled" or "PyTorch", with the reason.
        rates: measured speeds of matrix products, attention and GELU, by precision and kernel.
        offline_package: whether MiniLM can be loaded without a network, with the reason.
        hub: whether the Hub answers, with the reason.
        cache: the folder where tokens are kept, and the space that is free there.
    """

    environment: Environment
    device: Choice[str]
    precision: Choice[str]
    kernels: Choice[str]
    rates: list[Rate]
    offline_package: Choice[str]
    hub: Choice[str]
    cache: Choice[str]

    def to_dict(self) -> dict[str, Any]:
        """All fields, for JSON."""
        return asdict(self) | {"environment": self.environment.to_dict()}


@checked
def doctor() -> Examination:
    """Examine this machine: what it can do, what tunelet would choose on it, and why.

    It takes some seconds, most of them to measure kernels and to ask the Hub.

    >>> examination = tunelet.doctor()
    >>> examination.device.value in ("cpu", "cuda", "mps")
    True
    """
    from tunelet.kernels import native
    from tunelet.model import choose_device, choose_precision
    from tunelet.run import environment

    compiled = native()

    device = choose_device("auto")
    precision = choose_precision("auto", device.value, frozen=True)
    return Examination(
        environment=environment(),
        device=Choice(str(device.value), device.reason),
        precision=precision,
        kernels=Choice("PyTorch" if compiled.value is None else "compiled", compiled.reason),
        rates=measure_rates(),
        offline_package=_offline_package(),
        hub=_hub_answer(),
        cache=_cache(),
    )


def _offline_package() -> Choice[str]:
    from tunelet.checkpoint import INSTALL_OFFLINE, package_folder, verified_folder
    from tunelet.errors import TuneletError

    folder = package_folder()
    if folder is None:
        return Choice("absent", f"install it with {INSTALL_OFFLINE}")
    try:
        verified_folder(folder)
    except TuneletError as error:
        return Choice("broken", str(error))
    return Choice("present", "checksum verified; --model minilm works without a network")


def _hub_answer() -> Choice[str]:
    from tunelet import hub
    from tunelet.checkpoint import DEFAULT, SHORT_NAMES
    from tunelet.errors import TuneletError

    try:
        answer = hub.look_up(
            SHORT_NAMES[DEFAULT], "model", timeout=hub.QUICK, offline_hint=f"`tunelet inspect {DEFAULT}` tries again"
        )
    except TuneletError as error:
        return Choice("answers", error.message)
    if isinstance(answer, hub.OutOfReach):
        return Choice("out of reach", answer.reason)
    return Choice("answers", f"{SHORT_NAMES[DEFAULT]} is to be had")


def _cache() -> Choice[str]:
    from tunelet._cache import cache_folder

    folder = cache_folder()
    existing = next((parent for parent in (folder, *folder.parents) if parent.exists()), Path("/"))
    free = shutil.disk_usage(existing).free
    return Choice(str(folder), f"{free / 2**30:.1f} GiB free; $TUNELET_CACHE moves it")
