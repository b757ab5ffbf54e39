"""What a run ran on: versions, processor, memory; enough to explain a difference later, nothing that names a person."""

import platform
import sys
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from tunelet._cores import available_cores
from tunelet.run._environment_record import Environment

_PACKAGES = (
    "torch",
    "transformers",
    "peft",
    "accelerate",
    "tokenizers",
    "safetensors",
    "numpy",
    "scikit-learn",
    "pyarrow",
)


def environment() -> Environment:
    """Versions of tunelet and of what computes for it, the operating system, processor, cores and memory."""
    import psutil

    from tunelet._version import __version__

    versions = {"tunelet": __version__}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return Environment(
        versions=versions,
        python=platform.python_version(),
        system=platform.platform(),
        processor=processor_name(),
        cores=available_cores(),
        memory_bytes=psutil.virtual_memory().total,
    )


def processor_name() -> str:
    """The processor as the system names it."""
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def forget_peak_memory() -> None:
    """Count `peak_memory_bytes` from here on, where the system can (Linux): a process may train several runs."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_memory_bytes() -> int:
    """Largest resident set of this process, since `forget_peak_memory` where the system can tell."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    status = Path("/proc/self/status")
    if status.exists():  # Linux, where ru_maxrss is inherited from the process that started this one
        lines = status.read_text(encoding="utf-8").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) * 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # bytes there, KiB elsewhere
