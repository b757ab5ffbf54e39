"""A run's data is audited as it was read; its record is kept, shown in the report, and not published."""

from types import SimpleNamespace

import pytest

from tunelet.data import read
from tunelet.experiment._auditing import audit_of
from tunelet.model import load_tokenizer
from tunelet.recipe import Recipe, resolve_recipe, with_settings

LONG = " ".join(f"word{number}" for number in range(30))
TRAIN = [(LONG, "good"), (LONG, "bad"), ("Quite dull", "bad"), ("A joy", "good")]
TEST = [(f"{LONG}!", "good"), ("A pain", "bad"), ("A bore", "bad")]


@pytest.fixture(scope="module")
def material(tiny_checkpoint):
    folder = tiny_checkpoint("bert")
    return SimpleNamespace(
        reading=read(TRAIN),
        test_reading=read(TEST),
        prepared=SimpleNamespace(copies=None),  # it looks for them itself
        checkpoint=SimpleNamespace(name="tiny"),
        tokenizer=load_tokenizer(folder),
    )


def recipe(**changes) -> Recipe:
    return with_settings(
        resolve_recipe("quickstart"), {key.replace("__", "."): value for key, value in changes.items()}
    )


def test_all_texts_are_audited_before_any_is_dropped(material):
    record = audit_of(material, recipe())
    assert record is not None
    assert (record.copies.exact, record.copies.contradicting) == (1, 2)
    (overlap,) = record.overlaps
    assert (overlap.part, overlap.other, overlap.normalised) == ("train", "test", 2)
    assert record.lengths.model == "tiny"
    assert record.copies.contradictions[0].first.text


def test_a_run_that_keeps_no_texts_keeps_none_in_its_audit(material):
    record = audit_of(material, recipe(evaluation__errors=0))
    assert record is not None
    assert record.copies.contradicting == 2
    assert "word1" not in str(record.to_dict())


def test_an_audit_can_be_left_out(material):
    assert audit_of(material, recipe(data__audit=False)) is None
