"""A process that forks leaves OpenMP's threads behind, and a child that counts on them waits for ever.

A model that was loaded and never ran has started none (`making`): its children compute with all threads. Where it has
run before the fork, they compute with one, which gives the same bits; PyTorch alone would hang.
"""

import os

import torch

_started = False


def threads_start() -> None:
    """Say that this process is about to compute with OpenMP's threads."""
    global _started
    _started = True


def _in_child() -> None:
    # What tokenizers does in a child by itself, with a warning, unless the variable is set: then it waits for ever.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    if _started and torch.get_num_threads() > 1:
        torch.set_num_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
