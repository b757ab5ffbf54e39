"""Where TF-IDF takes part, a form that cannot hold it is refused, with what leaving it out costs."""

import numpy as np
import pytest

import tunelet
from tunelet import Classifier
from tunelet.errors import ExportError


def test_the_refusal_gives_the_accuracy_with_it_and_without(blended_run, tmp_path):
    assert blended_run.summary.blend > 0
    with pytest.raises(ExportError) as refused:
        tunelet.export(blended_run, to="sentence-transformers", out=tmp_path / "out")
    accuracies = {each.name: each.accuracy for each in blended_run.evaluation.kept.candidates}
    for accuracy in (accuracies[blended_run.summary.kept], accuracies[f"{blended_run.summary.kept} + TF-IDF"]):
        assert f"{accuracy:.3f}" in refused.value.message
    assert "without_tfidf=True" in refused.value.hint


@pytest.mark.slow
def test_the_encoder_alone_has_a_temperature_of_its_own(blended_run, tmp_path):
    exported = tunelet.export(blended_run, to="sentence-transformers", out=tmp_path / "out", without_tfidf=True)
    own = next(each for each in blended_run.evaluation.kept.candidates if each.name == blended_run.summary.kept)
    assert exported.record.temperature == own.temperature
    assert exported.record.threshold is None
    assert not exported.record.tfidf
    from sentence_transformers import SentenceTransformer

    texts = ["warm rye loaf", "a cold and soggy one"]
    logits = SentenceTransformer(str(exported.folder), device="cpu").encode(texts)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(Classifier.load(exported.folder).probabilities(texts), probabilities, atol=1e-5)
