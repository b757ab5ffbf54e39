"""The model card of several labels a text is one that huggingface_hub reads, with each label's threshold."""

import pytest
from huggingface_hub import ModelCard

from several_labels import WORDS
from tunelet.report import model_card
from tunelet.report._shaped_card import shaped_card

pytestmark = pytest.mark.slow


def test_metadata_holds_the_figures_that_the_hub_knows(labels_run):
    card = ModelCard(model_card(labels_run), ignore_metadata_errors=False)
    found = {result.metric_name: (result.metric_type, result.metric_value) for result in card.data.eval_results}
    assert found["F1, macro"] == ("f1", round(labels_run.metrics.f1_macro, 4))
    assert found["all labels right"][0] == "accuracy"
    assert "multilabel" in card.data.tags
    assert card.data.library_name == "peft"


def test_each_label_stands_with_its_threshold_and_the_baselines_with_a_verdict(labels_run):
    text = ModelCard(model_card(labels_run)).text
    for row in labels_run.metrics.per_label:
        assert f"| `{row.label}` | {row.threshold:.4f} |" in text
    assert all(f"`{name}`" in text for name in WORDS)
    assert "Kept is" in text
    assert "Licence" in text


def test_the_card_of_an_export_has_the_thresholds_of_what_was_exported_and_no_folder(labels_run):
    from dataclasses import replace

    task = replace(labels_run.task, thresholds=(0.25,) * len(WORDS))
    notes = ["Figures of both."]
    text = shaped_card(labels_run, "", name="moods", use="Open it.", task=task, notes=notes)
    assert text.count("| 0.2500 |") == len(WORDS)
    assert "Figures of both." in text
    assert "library_name" not in text
    assert str(labels_run.path) not in text
