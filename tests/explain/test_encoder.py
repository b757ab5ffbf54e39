"""Integrated gradients of a classifier: complete, the same in kernels as in modules, and the same as captum's."""

import numpy as np
import pytest
import torch

from classifiers import NAMES, classifier_of, disturb
from encoders import minilm_folder
from tunelet.data import join_fields
from tunelet.evaluation import train_baseline
from tunelet.explain import ExplainedModel, explain_text
from tunelet.explain._odds import log_odds, log_odds_gradient, torch_log_odds
from tunelet.model import embedded_texts, load_tokenizer

pytestmark = pytest.mark.slow
TEXT = "A fine film, but the ending isn't worth the wait."


def model_of(folder, *, several_fields=False, max_length=64, tfidf=None, blend=0.0, temperature=1.0, **ways):
    classifier = classifier_of(folder, pooling="mean", rank=4, **ways)
    disturb(classifier)
    return ExplainedModel(
        classifier=classifier,
        tokenizer=load_tokenizer(minilm_folder()),
        max_length=max_length,
        truncation="head",
        several_fields=several_fields,
        encoder=0.8,
        tfidf=tfidf,
        blend=blend,
        temperature=temperature,
    )


def contributions(explanation):
    return np.array([word.contribution for word in explanation.words])


@pytest.fixture
def tfidf():
    texts = [f"{word} film number {n}" for n in range(10) for word in ("awful", "fine", "great")]
    labels = np.array([0, 1, 2] * 10)
    return train_baseline(texts, labels, texts, labels, 3)


@pytest.mark.parametrize("ways", [{}, {"packing": "padded"}], ids=["kernels", "modules"])
@pytest.mark.parametrize("label", range(3))
def test_contributions_sum_to_the_log_odds_less_those_of_the_reference(tiny_checkpoint, tfidf, ways, label):
    model = model_of(tiny_checkpoint("bert"), tfidf=tfidf, blend=0.5, temperature=1.7, **ways)
    explanation = explain_text(model, TEXT, label, (TEXT,))
    assert explanation.completeness_error <= 0.01
    expected = explanation.log_odds - explanation.reference_log_odds
    assert contributions(explanation).sum() == pytest.approx(expected, rel=0.011)
    assert explanation.reference == "[MASK]"


def test_kernels_give_the_words_of_the_modules(tiny_checkpoint, tfidf):
    found = [
        contributions(explain_text(model_of(tiny_checkpoint("bert"), tfidf=tfidf, blend=0.5, **ways), TEXT, 1, (TEXT,)))
        for ways in ({}, {"packing": "padded"})
    ]
    np.testing.assert_allclose(*found, atol=1e-4 * np.abs(found[0]).max())


def test_tokens_are_those_of_captum(tiny_checkpoint, monkeypatch):
    from captum.attr import IntegratedGradients

    monkeypatch.setattr("tunelet.explain._completeness._ENOUGH", 1e-9)
    monkeypatch.setattr("tunelet.explain._completeness._NEGLIGIBLE", 0.0)

    model = model_of(tiny_checkpoint("distilbert"))
    ours = explain_text(model, TEXT, 2, (TEXT,), most_steps=64)
    spans, (mask, _) = model.spans(TEXT), model.reference()
    with embedded_texts(model.classifier, spans.token_ids) as copies:
        text = copies.embeddings()
        reference = copies.embeddings(np.where(spans.special, spans.token_ids, mask))
        gradients = IntegratedGradients(lambda embeddings: torch_log_odds(0.8 * copies.logits(embeddings), 2))
        theirs = gradients.attribute(text[None], reference[None], n_steps=100)[0].sum(dim=1)
    words = contributions(ours)
    assert words.sum() == pytest.approx(float(theirs.sum()), rel=1e-3)
    assert theirs[0] == 0  # of the special token in front
    first = sum(float(each) for each, end in zip(theirs, spans.ends, strict=True) if 0 < end <= len("A fine"))
    assert words[:2].sum() == pytest.approx(first, rel=1e-3)


def test_steps_are_halved_until_the_sum_is_right_or_the_limit_is_reached(tiny_checkpoint, monkeypatch):
    model = model_of(tiny_checkpoint("bert"))
    rough = explain_text(model, TEXT, 0, (TEXT,), most_steps=8)
    assert rough.steps == 8
    monkeypatch.setattr("tunelet.explain._completeness._ENOUGH", 1e-9)
    monkeypatch.setattr("tunelet.explain._completeness._NEGLIGIBLE", 0.0)
    fine = explain_text(model, TEXT, 0, (TEXT,), most_steps=64)
    assert fine.steps == 64
    assert fine.completeness_error < rough.completeness_error


def test_what_is_cut_out_is_not_read_and_contributes_nothing(tiny_checkpoint):
    explanation = explain_text(model_of(tiny_checkpoint("bert"), max_length=8), TEXT, 0, (TEXT,))
    read = [word.text for word in explanation.words if word.read]
    assert read == ["A", "fine", "film", ",", "but", "the"]
    assert all(word.contribution == pytest.approx(0, abs=1e-12) for word in explanation.words if not word.read)


def test_words_know_their_field(tiny_checkpoint):
    fields = ("A fine film", "", "but too long")
    explanation = explain_text(model_of(tiny_checkpoint("bert"), several_fields=True), join_fields(fields), 0, fields)
    assert [(word.field, word.text) for word in explanation.words] == [
        (0, "A"), (0, "fine"), (0, "film"), (2, "but"), (2, "too"), (2, "long"),
    ]  # fmt: skip
    assert explanation.completeness_error <= 0.01


def test_log_odds_in_numpy_and_torch_and_their_gradient_agree():
    logits = np.random.default_rng(0).normal(size=(5, len(NAMES)))
    for label in range(len(NAMES)):
        tensor = torch.from_numpy(logits).requires_grad_()
        odds = torch_log_odds(tensor, label)
        (gradient,) = torch.autograd.grad(odds.sum(), tensor)
        np.testing.assert_allclose(log_odds(logits, label), odds.detach().numpy())
        np.testing.assert_allclose(log_odds_gradient(logits, label), gradient.numpy())
        probability = torch.softmax(tensor, dim=1)[:, label].detach().numpy()
        np.testing.assert_allclose(log_odds(logits, label), np.log(probability / (1 - probability)))
