"""What a process has once, and threads therefore use in turn.

torch draws random numbers from one generator, and transformers replaces functions of torch while it makes a model. So
making, saving and each step of training take a turn: beside any number of threads, a training ends in the bits that it
ends in alone, and a model is loaded whole. Predictions draw no numbers and wait for nobody.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import torch
from threadpoolctl import threadpool_limits


class _Turn:
    """A lock that is handed on: who releases it and wants it again comes after who waits for it."""

    def __init__(self) -> None:
        self.reset()
        if hasattr(os, "register_at_fork"):  # the thread that holds it is not there in the child
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
    """A sequence of random numbers of its own: within `drawn`, torch's generators give these and no others."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self._device = device
        with turn, _kept(device):
            torch.manual_seed(seed)
            self._state = _state(device)

    @contextmanager
    def drawn(self) -> Iterator[None]:
        """Take a turn with these numbers; the caller's own go on afterwards where they were."""
        with turn, _kept(self._device):
            _restore(self._state, self._device)
            try:
                yield
            finally:
                self._state = _state(self._device)


@contextmanager
def making(seed: int) -> Iterator[None]:
    """Take a turn in which random numbers begin at a seed, and nothing starts threads of OpenMP.

    A process that forks has lost those threads in its child, which would wait for them: a model that was loaded and has
    not predicted yet may be forked, as `gunicorn --preload` does.
    """
    torch.get_num_threads()  # set on a thread's first question, not inside the limit
    with turn, _kept(None), threadpool_limits(1, user_api="openmp"):
        torch.manual_seed(seed)
        yield


@contextmanager
def _kept(device: torch.device | None) -> Iterator[None]:
    """torch's generators stand afterwards where they stood before."""
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
