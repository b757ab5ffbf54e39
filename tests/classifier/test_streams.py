"""More texts than are to be held: a generator is read as it is classified, a bounded number of texts at a time."""

from itertools import count, islice

import numpy as np
import pytest

from tunelet import BaselineClassifier, Classifier
from tunelet.classifier import _base
from tunelet.errors import DataError

pytestmark = pytest.mark.slow

CHUNK = 8


@pytest.fixture(scope="module", params=[Classifier, BaselineClassifier])
def classifier(request, bakery_run):
    return request.param.load(bakery_run)


@pytest.fixture(autouse=True)
def _short_chunks(monkeypatch):
    monkeypatch.setattr(_base, "_CHUNK", CHUNK)


def visits(read=None):
    for n in count():
        if read is not None:
            read.append(n)
        yield f"visit number {n} " * (1 + n % 5)


def test_an_endless_generator_is_read_no_further_than_the_answers_need(classifier):
    read = []
    answers = classifier.predict_iter(visits(read))
    assert not read
    first = list(islice(answers, CHUNK))
    assert len(read) == CHUNK + 1  # the text that did not fit
    assert first == classifier.predict(list(islice(visits(), CHUNK)))
    next(answers)
    assert len(read) == 2 * CHUNK + 1


def test_no_more_texts_than_a_chunk_are_tokenised_together(classifier, monkeypatch):
    sizes = []
    own = type(classifier)._logits

    def counting(self, texts):
        sizes.append(len(texts))
        return own(self, texts)

    monkeypatch.setattr(type(classifier), "_logits", counting)
    texts = list(islice(visits(), 3 * CHUNK + 1))
    for given in (texts, iter(texts)):
        sizes.clear()
        assert len(classifier.predict(given)) == len(texts)
        assert sizes == [CHUNK, CHUNK, CHUNK, 1]
    sizes.clear()
    classifier.logits(["a" * 2**21, "b" * 2**21, "c"])
    assert sizes == [2, 1]


def test_the_answers_of_chunks_stand_in_the_order_of_the_texts(classifier, monkeypatch):
    texts = [*islice(visits(), 20), "", *islice(visits(), 5)]
    found = classifier.predict(texts)
    monkeypatch.setattr(_base, "_CHUNK", 100)
    whole = classifier.predict(texts)
    assert [prediction.label for prediction in found] == [prediction.label for prediction in whole]
    np.testing.assert_allclose(
        [list(prediction.probabilities.values()) for prediction in found],
        [list(prediction.probabilities.values()) for prediction in whole],
        atol=1e-6,
    )
    assert found[20].label is None


def test_a_fault_is_found_before_the_first_answer_where_it_can_be(classifier):
    texts = [*islice(visits(), 3 * CHUNK), 7]
    with pytest.raises(DataError, match="text 24: expected a string, found int"):
        classifier.predict_iter(texts)
    with pytest.raises(DataError, match="threshold"):
        classifier.predict_iter(visits(), threshold=3)
    answers = classifier.predict_iter(iter(texts))
    with pytest.raises(DataError, match="text 24: expected a string, found int"):
        list(answers)
