"""What the page in the browser makes of logits is what tunelet makes of them, for every shape of labels."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from browsers import LOOKS_AT_PAGES
from static_site import static_site
from tunelet.classifier import decision_of
from tunelet.data import TaskName
from tunelet.page import files
from tunelet.run import Task

pytestmark = LOOKS_AT_PAGES
NAMES: dict[TaskName, tuple[str, ...]] = {
    "regression": (),
    "multiclass": ("bad", "__proto__", "so so"),
    "multilabel": ("10", "2", "anger", "joy"),
    "ordinal": ("1", "2", "3.5", "5", "10"),
}
DECIDED = """async ([logits, record]) => {
    const { deciding } = await import("./page/deciding.js");
    const decides = deciding(record);
    return logits.map((each) => {
        const row = decides.probabilities(each);
        const answer = decides.answer(row, record);
        const label = decides.explained(answer, record, undefined, row);
        return { row, answer, label, value: decides.value(row, label, record) };
    });
}"""


@pytest.fixture(scope="module")
def page(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("deciding")
    for name, content in files("browser").items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "blank.html").write_text("<!doctype html><title>blank</title>")
    opened = browser.new_page()
    with static_site(folder) as address:
        opened.goto(f"{address}blank.html")
        yield opened
    opened.close()


@pytest.mark.parametrize("shape", list(NAMES))
def test_answers_are_those_of_python(page, shape):
    names, random = NAMES[shape], np.random.default_rng(3)
    reach = 2.5 if shape == "regression" else None
    thresholds = tuple(random.uniform(0.2, 0.8, len(names))) if shape == "multilabel" else ()
    task = Task(
        names, ("text",), "label", clean_markup=True, positive=None, threshold=None, shape=shape,
        separator=";" if shape == "multilabel" else "", thresholds=thresholds, reach=reach,
    )  # fmt: skip
    logits = random.normal(size=(60, len(task.outputs))) * 4
    probabilities = task.output.probabilities(logits)
    record = {"labels": names, "shape": shape, "separator": task.separator, "thresholds": thresholds, "reach": reach}
    if shape == "multiclass":
        record = {"labels": names}
    found = page.evaluate(DECIDED, [logits.tolist(), record])
    np.testing.assert_allclose([each["row"] for each in found], probabilities, atol=1e-12)
    answers = decision_of(task, threshold=None, min_confidence=None).predictions(probabilities)
    for each, row, expected in zip(found, probabilities, answers, strict=True):
        assert shape == "regression" or each["answer"]["label"] == expected.label
        if shape == "regression":
            ends = [each["answer"][name] for name in ("value", "low", "high")]
            assert ends == pytest.approx([expected.value, expected.low, expected.high])
            assert each["value"] == expected.value
            continue
        if shape == "multilabel":
            assert each["answer"]["labels"] == list(expected.labels)
            assert names[each["label"]] == (expected.labels or (names[int(row.argmax())],))[0]
        if shape == "ordinal":
            assert each["answer"]["expected"] == pytest.approx(expected.expected)
            assert each["value"] == pytest.approx(expected.expected)
        else:
            p = row[each["label"]]
            assert each["value"] == pytest.approx(np.log(p / (1 - p)), rel=1e-5)
