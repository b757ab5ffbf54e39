"""Turns of threads: what a process has only once, they use one after another.

torch draws random numbers from one generator, and transformers replaces functions of torch while it makes a model. So
making a model, saving it and each step of training take a turn. A training then ends in the same bits whatever other
threads do, and a model is loaded completely. Predictions draw no random numbers and take no turns.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import torch
from threadpoolctl import threadpool_limits


class _Turn:
    """A lock that threads get in the order in which they asked, so that none keeps it by asking again at once."""

    def __init__(self) -> None:
        self.reset()
        if hasattr(os, "register_at_fork"):  # the thread that holds it does not exist in the child
            os.register_at_fork(after_in_child=self.reset)

    def reset(self) -> None:
        self._next, self._held = threading.Lock(), threading.Lock()

    def __enter__(self) -> None:
        with self._next:
            self._held.acquire()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._held.release()


turn = _Turn()


class RandomNumbers:
    """A random sequence of its own: within `drawn`, torch's generators produce its numbers."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self._device = device
        with turn, _kept(device):
            torch.manual_seed(seed)
            self._state = _state(device)

    @contextmanager
    def drawn(self) -> Iterator[None]:
        """Take a turn with these numbers; afterwards the caller's own sequence continues where it was."""
        with turn, _kept(self._device):
            _restore(self._state, self._device)
            try:
                yield
            finally:
                self._state = _state(self._device)


@contextmanager
def making(seed: int) -> Iterator[None]:
    """Take a turn with random numbers from a seed, and without starting threads of OpenMP.

    A forked child would wait for those threads. Without them a process may load a model and fork before it predicts,
    as `gunicorn --preload` does.
    """
    torch.get_num_threads()  # PyTorch sets the number at a thread's first call: here, not inside the limit below
    with turn, _kept(None), threadpool_limits(1, user_api="openmp"):
        torch.manual_seed(seed)
        yield


@contextmanager
def _kept(device: torch.device | None) -> Iterator[None]:
    """Restore the states of torch's generators afterwards."""
    device = device if device is not None else torch.device("cuda" if torch.cuda.is_initialized() else "cpu")
    before = _state(device)
    try:
        yield
    finally:
        _restore(before, device)


def _state(device: torch.device) -> list[torch.Tensor]:
    cpu = torch.get_rng_state()
    return [cpu, torch.cuda.get_rng_state(device)] if device.type == "cuda" else [cpu]


def _restore(state: list[torch.Tensor], device: torch.device) -> None:
    torch.set_rng_state(state[0])
    if device.type == "cuda":
        torch.cuda.set_rng_state(state[1], device)
