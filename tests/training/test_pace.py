"""A training with a budget of time ends when it should, though rates drift, and its rate still ends at zero."""

import json

import numpy as np
import pytest

from toy import toy_data
from tunelet._deadline import Deadline
from tunelet.checkpoint import find_checkpoint
from tunelet.model import new_classifier
from tunelet.recipe import AdapterSettings, ModelSettings, TrainingSettings
from tunelet.run import RunFolder
from tunelet.training import Allowance, Silent, TrainingData, fit

pytestmark = pytest.mark.slow

STEP = 96  # tokens of a step of 8 toy texts


class Clock:
    """Seconds that pass as tokens are worked on, at a rate that changes at a moment."""

    def __init__(self, *, before: float, after: float, changes: float) -> None:
        self.now, self.before, self.after, self.changes = 0.0, before, after, changes

    def __call__(self) -> float:
        return self.now

    def work(self, tokens: int) -> None:
        self.now += tokens / (self.before if self.now < self.changes else self.after)


class Ticking(Silent):
    """What the loop reports is what the clock goes by; `until` interrupts it there."""

    def __init__(self, clock: Clock, until: float = np.inf) -> None:
        self.clock, self.until = clock, until

    def advance(self, tokens, loss=None):
        self.clock.work(tokens)
        if self.clock.now >= self.until:
            raise KeyboardInterrupt


@pytest.fixture
def trained(tiny_checkpoint, tmp_path):
    """Train a tiny encoder against a clock; `until` seconds of the budget, planned for `rate` tokens per second."""

    def train(clock, *, until, rate=STEP, epochs=10, interrupted=np.inf, deadline=None, select=True, **settings):
        classifier = new_classifier(
            find_checkpoint(str(tiny_checkpoint("bert"))), ("no", "yes"), ModelSettings(device="cpu"),
            AdapterSettings(), seed=1, pooling="mean",
        )  # fmt: skip
        folder = RunFolder(tmp_path / "run")
        if not folder.partial.exists():
            folder.start()
        data = toy_data(80)
        data = TrainingData(data.train, data.train_labels, data.validation, data.validation_labels, select=select)
        allowance = Allowance(deadline or Deadline(until * 1.1, clock), until, rate, rate, passes=30.0)
        training = TrainingSettings(epochs=epochs, batch_size=8, **settings)
        try:
            outcome = fit(classifier, data, training, folder, Ticking(clock, interrupted), allowance)
        finally:
            folder.release()
        return outcome, [json.loads(line) for line in folder.history.read_text().splitlines()]

    return train


def rates(history):
    return [entry["learning_rate"] for entry in history if "learning_rate" in entry]


@pytest.mark.parametrize("factor", [1.5, 1 / 1.5, 1.0], ids=["faster", "slower", "as planned"])
@pytest.mark.parametrize("select", [True, False], ids=["evaluated often", "evaluated once"])
def test_a_rate_that_changes_in_the_middle_changes_the_steps_and_not_the_end(trained, factor, select):
    until = 140.0 if select else 104.0  # a hundred steps of a second, and ten evaluations of four seconds, or one
    clock = Clock(before=STEP, after=STEP * factor, changes=until / 2)
    outcome, history = trained(clock, until=until, select=select)
    assert clock.now == pytest.approx(until, rel=0.05)
    assert (outcome.steps > 105, outcome.steps < 95) == (factor > 1, factor < 1)
    assert rates(history)[-1] < 0.15 * max(rates(history))


def test_the_rate_ends_at_zero_and_never_jumps(trained):
    clock = Clock(before=STEP, after=STEP / 1.5, changes=50.0)
    outcome, history = trained(clock, until=140.0, learning_rate=1e-3, warmup=0.1)
    course = rates(history)
    assert max(course) <= 1e-3
    assert np.abs(np.diff(course)).max() < 2.5e-4
    last = outcome.steps % 10
    assert course[-1] <= 1e-3 * (last + 1) / 30  # ten steps a line; behind it the rest of the way to zero


def test_steps_stay_between_half_and_twice_the_plan(trained):
    slow = Clock(before=STEP / 10, after=STEP / 10, changes=0.0)
    assert trained(slow, until=110.0)[0].steps == 50


def test_more_time_than_is_of_use_ends_early(trained):
    fast = Clock(before=STEP * 10, after=STEP * 10, changes=0.0)
    outcome, _ = trained(fast, until=1000.0, rate=STEP * 10, epochs=20)
    assert outcome.steps == 300  # 30 passes
    assert fast.now < 100


def test_resumed_it_goes_on_with_what_is_left_of_its_own_budget(trained):
    clock = Clock(before=STEP, after=STEP, changes=0.0)
    with pytest.raises(KeyboardInterrupt):
        trained(clock, until=140.0, interrupted=80.0, checkpoint_seconds=1e-9)
    clock.now = 1000.0  # a night goes by
    outcome, history = trained(clock, until=140.0, deadline=Deadline(154.0, clock))
    assert clock.now - 1000.0 == pytest.approx(60.0, abs=7.0)
    assert outcome.steps == pytest.approx(100, abs=8)
    assert rates(history)[-1] < 0.15 * max(rates(history))
