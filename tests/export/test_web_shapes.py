"""`web` of several labels a text and of ratings: a real browser gives the labels and the mean that tunelet gives."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tunelet
from browsers import LOOKS_AT_PAGES
from several_labels import priced, rated, rows
from static_site import static_site
from tunelet import Classifier
from tunelet.errors import ExportError

pytestmark = LOOKS_AT_PAGES
TEXTS = {
    "labels": [*(row["text"] for row in rows(16, 9)), "", "happy " * 300],
    "ratings": [*(str(row["text"]) for row in rated(10, 9)), ""],
    "numbers": [*(str(row["text"]) for row in priced(10, 9)), ""],
}
ASK = "async (texts) => (await import('./page/source.js')).predict('', texts)"
EXPLAIN = "async ([text, label]) => (await import('./page/source.js')).explain('', text, undefined, label ?? undefined)"


@pytest.fixture(scope="module", params=list(TEXTS))
def opened(request, browser, shaped_runs, tmp_path_factory) -> Iterator[tuple[str, Any, Any]]:
    """The name of a shape, its export, and the page of it in a browser."""
    out = tmp_path_factory.mktemp("web") / request.param
    try:
        exported = tunelet.export(shaped_runs[request.param], to="web", out=out, check=TEXTS[request.param][:-1])
    except ExportError as error:
        if "cannot be had" in error.message:
            pytest.skip(f"the npm registry is out of reach: {error.message}")
        raise
    page = browser.new_page()
    with static_site(out.parent) as address:
        page.goto(f"{address}{request.param}/")
        page.wait_for_selector("#text:not([hidden])")
        yield request.param, exported, page
        page.close()


def test_answers_are_those_of_tunelet(opened):
    name, exported, page = opened
    classifier = Classifier.load(exported.folder)
    found = page.evaluate(ASK, TEXTS[name])
    for answer, expected in zip(found, classifier.predict(TEXTS[name]), strict=True):
        if expected.label is None:
            assert answer["label"] is None
            continue
        if name == "numbers":
            ends = [answer[each] for each in ("value", "low", "high")]
            assert ends == pytest.approx([expected.value, expected.low, expected.high], rel=1e-5)
            continue
        assert answer["label"] == expected.label
        assert answer["probabilities"] == pytest.approx(expected.probabilities, abs=1e-5)
        if name == "labels":
            assert answer["labels"] == list(expected.labels)
        else:
            assert answer["expected"] == pytest.approx(expected.expected, abs=1e-4)


def test_words_are_of_the_label_that_is_asked_for(opened):
    name, exported, page = opened
    classifier, text = Classifier.load(exported.folder), TEXTS[name][1]
    label = "love" if name == "labels" else None
    found = page.evaluate(EXPLAIN, [text, label])
    word = found["words"][1]
    pair = classifier.probabilities([text, text[: word["start"]] + text[word["end"] :]])
    if name == "numbers":
        values = pair[:, 0]
    elif label is None:
        values = pair @ [float(each) for each in classifier.label_names]
    else:
        p = pair[:, classifier.label_names.index(label)]
        values = np.log(p / (1 - p))
        assert found["label"] == label
    assert word["weight"] == pytest.approx(values[0] - values[1], abs=1e-3, rel=1e-3)


def test_the_page_shows_what_the_run_came_to(opened):
    name, exported, page = opened
    page.locator(".about table").wait_for()
    expected = "F1, macro" if name == "labels" else "mean absolute error"
    assert expected in page.locator(".about table").inner_text()
    said = json.loads((exported.folder / "browser.json").read_text())
    assert said["shape"] == exported.record.shape
    assert "sigmoid" in (exported.folder / "README.md").read_text() or name != "labels"
