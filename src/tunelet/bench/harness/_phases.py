"""Which texts each step trains on: the same for all arms, or grouped by length as stock training groups them.

Every turn's texts have the sample's lengths. Where texts are grouped, a few steps cannot hold all lengths; they are
taken evenly from the order that transformers makes of the whole sample, and a turn pairs long batches with short ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tunelet.bench.harness._lengths import draw

Batches = list[list[np.ndarray]]  # phase by phase, step by step: rows of the sample, int64 [batch_size]


@dataclass(frozen=True)
class Phases:
    """What an arm is asked for, one after the other.

    Attributes:
        warm_up: steps of the first phase, which is not counted.
        measured: steps of each phase that follows: a trial, or turns.
        batch_size: texts of a step.
    """

    warm_up: int
    measured: tuple[int, ...]
    batch_size: int

    @property
    def steps(self) -> tuple[int, ...]:
        """Steps of each phase, the warm-up first."""
        return (self.warm_up, *self.measured)


def shuffled(lengths: np.ndarray, phases: Phases, *, chunk: int, seed: int) -> Batches:
    """Steps in random order; the first `chunk` steps of a turn are the same for every arm that asks for as many.

    Args:
        lengths: tokens of each text of the sample.
        phases: how many steps.
        chunk: steps that hold the sample's lengths together; a longer turn is several chunks.
        seed: of the run.
    """
    result: Batches = []
    for phase, steps in enumerate(phases.steps):
        batches: list[np.ndarray] = []
        while len(batches) < steps:
            random = np.random.default_rng((seed, phase, len(batches)))
            batches += np.split(draw(lengths, chunk * phases.batch_size, random), chunk)
        result.append(batches[:steps])
    return result


def grouped(order: Sequence[int], lengths: np.ndarray, phases: Phases) -> Batches:
    """Steps of similar length, taken evenly from batches of the whole sample.

    Args:
        order: rows of the sample in the order that grouped training visits them.
        lengths: tokens of each text of the sample.
        phases: how many steps.
    """
    size = phases.batch_size
    whole = [np.asarray(order[start : start + size], dtype=np.int64) for start in range(0, len(order), size)]
    whole = [rows for rows in whole if len(rows) == size] or [np.resize(np.asarray(order, dtype=np.int64), size)]
    by_length = sorted(whole, key=lambda rows: int(lengths[rows].sum()))

    def at(share: float) -> np.ndarray:
        return by_length[min(len(by_length) - 1, int(share * len(by_length)))]

    # A compiled model is compiled for one shape and then for all: the warm-up shows it different ones.
    result = [[at(1 - (step + 0.5) / phases.warm_up) for step in range(phases.warm_up)]]
    for turn, steps in enumerate(phases.measured):
        offset = (turn + 0.5) / len(phases.measured)
        result.append([at((step + (1 - offset if step % 2 else offset)) / steps) for step in range(steps)])
    return result
