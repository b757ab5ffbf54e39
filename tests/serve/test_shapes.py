"""Several labels a text and ratings in order over HTTP, beside a model of one label, whose answers stay as they are."""

from collections.abc import Iterator

import pytest

import tunelet
from served import Running, running
from several_labels import WORDS, priced, rated, rows
from tunelet import Classifier
from tunelet.errors import ServeError
from tunelet.serve._served import load_models

LABELS = [row["text"] for row in rows(20, 9)]
RATED = [str(row["text"]) for row in rated(6, 9)]


@pytest.fixture(scope="module")
def labels(labels_run) -> Classifier:
    return Classifier.load(labels_run)


@pytest.fixture(scope="module")
def ratings(ratings_run) -> Classifier:
    return Classifier.load(ratings_run)


@pytest.fixture(scope="module")
def shapes(labels, ratings, bakery) -> Iterator[Running]:
    with running({"labels": labels, "ratings": ratings, "bakery": bakery}) as found:
        yield found


def test_a_text_gets_its_labels_from_their_thresholds_on(shapes, labels):
    with shapes.client() as client:
        answer = client.post("/v1/predict", json={"texts": [*LABELS, ""], "model": "labels"}).json()
    for found, expected in zip(answer["predictions"], labels.predict([*LABELS, ""]), strict=True):
        assert list(found) == ["label", "probability", "probabilities", "labels"]
        assert found["labels"] == list(expected.labels)
        assert found["label"] == expected.label
        if expected.label is not None:
            assert found["probabilities"] == pytest.approx(expected.probabilities, abs=2e-3)
    assert answer["predictions"][-1] == {
        "label": None, "probability": None, "probabilities": dict.fromkeys(WORDS), "labels": [],
    }  # fmt: skip


def test_a_threshold_is_one_for_all_labels_and_run_is_the_runs_own(shapes):
    def given(threshold):
        asked = {"texts": LABELS[:4], "model": "labels", "threshold": threshold}
        answer = client.post("/v1/predict", json=asked).json()
        return [found["labels"] for found in answer["predictions"]]

    with shapes.client() as client:
        assert given(1.0) == [[]] * 4
        assert all(set(labels) == set(WORDS) for labels in given(0.0))
        assert given("run") == given(None)


def test_a_rating_has_its_mean_beside_it(shapes, ratings):
    with shapes.client() as client:
        answer = client.post("/v1/predict", json={"texts": RATED, "model": "ratings"}).json()
    for found, expected in zip(answer["predictions"], ratings.predict(RATED), strict=True):
        assert (found["label"], found["expected"]) == (expected.label, pytest.approx(expected.expected, abs=0.02))


@pytest.mark.parametrize(
    ("path", "model", "extra", "field"),
    [
        ("predict", "labels", {"min_confidence": 0.5}, "min_confidence"),
        ("predict", "ratings", {"threshold": 0.5}, "threshold"),
        ("explain", "ratings", {"label": "3"}, "label"),
        ("explain", "labels", {"label": "3"}, "label"),
    ],
)
def test_what_means_nothing_for_a_shape_is_refused_by_its_field(shapes, path, model, extra, field):
    with shapes.client() as client:
        answer = client.post(f"/v1/{path}", json={"texts": "a", "model": model} | extra)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


def test_words_are_those_of_the_classifier(shapes, labels, ratings):
    with shapes.client() as client:
        (found,) = client.post("/v1/explain", json={"texts": LABELS[1], "model": "labels"}).json()["explanations"]
        (one,) = client.post(
            "/v1/explain", json={"texts": LABELS[1], "model": "labels", "label": "love"}
        ).json()["explanations"]  # fmt: skip
        (rating,) = client.post("/v1/explain", json={"texts": RATED[:1], "model": "ratings"}).json()["explanations"]
    (expected,) = labels.explain([LABELS[1]])
    assert found["labels"] == list(expected.labels)
    assert [found["label"], *(other["label"] for other in found["others"])] == [each.label for each in expected.each]
    assert (one["label"], one["others"]) == ("love", [])
    (expected,) = ratings.explain(RATED[:1])
    assert rating["expected"] == pytest.approx(expected.expected, abs=0.02)
    assert rating["log_odds"] is None
    assert [word["contribution"] for word in rating["words"]] == pytest.approx(
        [word.contribution for word in expected.words], abs=5e-3
    )


def test_models_say_their_shape_and_one_of_one_label_says_what_it_always_did(shapes, service, labels_run):
    with shapes.client() as client, service.client() as alone:
        by_name = {model["name"]: model for model in client.get("/v1/models").json()["models"]}
        (bakery,) = alone.get("/v1/models").json()["models"]
        answers = [
            each.post("/v1/predict", json={"texts": "a loaf", "model": "bakery"}).json() for each in (client, alone)
        ]
        about = client.get("/v1/about", params={"model": "labels"}).json()
    assert by_name["bakery"] == bakery
    assert "shape" not in bakery
    assert [list(each["predictions"][0]) for each in answers] == [["label", "probability", "probabilities"]] * 2
    assert by_name["labels"]["shape"] == "multilabel"
    assert by_name["labels"]["separator"] == ";"
    assert by_name["labels"]["thresholds"] == dict(zip(WORDS, labels_run.facts.thresholds, strict=True))
    assert by_name["labels"]["metrics"]["f1_macro"]["value"] == labels_run.metrics.f1_macro
    assert by_name["ratings"]["shape"] == "ordinal"
    assert "thresholds" not in by_name["ratings"]
    values = {metric["name"]: metric["value"] for metric in about["metrics"]}
    assert values["F1, macro"] == labels_run.metrics.f1_macro
    assert about["roc"] is None


@pytest.fixture(scope="module")
def numbers(numbers_run) -> Classifier:
    return Classifier.load(numbers_run)


def test_a_number_comes_with_its_interval_and_its_words(numbers):
    texts = [str(row["text"]) for row in priced(5, 9)]
    with running({"prices": numbers}) as found, found.client() as client:
        answer = client.post("/v1/predict", json={"texts": [*texts, ""]}).json()
        (explained,) = client.post("/v1/explain", json={"texts": texts[0]}).json()["explanations"]
        (model,) = client.get("/v1/models").json()["models"]
        assert client.post("/v1/explain", json={"texts": texts[0], "label": "3"}).json()["error"]["field"] == "label"
    for each, expected in zip(answer["predictions"], numbers.predict(texts), strict=False):
        assert [each[name] for name in ("value", "low", "high")] == pytest.approx(
            [expected.value, expected.low, expected.high], rel=1e-3
        )
    assert answer["predictions"][-1]["value"] is None
    assert explained["number"] == pytest.approx(answer["predictions"][0]["value"], rel=1e-3)
    assert (model["shape"], model["labels"]) == ("regression", [])
    assert "mae" in model["metrics"]


@pytest.mark.parametrize("name", ["labels", "ratings", "numbers"])
def test_the_description_of_a_service_has_examples_that_are_answered(name, labels, ratings, numbers):
    models = {"labels": labels, "ratings": ratings, "numbers": numbers}
    with running({name: models[name]}) as found, found.client() as client:
        schemas = client.get("/openapi.json").json()["components"]["schemas"]
        for path, schema in (("/v1/predict", "Predict"), ("/v1/explain", "Explain")):
            for field, described in schemas[schema]["properties"].items():
                assert described["description"], field
                for example in described["examples"]:
                    answer = client.post(path, json={"texts": "a loaf", field: example})
                    assert answer.status_code == 200, (field, example, answer.text)
    answered = {"labels": "LabelsPredicted", "ratings": "RatingPredicted", "numbers": "NumberPredicted"}[name]
    assert all("description" in field for field in schemas[answered]["properties"].values())
    assert answered in str(schemas["PredictAnswer"])
    assert "TextPrediction" not in schemas


def test_an_export_is_served_like_its_run(labels_run, labels, tmp_path):
    exported = tunelet.export(labels_run, to="onnx", out=tmp_path / "labels", check=LABELS)
    with running({"labels": Classifier.load(exported.folder)}) as found, found.client() as client:
        answer = client.post("/v1/predict", json={"texts": LABELS}).json()
        (model,) = client.get("/v1/models").json()["models"]
    for row, expected in zip(answer["predictions"], labels.predict(LABELS), strict=True):
        assert row["probabilities"] == pytest.approx(expected.probabilities, abs=3e-2)
    assert model["explains"] is False
    assert set(model["thresholds"]) == set(WORDS)


def test_a_shape_that_no_service_knows_is_refused_before_it_starts(labels_run, monkeypatch):
    monkeypatch.setattr("tunelet.serve._shapes._SHAPES", {})
    with pytest.raises(ServeError, match="multilabel"):
        load_models(labels_run)
