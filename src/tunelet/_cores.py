"""How many cores and threads there are to compute with."""

import os


def available_cores() -> int:
    """Cores that this process may use, as far as the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def named_threads() -> int:
    """As many as OMP_NUM_THREADS says; 0: it says nothing."""
    value = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]  # what follows is for threads of threads
    return int(value) if value.isdigit() else 0
