"""The order of the texts is a function of seed and epoch; every text comes once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunelet.data import Tokens, evaluation_batches, gather, split_batch, training_batches

lengths_of_texts = st.lists(st.integers(1, 512), min_size=1, max_size=300).map(np.asarray)


@given(lengths=lengths_of_texts, batch_size=st.integers(1, 40), seed=st.integers(0, 9), grouped=st.booleans())
def test_an_epoch_holds_every_text_once(lengths, batch_size, seed, grouped):
    batches = training_batches(lengths, batch_size=batch_size, seed=seed, epoch=0, group_by_length=grouped)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert all(0 < len(rows) <= batch_size for rows in batches)


@given(lengths=lengths_of_texts, budget=st.integers(1, 4000))
def test_evaluation_holds_every_text_once_within_the_budget(lengths, budget):
    batches = evaluation_batches(lengths, token_budget=budget)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert all(len(rows) == 1 or len(rows) * lengths[rows].max() <= budget for rows in batches)


@given(lengths=lengths_of_texts, budget=st.integers(1, 4000))
def test_a_split_batch_keeps_its_order_and_its_parts_are_even(lengths, budget):
    rows = np.random.default_rng(1).permutation(len(lengths))[:40]
    parts = split_batch(rows, lengths, token_budget=budget)
    assert np.concatenate(parts).tolist() == rows.tolist()
    longest = lengths[rows].max()
    assert all(len(part) == 1 or lengths[part].sum() <= budget + longest for part in parts)
    if lengths[rows].sum() <= budget:
        assert len(parts) == 1


@pytest.mark.parametrize("grouped", [False, True])
def test_the_order_depends_on_seed_and_epoch_alone(grouped):
    lengths = np.random.default_rng(0).integers(1, 512, 200)

    def order(seed: int, epoch: int) -> list[int]:
        batches = training_batches(lengths, batch_size=16, seed=seed, epoch=epoch, group_by_length=grouped)
        return np.concatenate(batches).tolist()

    assert order(1, 0) == order(1, 0)
    assert len({tuple(order(seed, epoch)) for seed in (1, 2) for epoch in (0, 1)}) == 4


def test_grouping_by_length_saves_padding():
    lengths = np.random.default_rng(0).integers(1, 512, 3200)

    def padded(grouped: bool) -> int:
        batches = training_batches(lengths, batch_size=16, seed=1, epoch=0, group_by_length=grouped)
        return sum(len(rows) * int(lengths[rows].max()) for rows in batches)

    assert padded(True) < 1.1 * lengths.sum() < padded(False)


def test_gather_collects_texts_in_the_order_asked_for():
    tokens = Tokens(np.arange(10, dtype=np.int32), np.array([0, 2, 5, 10]), truncated=0)
    batch = gather(tokens, np.array([2, 0]))
    assert batch.token_ids.tolist() == [5, 6, 7, 8, 9, 0, 1]
    assert batch.token_ids.dtype == np.int64
    assert (batch.lengths, batch.rows.tolist()) == ((5, 2), [2, 0])
