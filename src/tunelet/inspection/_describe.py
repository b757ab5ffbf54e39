"""Findings of `inspect` and `doctor` as JSON and as facts for the screen."""

import itertools
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tunelet._choice import Choice
from tunelet._words import counted, duration

if TYPE_CHECKING:
    from tunelet.inspection._doctor import Examination
    from tunelet.inspection._inspect import Inspection

_GIB = 2**30


def inspection_record(inspection: "Inspection") -> dict[str, Any]:
    """All fields, paths as text."""
    record = asdict(inspection)
    record["checkpoint"]["path"] = str(inspection.checkpoint.path)
    return record


def inspection_facts(inspection: "Inspection") -> dict[str, Choice[str] | str]:
    """The fields as a person reads them."""
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


def doctor_record(examination: "Examination") -> dict[str, Any]:
    """All fields."""
    return asdict(examination)


def doctor_facts(examination: "Examination") -> dict[str, Choice[str] | str]:
    """The fields as a person reads them."""
    found = examination.environment
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    return {
        "processor": f"{found['processor']}, {counted(found['cores'], 'core')}, {found['memory_bytes'] / _GIB:.1f} GiB",
        "system": f"{found['system']}, Python {found['python']}",
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
