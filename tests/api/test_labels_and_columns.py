"""What labels and texts mean stays the same from training to evaluation and prediction."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tunelet
from brief import BRIEF
from tunelet import Classifier, Run
from tunelet.errors import DataError

pytestmark = pytest.mark.slow

SETTINGS = {
    "data.join_labels": True,
    "data.min_texts_per_label": 3,
    "training.epochs": 1,
    **BRIEF,
    "data.validation": "held-out",
    "evaluation.baseline": False,
}


def tickets(rows: int = 24) -> pd.DataFrame:
    """Two columns of texts, one of them emoji; labels in three spellings, and one that is rare."""
    labels = [("good", "bad", "Good", "bad", "good", "BAD")[row % 6] for row in range(rows)]
    labels[-1] = "odd"
    return pd.DataFrame(
        {
            "title": ["😀" if label.lower() == "good" else "🎬" for label in labels],
            "body": [f"<b>bread</b> number {row} was {labels[row].lower()}" for row in range(rows)],
            "label": labels,
        }
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Callable[[str], Path]) -> Run:
    out = tmp_path_factory.mktemp("columns") / "run"
    model = tiny_checkpoint("bert")
    return tunelet.train(tickets(), model=model, text=["title", "body"], settings=SETTINGS, out=out, quiet=True)


def test_the_run_says_what_was_joined_left_out_and_unreadable(run: Run) -> None:
    assert run.label_names == ("bad", "good")
    assert run.recipe.data.text_column == ["title", "body"]
    assert run.text_columns == ("title", "body")
    assert run.data.labels_left_out == ("odd",)
    assert run.data.dropped == {"label with too few texts": 1}
    assert 0.05 < run.data.tokens.parts["train"].unknown_share < 0.5
    joined, rare, unknown = run.data.warnings
    assert "joined" in joined
    assert "'odd'" in rare
    assert "unknown to the tokenizer" in unknown


def test_evaluation_reads_the_same_columns_and_labels(run: Run) -> None:
    found = tunelet.evaluate(run, tickets(12))
    assert found.text_column.value == "title + body"
    assert found.metrics.n == 11
    assert found.dropped == {"label left out of training, with too few texts": 1}
    assert any("'BAD' as 'bad'" in note for note in found.notes)
    with pytest.raises(DataError, match="labels 'mixed', 'other' were not among"):
        tunelet.evaluate(run, tickets(12).replace({"good": "mixed", "Good": "other"}))


def test_every_form_of_a_row_gets_the_same_probabilities(run: Run) -> None:
    classifier = Classifier.load(run)
    table = tickets(8)
    rows = list(zip(table["title"], table["body"], strict=True))
    expected = classifier.probabilities(rows)
    assert np.array_equal(classifier.probabilities(table), expected)
    assert np.array_equal(classifier.probabilities(table.to_dict("records")), expected)
    assert np.array_equal(classifier.probabilities([list(row) for row in rows]), expected)
    assert not np.allclose(classifier.probabilities([(body, title) for title, body in rows]), expected)
    for wrong in ("one text", ["a text", "another"], [("a", "b", "c")], table[["body"]]):
        with pytest.raises(DataError, match="'title'"):
            classifier.predict(wrong)


def test_a_file_is_predicted_from_the_same_columns(run: Run, tmp_path: Path) -> None:
    table = tickets(8)
    table.to_csv(tmp_path / "in.csv", index=False)
    tunelet.predict_file(run, tmp_path / "in.csv", tmp_path / "out.jsonl")
    written = pd.read_json(tmp_path / "out.jsonl", lines=True)
    expected = Classifier.load(run).probabilities(table)
    assert np.allclose(written["probability_good"], expected[:, 1])


def test_what_is_offered_to_type_fits_a_run_of_two_columns(run: Run) -> None:
    import io

    from rich.console import Console

    from tunelet.console import result_screen
    from tunelet.report import model_card

    screen = io.StringIO()
    result_screen(Console(file=screen, width=120), run)
    assert "--input FILE --output FILE" in screen.getvalue()
    assert 'predict([("your text", "your text")])' in model_card(run)
