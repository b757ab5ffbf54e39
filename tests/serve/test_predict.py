"""`POST /v1/predict` and its neighbours, over a real connection: what comes back, and in which form it is refused."""

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

import tunelet
from served import Held, Running, running
from tunelet import Classifier
from tunelet.serve import ServeSettings
from tunelet.serve._problems import STATUSES

JSON = {"content-type": "application/json"}


def predict(found: Running, **body: Any) -> httpx.Response:
    with found.client() as client:
        return client.post("/v1/predict", json=body)


def refused(answer: httpx.Response, status: int, field: str | None = None) -> str:
    """The message of an error of the one form."""
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert answer.json().keys() == {"error"}
    assert (error["code"], error["field"]) == (STATUSES[status][0], field), error
    assert error["message"]
    return str(error["message"])


def test_the_answer_is_what_the_classifier_gives(service, bakery):
    texts = ["warm rye loaf", "cold burnt roll number 9", "something else"]
    answer = predict(service, texts=texts).json()
    assert answer["model"] == "bakery"
    for found, expected in zip(answer["predictions"], bakery.predict(texts), strict=True):
        assert found["label"] == expected.label
        assert found["probability"] == pytest.approx(expected.probability, abs=2e-3)
        assert found["probabilities"] == pytest.approx(expected.probabilities, abs=2e-3)


def test_one_text_needs_no_list_and_a_text_with_nothing_to_read_has_no_label(service):
    assert len(predict(service, texts="warm rye loaf").json()["predictions"]) == 1
    nothing, there = predict(service, texts=[" <br /> ", "a loaf"]).json()["predictions"]
    assert nothing == {"label": None, "probability": None, "probabilities": {"good": None, "bad": None}}
    assert there["label"] in ("good", "bad")


def test_threshold_and_least_confidence_are_those_of_the_classifier(service, bakery):
    texts = ["warm rye loaf", "cold burnt roll"]
    for options in ({"threshold": 0.0}, {"threshold": 1}, {"threshold": "run"}, {"min_confidence": 1.0}):
        found = predict(service, texts=texts, **options).json()["predictions"]
        assert [one["label"] for one in found] == [one.label for one in bakery.predict(texts, **options)]
    assert [one["label"] for one in predict(service, texts=texts, min_confidence=1.0).json()["predictions"]] == [
        None
    ] * 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "texts"),
        ({"texts": []}, "texts"),
        ({"texts": ["a"] * 257}, "texts"),
        ({"texts": None}, "texts"),
        ({"texts": 3}, "texts"),
        ({"texts": {"note": "a"}}, "texts"),
        ({"texts": ["a", 3]}, "texts.1"),
        ({"texts": ["a", None]}, "texts.1"),
        ({"texts": ["a", ["b"]]}, "texts.1"),
        ({"texts": ["a", "b" * 100_001]}, "texts.1"),
        ({"texts": "b" * 100_001}, "texts"),
        ({"texts": ["a", "\ud800"]}, "texts.1"),
        ({"texts": "a", "threshold": 1.5}, "threshold"),
        ({"texts": "a", "threshold": True}, "threshold"),
        ({"texts": "a", "threshold": "walk"}, "threshold"),
        ({"texts": "a", "min_confidence": "0.5"}, "min_confidence"),
        ({"texts": "a", "min_confidence": float("nan")}, "min_confidence"),
        ({"texts": "a", "deadline": 0}, "deadline"),
        ({"texts": "a", "deadline": 11}, "deadline"),
        ({"texts": "a", "model": 3}, "model"),
        ({"texts": "a", "text": "b"}, "text"),
        ({"texts": "a", "\ud800": "b"}, None),
        ({"texts": "a", "\0\x1b[31m": "b"}, "\0\x1b[31m"),
        ([], None),
        ("texts", None),
        (None, None),
    ],
    ids=lambda value: str(value)[:30].encode("ascii", "replace").decode(),
)
def test_a_field_that_does_not_do_is_named(service, body, field):
    with service.client() as client:
        refused(client.post("/v1/predict", content=json.dumps(body), headers=JSON), 422, field)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"texts": "a", "texts": "b"}', "texts"),
        (b'{"texts": "a", "model": null, "t\\u0065xts": "b"}', "texts"),
        (b'{"texts": {"note": "a", "note": {"b": 1, "b": 2}}}', "texts.note"),
        (b'{"texts": ["a", {"title": "a", "note": "b", "note": "b"}]}', "texts.1.note"),
        (b'{"texts": "a", "x": {"b": 1, "b": 2}, "x": 3}', "x"),
        (b'[{"a": 1, "a": 1}]', "0.a"),
    ],
)
def test_a_field_that_is_there_twice_is_named(service, body, field):
    with service.client() as client:
        refused(client.post("/v1/predict", content=body, headers=JSON), 422, field)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"texts": "\xff"}',
        b'{"texts": "a"} more',
        b"[" * 100_000,
        b'{"texts":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"texts": ' + b"9" * 5000 + b"}",
    ],
    ids=["nothing", "cut", "not UTF-8", "more", "lists", "objects", "digits"],
)
def test_what_is_no_json_in_utf8_is_refused(service, body):
    with service.client() as client:
        answer = client.post("/v1/predict", content=body, headers=JSON)
        if body:
            refused(answer, 400)
        else:
            refused(answer, 422)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
def test_another_kind_of_body_is_refused(service, headers):
    with service.client() as client:
        refused(client.post("/v1/predict", content=b'{"texts": "a"}', headers=headers), 415)


def test_json_may_say_that_it_is_utf8(service):
    with service.client() as client:
        headers = {"content-type": 'Application/JSON; Charset="UTF-8"'}
        assert client.post("/v1/predict", content=b'{"texts": "a"}', headers=headers).status_code == 200


def test_other_paths_and_methods_are_refused_whatever_is_sent(service):
    with service.client() as client:
        refused(client.get("/v1/"), 404)
        refused(client.post("/v1/other", content=b"\xff" * 2_000_000), 404)
        refused(client.get("/docs"), 404)
        answer = client.get("/v1/predict")
        refused(answer, 405)
        assert answer.headers["allow"] == "POST"


def test_many_clients_at_once_each_get_the_answers_to_their_own_texts(service, bakery):
    def ask(client_number: int) -> None:
        with service.client() as client:
            for number in range(4):
                texts = [f"loaf {client_number} {number} {row} " * (row + 1) for row in range(1 + client_number % 4)]
                found = client.post("/v1/predict", json={"texts": texts}).json()["predictions"]
                rows = [[one["probabilities"][name] for name in bakery.label_names] for one in found]
                assert rows == pytest.approx(bakery.probabilities(texts), abs=2e-3)

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(ask, range(12)))


def test_over_the_queue_429_says_when_to_come_back_and_nothing_taken_is_lost(held: Held):
    with running({"bakery": held}, ServeSettings(queue=6, max_texts=3, drain=0)) as found, found.client() as client:
        with held.held(), ThreadPoolExecutor(2) as threads:
            taken = [threads.submit(predict, found, texts=["a loaf", "a roll", "toast"]) for _ in range(2)]
            while found.service.batcher.waiting < 6:
                pass
            answer = client.post("/v1/predict", json={"texts": "one more"})
            refused(answer, 429)
            assert int(answer.headers["retry-after"]) >= 1
            assert client.get("/readyz").status_code == 200  # answered while the model computes
            held._free.set()
            assert all(len(one.result().json()["predictions"]) == 3 for one in taken)
        assert client.post("/v1/predict", json={"texts": "one more"}).status_code == 200
        figures = client.get("/metrics").text
    assert 'tunelet_rejected_total{reason="queue"} 1.0' in figures
    assert 'tunelet_texts_total{model="bakery"} 7.0' in figures
    assert 'tunelet_queue_texts{work="predict"} 0.0' in figures


def test_past_its_deadline_a_request_is_answered_504_and_not_computed(held: Held):
    with running({"bakery": held}, ServeSettings(drain=0)) as found, held.held(), ThreadPoolExecutor(1) as threads:
        first = threads.submit(predict, found, texts="first")
        held.wait_until_asked()
        refused(predict(found, texts="late", deadline=0.5), 504)
        held._free.set()
        assert first.result().status_code == 200
    assert "late" not in {text for batch in held.batches for text in batch}


def test_a_text_that_breaks_the_model_is_a_fault_that_says_nothing_of_the_text(held: Held, capfd):
    held.breaks_on = "burnt"
    with running({"bakery": held}) as found, found.client() as client:
        message = refused(client.post("/v1/predict", json={"texts": "a burnt secret"}), 500)
        assert "secret" not in message
        assert client.post("/v1/predict", json={"texts": "a loaf"}).status_code == 200


def test_several_models_answer_by_name(bakery, columns, train: Callable[..., Any]):
    three = Classifier.load(train("three", 3))
    with running({"bakery": bakery, "columns": columns, "three": three}) as found:
        assert "bakery, columns, three" in refused(predict(found, texts="a"), 422, "model")
        refused(predict(found, texts="a", model="other"), 404, "model")
        answer = predict(found, texts="a loaf", model="three").json()
        assert answer["model"] == "three"
        assert list(answer["predictions"][0]["probabilities"]) == list(three.label_names)
        refused(predict(found, texts="a", model="three", threshold=0.3), 422, "threshold")
        both = {"title": "bakery", "note": "warm rye loaf"}
        (answered,) = predict(found, texts=both, model="columns").json()["predictions"]
        assert answered["probabilities"] == pytest.approx(columns.predict([both])[0].probabilities, abs=2e-3)
        refused(predict(found, texts="a", model="columns"), 422, "texts")
        refused(predict(found, texts=[{"title": "bakery"}], model="columns"), 422, "texts.0.note")
        refused(predict(found, texts=[both | {"x": "y"}], model="columns"), 422, "texts.0.x")
        refused(predict(found, texts=[both | {"note": 3}], model="columns"), 422, "texts.0.note")
        with found.client() as client:
            listed = client.get("/v1/models").json()
        assert [model["name"] for model in listed["models"]] == ["bakery", "columns", "three"]
        assert listed["models"][1]["text_columns"] == ["title", "note"]


def test_models_are_listed_with_labels_metrics_and_limits(service, bakery):
    with service.client() as client:
        listed = client.get("/v1/models").json()
    (model,) = listed["models"]
    run = bakery.run
    assert model["labels"] == list(run.label_names)
    assert model["metrics"]["accuracy"] == {"value": run.metrics.accuracy, "interval": list(run.metrics.accuracy_ci)}
    assert (model["n"], model["threshold"]) == (run.metrics.n, run.summary.threshold)
    assert listed["limits"]["texts"] == 128


def test_what_watches_over_it_is_answered(service):
    with service.client() as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get("/readyz").json() == {"status": "ready"}
        client.get("/no/such/path")
        client.request("PUT", "/v1/predict")
        figures = client.get("/metrics")
    assert figures.headers["content-type"].startswith("text/plain")
    assert 'path="other",status="404"' in figures.text
    assert 'method="other",path="/v1/predict"' in figures.text
    assert "/no/such/path" not in figures.text


def test_a_path_with_a_slash_too_many_is_none_and_leads_nowhere_else(service):
    with service.client() as client:
        answer = client.post("/v1/predict/", json={"texts": "a loaf"}, headers={"host": "localhost"})
        refused(answer, 404)
        assert "location" not in answer.headers


def test_head_is_answered_as_get_is_but_without_a_body(service):
    with service.client() as client:
        for path in ("/healthz", "/readyz", "/v1/models", "/openapi.json"):
            asked, head = client.get(path), client.head(path)
            assert (head.status_code, head.content) == (200, b"")
            assert head.headers["content-length"] == asked.headers["content-length"]
        assert client.head("/v1/predict").status_code == 405
        assert client.head("/v1/models", headers={"host": "attacker.example"}).status_code == 400
        assert client.get("/healthz").json() == {"status": "ok"}  # the connection is in step
        assert 'method="HEAD",path="/v1/models",status="200"' in client.get("/metrics").text


def test_a_host_of_another_name_is_refused_where_there_is_no_token(service):
    with service.client() as client:
        refused(client.get("/v1/models", headers={"host": "attacker.example"}), 400)
        refused(client.get("/v1/models", headers={"host": "127.0.0.1.attacker.example:80"}), 400)
        assert client.get("/v1/models", headers={"host": "localhost:1"}).status_code == 200


@pytest.mark.parametrize("log_texts", [False, True])
def test_the_log_has_a_line_a_request_and_texts_where_asked(bakery, caplog, log_texts):
    caplog.set_level(logging.INFO, "tunelet.serve")
    with running({"bakery": bakery}, ServeSettings(drain=0, log_texts=log_texts)) as found, found.client() as client:
        client.post("/v1/predict?secret=query", json={"texts": ["a secret loaf", "a roll"]})
        client.get("/a%1b%5b31m%0aline")
    said = [record.getMessage() for record in caplog.records]
    (line,) = [line for line in said if line.startswith("POST")]
    assert line.startswith("POST /v1/predict 200 ")
    assert "2 texts" in line
    assert "query" not in line
    assert ("secret loaf" in line) == log_texts
    from tunelet.serve._log import _OneLine

    written = [_OneLine().format(record) for record in caplog.records]
    assert any("/a\\x1b[31m\\nline 404" in line for line in written)
    assert all(line.isprintable() for line in written)


@pytest.mark.slow
def test_an_export_is_served_as_its_run_is_but_has_no_metrics_and_explains_nothing(bakery_run, bakery, tmp_path):
    tunelet.export(bakery_run, to="onnx", out=tmp_path / "onnx", check=["warm rye loaf", "cold burnt roll"])
    with running({"onnx": Classifier.load(tmp_path / "onnx")}) as found, found.client() as client:
        texts = ["warm rye loaf", "", "cold burnt roll number 9"]
        answers = client.post("/v1/predict", json={"texts": texts}).json()["predictions"]
        assert answers[1]["label"] is None
        for answer, expected in zip(answers[::2], bakery.predict(texts[::2]), strict=True):
            assert answer["probabilities"] == pytest.approx(expected.probabilities, abs=1e-2)
        (model,) = client.get("/v1/models").json()["models"]
        assert (model["labels"], model["metrics"], model["n"]) == (list(bakery.label_names), {}, None)
        assert "explains nothing" in refused(client.post("/v1/explain", json={"texts": "a"}), 422, "model")
