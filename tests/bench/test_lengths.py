"""Generated lengths are those of IMDb reviews, and draws have the sample's lengths."""

import numpy as np
import pytest

from tunelet.bench.harness._lengths import IMDB_QUANTILES, draw, imdb_lengths


def test_generated_lengths_have_the_mean_and_the_share_of_cut_texts_of_the_real_ones():
    lengths = imdb_lengths(50_000, np.random.default_rng(0))
    assert lengths.min() >= 13
    assert lengths.max() == 512
    assert lengths.mean() == pytest.approx(265, abs=3)
    assert (lengths == 512).mean() == pytest.approx(0.13, abs=0.015)
    assert list(IMDB_QUANTILES) == sorted(IMDB_QUANTILES)


def test_a_draw_has_the_mean_length_of_all_texts_and_repeats_none():
    lengths = imdb_lengths(3200, np.random.default_rng(0))
    means = []
    for seed in range(20):
        rows = draw(lengths, 32, np.random.default_rng(seed))
        assert len(set(rows.tolist())) == 32
        means.append(lengths[rows].mean())
    assert np.std(means) < 0.015 * lengths.mean()  # drawn freely it would be 0.09
    assert np.mean(means) == pytest.approx(lengths.mean(), rel=0.01)


def test_more_texts_than_there_are_come_again_evenly():
    rows = draw(np.array([5, 9, 7]), 8, np.random.default_rng(0))
    counts = np.bincount(rows, minlength=3)
    assert rows.shape == (8,)
    assert counts.min() >= 2
    assert draw(np.array([5, 9]), 4, np.random.default_rng(0)).tolist().count(0) == 2
