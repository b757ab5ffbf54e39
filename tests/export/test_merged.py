"""`merged`: transformers alone gives tunelet's probabilities, under tunelet's names."""

import numpy as np
import pytest
from transformers import pipeline

import tunelet
from tunelet import Classifier
from tunelet.errors import ExportError

SHORT = ["warm rye loaf", "a cold and soggy one", "what is this & that"]


def test_a_pipeline_gives_the_probabilities_under_the_same_names(merged, own_head_run):
    answers = pipeline("text-classification", model=str(merged.folder))(SHORT, truncation=True, top_k=None)
    expected = Classifier.load(own_head_run.path, device="cpu").probabilities(SHORT)
    found = [
        [{one["label"]: one["score"] for one in each}[name] for name in own_head_run.label_names] for each in answers
    ]
    np.testing.assert_allclose(found, expected, atol=5e-3)  # the run computes in bfloat16 where the processor does
    np.testing.assert_allclose(found, Classifier.load(merged.folder).probabilities(SHORT), atol=1e-5)


def test_it_was_run_back_and_says_so(merged):
    parity = merged.parity
    assert parity.texts == 12
    assert parity.largest_difference < 1e-5
    low, high = parity.figure.difference_ci
    assert low <= parity.figure.difference <= high
    assert parity.figure.name == "accuracy"
    assert parity.bytes > 0
    assert parity.texts_per_second > 0


def test_texts_that_transformers_cuts_elsewhere_are_counted_apart(merged):
    assert merged.parity.longer > 0
    assert any("longer" in note or "more than 24 tokens" in note for note in merged.notes)


@pytest.mark.slow
def test_where_texts_keep_their_beginning_all_of_them_agree(train, tmp_path):
    run = train("distilbert", model__pooling="first", training__probe=False, data__truncation="head")
    exported = tunelet.export(run, to="merged", out=tmp_path / "out")
    assert exported.parity.longer == 0
    assert exported.parity.largest_difference < 1e-5


def test_a_linear_head_on_the_mean_is_refused_with_what_can_hold_it(blended_run, tmp_path):
    with pytest.raises(ExportError, match="mean of all tokens") as refused:
        tunelet.export(blended_run, to="merged", out=tmp_path / "out", without_tfidf=True)
    assert "to='sentence-transformers'" in refused.value.hint
    assert "to='onnx'" in refused.value.hint
    assert not (tmp_path / "out").exists()


def test_it_names_no_folder_of_this_machine(merged, own_head_run, bakery):
    for name in ("README.md", "export.json", "config.json", "tokenizer_config.json", "tunelet.json"):
        content = (merged.folder / name).read_text(encoding="utf-8")
        for folder in (bakery.parent, own_head_run.path.parent, own_head_run.recipe.model.name):
            assert str(folder) not in content
