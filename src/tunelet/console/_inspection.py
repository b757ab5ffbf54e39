"""The screens of `tunelet inspect` and `tunelet doctor`."""

import itertools
from typing import TYPE_CHECKING

from rich.console import Console

from tunelet._choice import Choice
from tunelet._words import counted, duration
from tunelet.console._facts import facts_screen

if TYPE_CHECKING:
    from tunelet.inspection import Examination, Inspection

_GIB = 2**30


def inspection_screen(console: Console, inspection: "Inspection") -> None:
    """A checkpoint before training: its layers, what LoRA would train, memory and time."""
    facts_screen(console, _inspection_facts(inspection))


def examination_screen(console: Console, examination: "Examination") -> None:
    """The machine: what it has, what is chosen on it and why, and how fast its kernels are."""
    facts_screen(console, _examination_facts(examination))


def _inspection_facts(inspection: "Inspection") -> dict[str, Choice[str] | str]:
    checkpoint = inspection.checkpoint
    shared = ", one set of weights for all" if inspection.shared_weights else ""
    facts: dict[str, Choice[str] | str] = {
        "model": Choice(checkpoint.name, f"{checkpoint.origin}: {checkpoint.reason}"),
        "architecture": f"{inspection.architecture}, {counted(inspection.layers, 'layer')}{shared}, hidden size "
        f"{inspection.hidden_size}, {counted(inspection.heads, 'head')}, texts of up to "
        f"{counted(inspection.max_length, 'token')}",
        "parameters": f"{inspection.total_parameters:,}",
    }
    for name, choice in inspection.targets.items():
        facts[f"LoRA {name}"] = (
            f"{inspection.trainable[name]:,} trained with r = {inspection.rank} and the head: "
            f"{', '.join(choice.value)} ({choice.reason})"
        )
    return facts | {
        "head alone": f"{inspection.trainable['head']:,} trained",
        "precision": inspection.precision,
        "execution": inspection.execution,
        "memory": f"{inspection.memory_bytes / _GIB:.1f} GiB, roughly, training on 16 texts of the full length",
        "time": f"{inspection.texts_per_second:.1f} texts/s in training, measured on texts of 256 tokens "
        f"({duration(1000 / inspection.texts_per_second)} for an epoch of 1,000)",
    }


def _examination_facts(examination: "Examination") -> dict[str, Choice[str] | str]:
    environment = examination.environment
    versions = ", ".join(f"{name} {version}" for name, version in environment.versions.items())
    return {
        "processor": f"{environment.processor_in_words}, {environment.memory_bytes / _GIB:.1f} GiB",
        "system": f"{environment.system}, Python {environment.python}",
        "versions": versions,
        "device": examination.device,
        "precision": examination.precision,
        "kernels": examination.kernels,
        **{
            work: ", ".join(f"{rate.kernel} {_figure(rate.value)} {rate.unit}" for rate in rates)
            for work, rates in itertools.groupby(examination.rates, key=lambda rate: rate.work)
        },
        "offline model": examination.offline_package,
        "Hub": examination.hub,
        "cache": examination.cache,
    }


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
