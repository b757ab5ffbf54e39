"""Figures by length, of each label shape."""

import json

import numpy as np
import pytest

from shaped_predictions import multilabel, numbers, ordinal
from tunelet.evaluation import figures_by_length, measure


@pytest.mark.parametrize("make", [multilabel, ordinal, numbers])
def test_slices_hold_every_text_once_and_their_figures_are_those_of_their_texts(make):
    predictions = make(100)
    lengths = np.arange(100) // 7
    slices = figures_by_length(predictions, lengths)
    assert sum(each.n for each in slices) == 100
    assert [each.shortest for each in slices] == sorted(each.shortest for each in slices)
    first = slices[0]
    alone = measure(predictions.rows(lengths <= first.longest), resamples=0)
    for name, value in first.values.items():
        assert value == alone.value(name)
        assert first.intervals[name] is None or first.intervals[name][0] <= value <= first.intervals[name][1]
    json.dumps([each.to_dict() for each in slices], allow_nan=False)


def test_texts_of_one_length_are_one_slice():
    assert len(figures_by_length(ordinal(30), np.full(30, 12))) == 1
