"""`POST /v1/explain`: which words speak for a label, in a queue of its own."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from served import Held, running
from tunelet.serve import ServeSettings


def test_the_explanation_is_the_classifiers_own(service, bakery):
    texts = ["warm rye loaf", "", "cold burnt roll"]
    with service.client() as client:
        answer = client.post("/v1/explain", json={"texts": texts, "label": "good"}).json()
    assert answer["model"] == "bakery"
    for found, expected in zip(answer["explanations"], bakery.explain(texts, label="good"), strict=True):
        assert (found["label"], found["predicted"], found["fields"]) == (
            expected.label, expected.predicted, list(expected.fields),
        )  # fmt: skip
        assert [word["text"] for word in found["words"]] == [word.text for word in expected.words]
        assert [word["contribution"] for word in found["words"]] == pytest.approx(
            [word.contribution for word in expected.words], abs=1e-3
        )
    first = answer["explanations"][0]
    assert [word["text"] for word in first["words"]] == ["warm", "rye", "loaf"]
    assert first["fields"][0][first["words"][1]["begin"] : first["words"][1]["end"]] == "rye"
    assert answer["explanations"][1]["words"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"texts": "a", "label": "better"}, "label"),
        ({"texts": "a", "label": 3}, "label"),
        ({"texts": ["a"] * 17}, "texts"),
        ({"texts": ["a", 3]}, "texts.1"),
        ({"texts": "a", "threshold": 0.5}, "threshold"),
        ({}, "texts"),
    ],
)
def test_a_field_that_does_not_do_is_named(service, body, field):
    with service.client() as client:
        answer = client.post("/v1/explain", json=body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


def test_predictions_do_not_wait_for_explanations_nor_change_by_them(held: Held, bakery):
    explain, asked, free = bakery.explain, threading.Event(), threading.Event()

    def slow(texts, label=None):
        asked.set()
        assert free.wait(60)
        return explain(texts, label=label)

    held.explain = slow  # type: ignore[attr-defined]
    text = "warm rye loaf " * 20
    patient = ServeSettings(deadline=60, drain=0)
    with running({"bakery": held}, patient) as found, found.client() as client, ThreadPoolExecutor(1) as threads:
        explained = threads.submit(client.post, "/v1/explain", json={"texts": text})
        try:
            assert asked.wait(60)
            for number in range(5):
                (answer,) = client.post("/v1/predict", json={"texts": f"loaf {number}"}).json()["predictions"]
                expected = bakery.predict(f"loaf {number}")[0].probabilities
                assert answer["probabilities"] == pytest.approx(expected, abs=2e-3)
            assert not explained.done()
        finally:
            free.set()
        (answer,) = explained.result().json()["explanations"]
    contributions = [word.contribution for word in explain([text])[0].words]
    assert [word["contribution"] for word in answer["words"]] == pytest.approx(contributions, abs=1e-3)


def test_its_queue_is_short_and_its_own(held: Held):
    with running({"bakery": held}, ServeSettings(explain_queue=2, drain=0)) as found, found.client() as client:
        explain, waits = held._classifier.explain, held._free

        def slow(texts, label=None):
            assert waits.wait(60)
            return explain(texts, label=label)

        held.explain = slow  # type: ignore[attr-defined]
        with held.held(), ThreadPoolExecutor(1) as threads:
            taken = threads.submit(client.post, "/v1/explain", json={"texts": ["a loaf", "a roll"]})
            while found.service.explainer.waiting < 2:
                pass
            answer = client.post("/v1/explain", json={"texts": "one more"})
            assert (answer.status_code, answer.json()["error"]["code"]) == (429, "queue_full")
            waits.set()
            assert len(taken.result().json()["explanations"]) == 2
