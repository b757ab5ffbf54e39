"""Forked processes: a child does not have the threads of OpenMP that its parent started, and would wait for them.

If no model has run before the fork, no threads were started (`making` sees to that while loading), and a child computes
with all of them. Otherwise it computes with one thread, which gives the same bits. PyTorch alone would hang.
"""

import os

import torch

_started = False


def threads_start() -> None:
    """Record that this process is about to start threads of OpenMP."""
    global _started
    _started = True


def _in_child() -> None:
    # What tokenizers does in a child by itself, with a warning, unless the variable is set: then it waits for ever.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    if _started and torch.get_num_threads() > 1:
        torch.set_num_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
