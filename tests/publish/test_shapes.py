"""What is published of runs of several labels a text and of ratings: all that predicts and judges, and no text."""

import json

import numpy as np
import pytest

from several_labels import WORDS, priced, rated, rows
from tunelet import Run
from tunelet.publish import published

pytestmark = pytest.mark.slow


@pytest.fixture(params=["labels_run", "ratings_run", "numbers_run"])
def run(request) -> Run:
    return request.getfixturevalue(request.param)


@pytest.fixture
def there(run, tmp_path) -> Run:
    """The published run, as somebody else has it."""
    for name, content in published(run, "feelings").items():
        path = tmp_path / "feelings" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.read_bytes())
    return Run.load(tmp_path / "feelings")


def test_its_records_say_the_same_of_shape_figures_and_thresholds(run, there):
    assert there.data.task.value == run.data.task.value
    assert there.data.separator == run.data.separator
    assert there.label_names == run.label_names
    assert there.task.thresholds == run.task.thresholds
    main = run.metrics.main
    assert there.metrics.value(main) == run.metrics.value(main)
    assert there.metrics.interval(main) == run.metrics.interval(main)
    assert there.recipe.data.task == run.recipe.data.task


def test_no_text_of_the_data_leaves_and_card_and_report_speak_of_the_shape(run):
    files = published(run, "feelings")
    assert {"README.md", "report.html", "metrics.json", "data.json", "adapter/adapter_model.safetensors"} <= set(files)
    said = b"\n".join(content for content in files.values() if isinstance(content, bytes))
    texts = {"multilabel": rows, "ordinal": rated, "regression": priced}[run.data.task.value](60, 2)
    for row in texts:
        assert str(row["text"]).encode() not in said
    assert str(run.path).encode() not in said
    card = files["README.md"].decode()
    said = {"multilabel": tuple(WORDS), "ordinal": ("ratings in order",), "regression": ("a number",)}
    for name in said[run.data.task.value]:
        assert name in card
    metrics = json.loads(files["metrics.json"])
    assert metrics["run"] == "feelings"
    assert np.isfinite(metrics[run.metrics.main])


def test_texts_are_quoted_where_they_are_asked_for(run):
    without, quoted = (published(run, "feelings", texts=texts)["report.html"] for texts in (False, True))
    for error in run.shaped_evaluation.errors[:1]:
        assert error.text.encode() not in without
        assert error.text.encode() in quoted
