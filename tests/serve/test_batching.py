"""Batches: whose answer is whose, how many tokens, who waits for whom, and what is not computed."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from served import Held
from tunelet.serve._batching import Batcher
from tunelet.serve._jobs import BatchDone, ClosedError, FullError, Job, LateError
from tunelet.serve._work import Predicting

LONG_ENOUGH = 60.0


class Asked:
    """A job with its answer."""

    def __init__(self, texts: Sequence[str], model: str = "bakery", seconds: float = LONG_ENOUGH) -> None:
        self._there = threading.Event()
        self.answers: list[Any] = []
        self.job = Job(model, texts, time.monotonic() + seconds, self._done)

    def _done(self, answer: Any) -> None:
        self.answers.append(answer)
        self._there.set()

    def answer(self) -> Any:
        assert self._there.wait(LONG_ENOUGH)
        assert len(self.answers) == 1
        return self.answers[0]


@contextmanager
def batcher(models: dict[str, Any], queue: int = 1000, batch_tokens: int = 100, **options: Any) -> Iterator[Batcher]:
    made = Batcher(
        {name: Predicting(model) for name, model in models.items()}, queue=queue, batch_tokens=batch_tokens, **options
    )
    made.start()
    try:
        yield made
    finally:
        made.stop()
        assert made.join(LONG_ENOUGH)


def note(number: int) -> str:
    return f"warm loaf {number} " * (1 + number % 4)


@pytest.mark.parametrize("workers", [1, 3])
def test_every_job_gets_the_answers_to_its_own_texts_in_their_order(bakery, workers):
    jobs = [Asked([note(7 * job + row) for row in range(1 + job % 5)]) for job in range(40)]
    with batcher({"bakery": bakery}, workers=workers, threads=workers) as found:
        threads = [threading.Thread(target=found.submit, args=(asked.job,)) for asked in jobs]
        for thread in threads:
            thread.start()
        for asked in jobs:
            np.testing.assert_allclose(asked.answer(), bakery.probabilities(asked.job.texts), atol=2e-3)
        assert found.waiting == 0


def test_a_batch_stays_within_its_tokens_and_a_longer_text_goes_alone(held):
    done: list[BatchDone] = []
    longest = "loaf " * 50
    with batcher({"bakery": held}, batch_tokens=40, note=done.append) as found:
        jobs = [Asked([note(n), longest] if n == 5 else [note(n)]) for n in range(30)]
        with held.held():
            for asked in jobs:
                found.submit(asked.job)
        for asked in jobs:
            asked.answer()
    assert sum(batch.texts for batch in done) == 31
    assert all(batch.tokens <= 40 for batch in done if batch.texts > 1)
    assert [longest.strip()] in [[text.strip() for text in batch] for batch in held.batches]
    assert len(done) < 31


def test_over_the_queue_a_job_is_refused_with_a_time_and_what_was_taken_is_answered(held):
    with batcher({"bakery": held}, queue=5) as found:
        with held.held():
            taken = [Asked(["a loaf", "a roll"]), Asked(["a loaf", "a roll"]), Asked(["toast"])]
            for asked in taken:
                found.submit(asked.job)
            with pytest.raises(FullError) as refused:
                found.submit(Asked(["one more"]).job)
        assert refused.value.retry_after >= 1
        assert [len(asked.answer()) for asked in taken] == [2, 2, 1]
        again = Asked(["one more"])
        found.submit(again.job)
        assert len(again.answer()) == 1


def test_what_would_wait_for_most_of_its_time_is_refused_at_once(held):
    with batcher({"bakery": held}) as found:
        with held.held():
            many = Asked([note(n) for n in range(200)])
            found.submit(many.job)
            with pytest.raises(FullError):
                found.submit(Asked(["in a hurry"], seconds=0.001).job)
            patient = Asked(["patient"])
            found.submit(patient.job)
        assert len(many.answer()) == 200
        assert len(patient.answer()) == 1


def test_one_text_does_not_wait_behind_hundreds_of_another_request(held):
    with batcher({"bakery": held}, batch_tokens=30) as found:
        with held.held():
            many, one = Asked([note(n) for n in range(400)]), Asked(["a roll"])
            found.submit(many.job)
            held.wait_until_asked()
            found.submit(one.job)
        many.answer()
        one.answer()
    (place,) = [at for at, batch in enumerate(held.batches) if "a roll" in batch]
    assert place < len(held.batches) / 2


def test_what_is_late_or_given_up_is_not_computed(held):
    with batcher({"bakery": held}) as found:
        with held.held():
            first, late, given_up = Asked(["first"]), Asked(["late"]), Asked(["given up"])
            found.submit(first.job)
            held.wait_until_asked()
            found.submit(late.job)
            found.submit(given_up.job)
            late.job.deadline, given_up.job.given_up = 0, True
        assert isinstance(late.answer(), LateError)
        assert isinstance(given_up.answer(), LateError)
        assert found.waiting == 0
    assert not {"late", "given up"} & {text for batch in held.batches for text in batch}


def test_the_rest_of_a_job_that_became_late_is_not_computed(held):
    with batcher({"bakery": held}, batch_tokens=8) as found:
        with held.held():
            asked = Asked([f"loaf {n}" for n in range(50)])
            found.submit(asked.job)
            held.wait_until_asked()
            asked.job.deadline = 0
        assert isinstance(asked.answer(), LateError)
    assert 0 < sum(text.startswith("loaf ") for batch in held.batches for text in batch) < 50


def test_a_text_that_breaks_the_model_takes_no_other_down(held):
    held.breaks_on = "burnt"
    with batcher({"bakery": held}) as found:
        with held.held():
            found.submit(Asked(["first"]).job)
            held.wait_until_asked()
            jobs = [Asked([text]) for text in ("a loaf", "a burnt roll", "toast")]
            for asked in jobs:
                found.submit(asked.job)
        loaf, burnt, toast = (asked.answer() for asked in jobs)
        assert isinstance(burnt, RuntimeError)
        assert len(loaf) == len(toast) == 1
        assert found.waiting == 0


def test_a_text_that_cannot_be_tokenised_ends_no_thread(held):
    held.no_token_in = "burnt"
    with batcher({"bakery": held}) as found:
        alone = Asked(["a burnt roll"])
        found.submit(alone.job)
        assert isinstance(alone.answer(), RuntimeError)
        after = Asked(["a loaf"])
        found.submit(after.job)
        assert len(after.answer()) == 1
        assert found.waiting == 0


def test_a_fault_of_the_service_itself_is_answered_and_ends_no_thread(held):
    def note(done):
        raise SystemError("no disk for the log")

    with batcher({"bakery": held}, note=note) as found:
        for _ in range(2):
            asked = Asked(["a loaf"])
            found.submit(asked.job)
            assert isinstance(asked.answer(), SystemError)
        assert found.waiting == 0


def test_what_was_taken_before_the_stop_is_computed_and_nothing_after_it_is_taken(held):
    with batcher({"bakery": held}) as found:
        with held.held():
            taken = [Asked([note(n)]) for n in range(20)]
            for asked in taken:
                found.submit(asked.job)
            found.stop()
            with pytest.raises(ClosedError):
                found.submit(Asked(["too late"]).job)
        assert all(len(asked.answer()) == 1 for asked in taken)
        assert found.join(LONG_ENOUGH)


def test_several_models_take_turns(bakery):
    one, other = Held(bakery), Held(bakery)
    done: list[BatchDone] = []
    with batcher({"one": one, "other": other}, batch_tokens=8, note=done.append) as found:
        with one.held():
            many, few = Asked([note(n) for n in range(100)], "one"), Asked(["a roll"], "other")
            found.submit(many.job)
            one.wait_until_asked()
            found.submit(few.job)
        few.answer()
        many.answer()
    assert [batch.model for batch in done[:3]] == ["one", "other", "one"]


def test_how_long_one_model_takes_says_nothing_of_another(bakery):
    slow, quick = Held(bakery), Held(bakery)
    slow.seconds_a_text = 0.01
    with batcher({"slow": slow, "quick": quick}) as found:
        for name in ("slow", "quick"):
            computed = [Asked([note(n)], name) for n in range(20)]
            for asked in computed:
                found.submit(asked.job)
            for asked in computed:
                asked.answer()
        with slow.held():
            found.submit(Asked([note(n) for n in range(400)], "slow").job)
            slow.wait_until_asked()
            with pytest.raises(FullError) as refused:  # 4 seconds are ahead of it, more than half of its time
                found.submit(Asked(["a roll"], "slow", seconds=5).job)
            assert refused.value.retry_after >= 4
            few = Asked(["a roll"], "quick", seconds=5)  # it waits for one batch of the slow one
            found.submit(few.job)
            slow.seconds_a_text = 0
        assert len(few.answer()) == 1


def test_workers_compute_at_the_same_time(bakery):
    met = threading.Barrier(2)

    class Meeting(Predicting):
        def compute(self, texts: Sequence[Any]) -> list[Any]:
            met.wait(LONG_ENOUGH)
            return super().compute(texts)

    work = Meeting(bakery)
    work.sample = None  # one text alone would wait for another
    found = Batcher({"bakery": work}, queue=10, batch_tokens=1, workers=2)
    found.start()
    jobs = [Asked([note(number)]) for number in range(2)]
    for asked in jobs:
        found.submit(asked.job)
    for asked in jobs:
        np.testing.assert_allclose(asked.answer(), bakery.probabilities(asked.job.texts), atol=2e-3)
    found.stop()
    assert found.join(LONG_ENOUGH)


def test_the_tokens_of_a_batch_are_measured_where_nobody_names_them(bakery):
    with batcher({"bakery": bakery}, batch_tokens=0) as found:
        assert 256 <= found.batch_tokens["bakery"] <= 16_384


def test_a_model_that_cannot_start_is_no_service(held):
    held.breaks_on = "lighthouse"
    with pytest.raises(RuntimeError, match="no memory"):
        Batcher({"bakery": Predicting(held)}, queue=10).start()


def test_texts_with_nothing_to_read_have_an_answer_of_nan(bakery):
    with batcher({"bakery": bakery}) as found:
        asked = Asked(["", "a loaf", "  "])
        found.submit(asked.job)
        assert np.isnan(asked.answer()).all(axis=1).tolist() == [True, False, True]
