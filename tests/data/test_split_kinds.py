"""Properties of every kind of split, through reading and preparing: nothing leaks, no row is lost, order is nothing."""

import os
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tunelet.data import (
    Examples,
    FoldLimits,
    Joined,
    Membership,
    Prepared,
    duplicate_groups,
    folds,
    normalise,
    prepare,
    read,
    split,
    units,
)
from tunelet.errors import DataError

MANY = int(os.environ.get("FUZZ_EXAMPLES", "0"))  # `make fuzz`
SOME = settings(
    max_examples=MANY or 30,
    derandomize=not MANY,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
Row = dict[str, Any]

# Few numbers: many rows are copies of others, some of them with another label, author, day and part.
ROW = st.fixed_dictionaries(
    {
        "text": st.builds(
            lambda number, loud: f"TEXT  {number}!" if loud else f" text {number}!", st.integers(0, 60), st.booleans()
        ),
        "label": st.sampled_from(["good", "good", "bad"]),
        "author": st.sampled_from(["ann", "bob", "cy", "di", "ed", "flo", "gus", None, ""]),
        "day": st.integers(1, 9).map(lambda day: f"2024-05-0{day}"),
        "part": st.sampled_from(["train", "Training", "dev", "test"]),
    }
)
ROWS = st.lists(ROW, min_size=20, max_size=60)
KINDS: dict[str, dict[str, Any]] = {
    "held out": {},
    "held out once": {"count": 1},
    "folds": {"count": 4},
    "groups": {"group": "author"},
    "groups, once": {"group": "author", "count": 1},
    "groups in folds": {"group": "author", "count": 3},
    "time": {"time": "day"},
    "time, once": {"time": "day", "count": 1},
    "groups by time": {"group": "author", "time": "day"},
    "column": {"split": "part"},
    "groups by column": {"group": "author", "split": "part"},
}
KINDS_OF_ONE_PART = [kind for kind, given in KINDS.items() if "split" not in given]
TESTED = st.sampled_from([False, True])


def made(
    rows: list[Row],
    *,
    count: int = 0,
    test: list[Row] | None = None,
    saved: Membership | None = None,
    seed: int = 1,
    limit: int | None = None,
    drop_duplicates: bool = True,
    task: str = "auto",
    **marks: Any,
) -> Prepared:
    reading = read(rows, text="text", label="label", task=task, **marks)
    known = {"text": "text", "label": "label", **({"group": marks["group"]} if "group" in marks else {})}
    return prepare(
        reading,
        None if test is None else read(test, known=known),
        limit=limit,
        balanced=False,
        validation_size=0.25,
        drop_duplicates=drop_duplicates,
        seed=seed,
        folds=FoldLimits(count, None, None, 64) if count else None,
        saved=saved,
    )


def sides(prepared: Prepared) -> list[Examples]:
    """What must have nothing in common: the parts, or the folds and what is in none of them."""
    rows = np.arange(len(prepared.train))
    rest = np.setdiff1d(rows, prepared.predicted_rows) if prepared.folds else rows
    parts = [prepared.train.take(held_out) for held_out in prepared.folds] if prepared.folds else [prepared.validation]
    return [prepared.train.take(rest), *parts, *([prepared.test] if prepared.test is not None else [])]


def check(prepared: Prepared, rows: int, test: int) -> None:
    parts = sides(prepared)
    texts = Counter(text for part in parts for text in set(map(normalise, part.texts)))
    assert max(texts.values()) == 1
    groups = Counter(group for part in parts for group in set(part.groups) - {""})
    assert max(groups.values(), default=1) == 1
    own = parts if not test else parts[:-1]
    ids = [name for part in own for name in part.ids]
    assert len(ids) == len(set(ids))
    assert sum(map(len, parts)) + sum(prepared.dropped.values()) == rows + test
    named = {reason: len(numbers) for reason, numbers in prepared.dropped_rows.items()}
    other = "in the test part of the data, in whose place other test data is given"
    assert named == {reason: count for reason, count in prepared.dropped.items() if reason != other}
    if not test:  # every row of the source is in one part, or named among those that were left out
        dropped = [number for numbers in prepared.dropped_rows.values() for number in numbers]
        assert sorted([*(int(name) + 1 for name in ids), *dropped]) == list(range(1, rows + 1))


def no_near_copies_apart(parts: list[Examples]) -> None:
    groups = np.split(duplicate_groups(Joined(part.texts for part in parts)), np.cumsum([len(part) for part in parts]))
    sides_of = Counter(group for part in groups for group in set(part.tolist()))
    assert max(sides_of.values()) == 1


def known_by(first: Membership, second: Membership) -> tuple[np.ndarray, np.ndarray]:
    """Where each text that both have stands in the one and in the other."""
    _, one, other = np.intersect1d(first.keys, second.keys, return_indices=True)
    return one, other


@SOME
@given(ROWS, ROWS, st.sampled_from(sorted(KINDS)), TESTED, st.booleans())
def test_no_text_and_no_group_is_on_two_sides_and_every_row_is_somewhere_or_counted(
    rows: list[Row], others: list[Row], kind: str, tested: bool, drop_duplicates: bool
) -> None:
    test = others[:8] if tested else None
    with suppress(DataError):  # too few rows of a label, or of a side
        check(made(rows, test=test, drop_duplicates=drop_duplicates, **KINDS[kind]), len(rows), len(test or ()))


# Long texts, of which many are near copies of others: a word is another one, and a sentence is added.
WORDS = [[f"word{number}x{at}" for at in range(24)] for number in range(16)]
NEARLY = st.builds(
    lambda words, changed, more: " ".join([*words[:changed], "another", *words[changed + 1 :], *["and", "so"][:more]]),
    st.sampled_from(WORDS),
    st.sampled_from([3, 9, 20]),
    st.integers(0, 2),
)
NEAR_ROWS = st.lists(st.tuples(ROW, NEARLY).map(lambda made: {**made[0], "text": made[1]}), min_size=20, max_size=50)
LABELS = st.lists(st.sampled_from(["joy", "love", "fear"]), max_size=3, unique=True).map(";".join)


@SOME
@given(NEAR_ROWS, NEAR_ROWS, st.sampled_from(sorted(KINDS)), TESTED, st.booleans(), st.booleans())
def test_no_near_copy_is_on_two_sides_of_any_split(
    rows: list[Row], others: list[Row], kind: str, tested: bool, drawn: bool, drop_duplicates: bool
) -> None:
    test, limit = others[:5] if tested else None, 15 if drawn else None
    with suppress(DataError):
        parts = sides(made(rows, test=test, limit=limit, drop_duplicates=drop_duplicates, **KINDS[kind]))
        no_near_copies_apart(parts)


@SOME
@given(st.lists(st.tuples(ROW, LABELS), min_size=25, max_size=50), st.sampled_from(sorted(KINDS)))
def test_texts_of_several_labels_are_split_as_texts_of_one(rows: list[tuple[Row, str]], kind: str) -> None:
    labelled = [{**row, "label": labels} for row, labels in rows]
    with suppress(DataError):
        prepared = made(labelled, task="multilabel", **KINDS[kind])
        assert prepared.space.task == "multilabel"
        check(prepared, len(labelled), 0)


@SOME
@given(ROWS, st.sampled_from(sorted(KINDS)), st.randoms(use_true_random=False), st.booleans())
def test_the_same_rows_in_another_order_are_split_alike(rows: list[Row], kind: str, random: Any, drawn: bool) -> None:
    def split_of(rows: list[Row]) -> str:
        try:
            return made(rows, limit=15 if drawn else None, **KINDS[kind]).membership.sha256
        except DataError as error:
            return error.message

    shuffled = rows.copy()
    random.shuffle(shuffled)
    assert split_of(rows) == split_of(shuffled)


@SOME
@given(ROWS, st.integers(1, 20), st.sampled_from(KINDS_OF_ONE_PART), st.randoms(use_true_random=False))
def test_a_split_is_made_again_with_rows_added_in_another_order_and_another_seed(
    rows: list[Row], more: int, kind: str, random: Any
) -> None:
    try:
        first = made(rows, **KINDS[kind])
    except DataError:
        return
    new = [{**row, "text": f"new {row['text']}"} for row in rows[:more]]
    mixed = [*rows, *new]
    random.shuffle(mixed)
    marks = {role: column for role, column in KINDS[kind].items() if role != "count"}
    saved = replace(first.membership, source="runs/first")
    again = made(mixed, saved=saved, seed=7, **marks)
    check(again, len(mixed), 0)
    one, other = known_by(first.membership, again.membership)
    np.testing.assert_array_equal(first.membership.parts[one], again.membership.parts[other])
    if first.membership.fold_count:
        np.testing.assert_array_equal(first.membership.folds[one], again.membership.folds[other])
    assert len(one) == len(first.membership)
    assert again.split.by == "run"
    assert made(rows, saved=saved, seed=7, **marks).membership.sha256 == first.membership.sha256


MANY_GROUPS = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 2**16)), min_size=30, max_size=80)


def of_groups(groups: list[tuple[int, int]]) -> Examples:
    """Groups of so many texts each, with labels by the bits of a number."""
    rows = [(at, (bits >> row) % 3 % 2) for at, (size, bits) in enumerate(groups) for row in range(size)]
    names = tuple(map(str, range(len(rows))))
    texts = tuple(f"text {name}" for name in names)
    return Examples(names, texts, tuple("ab"[bit] for _, bit in rows), tuple(f"group {at}" for at, _ in rows))


@SOME
@given(MANY_GROUPS, st.floats(0.1, 0.5), st.integers(0, 9))
def test_with_many_small_groups_sizes_and_labels_are_near_their_shares(
    groups: list[tuple[int, int]], share: float, seed: int
) -> None:
    examples = of_groups(groups)
    largest = max(size for size, _ in groups)
    _, held_out = split(examples, validation_size=share, seed=seed)
    assert abs(len(held_out) - share * len(examples)) <= largest
    for label, count in Counter(examples.labels).items():
        assert abs(examples.take(held_out).labels.count(label) - share * count) <= largest + 1


@SOME
@given(MANY_GROUPS, st.integers(2, 6), st.integers(0, 9))
def test_with_many_small_groups_folds_are_of_like_sizes(groups: list[tuple[int, int]], count: int, seed: int) -> None:
    examples = of_groups(groups)
    largest = max(size for size, _ in groups)
    sizes = [len(rows) for rows in folds(examples, count=count, seed=seed)]
    assert len(sizes) == count
    assert max(sizes) - min(sizes) <= 2 * largest


def test_what_links_two_groups_makes_one_of_them():
    examples = Examples(
        tuple("01234"), ("one", "two", "TWO", "three", "four"), ("a",) * 5, ("ann", "ann", "bob", "bob", "")
    )
    assert units(examples) == [[0, 1, 2, 3], [4]]


def test_a_class_whose_texts_are_all_of_one_group_stays_in_training():
    rows = [{"text": f"text {at}", "label": "ab"[at % 2], "author": f"writer {at % 7}"} for at in range(70)]
    rows += [{"text": f"odd {at}", "label": "rare", "author": "loner"} for at in range(10)]
    prepared = made(rows, group="author")
    assert prepared.train.labels.count("rare") == 10
    in_folds = made(rows, group="author", count=4)
    assert any("'rare' is in one group of 'author' only" in warning for warning in in_folds.warnings)


def test_a_single_group_cannot_be_divided():
    rows = [{"text": f"text {at}", "label": "ab"[at % 2], "author": "ann"} for at in range(20)]
    with pytest.raises(DataError, match="1 group of column 'author'"):
        made(rows, group="author")


def test_groups_of_the_test_data_are_not_trained_on():
    rows = [{"text": f"text {at}", "label": "ab"[at % 2], "author": f"writer {at % 5}"} for at in range(50)]
    test = [{"text": f"later {at}", "label": "ab"[at % 2], "author": "writer 3"} for at in range(6)]
    prepared = made(rows, test=test, group="author")
    assert prepared.dropped == {"group also in the test part": 10}
    assert "writer 3" not in {*prepared.train.groups, *prepared.validation.groups}
    assert prepared.split.group_column == "author"
    assert prepared.split.groups == 4
    without = [{name: value for name, value in row.items() if name != "author"} for row in test]
    assert any("no column 'author'" in warning for warning in made(rows, test=without, group="author").warnings)


def test_the_newest_texts_validate_and_the_cut_lies_between_two_days():
    rows = [{"text": f"text {at}", "label": "ab"[at % 2], "day": f"2024-05-{1 + at // 6:02}"} for at in range(60)]
    prepared = made(rows, time="day")
    assert max(prepared.train.times) < min(prepared.validation.times)
    assert len(prepared.validation) in (12, 18)
    assert (prepared.split.by, prepared.split.time_column) == ("time", "day")
    assert prepared.split.since in ("2024-05-08", "2024-05-09")
    once = made(rows, time="day", count=1)
    assert len(once.folds) == 1
    assert once.validation.texts == prepared.validation.texts
    assert len(once.train) == 60


def test_older_texts_of_a_held_out_author_are_on_neither_side():
    rows = [
        {"text": f"text {at}", "label": "ab"[at % 2], "day": at, "author": "late" if at in (3, 38) else f"writer {at}"}
        for at in range(40)
    ]
    prepared = made(rows, time="day", group="author")
    assert prepared.dropped == {"copy or group of a held-out text": 1}
    assert "late" in prepared.validation.groups
    assert "late" not in prepared.train.groups


def test_a_label_that_only_the_newest_texts_have_is_an_error():
    rows = [{"text": f"text {at}", "label": "new" if at > 34 else "ab"[at % 2], "day": at} for at in range(40)]
    with pytest.raises(DataError, match="no text of label 'new' is older"):
        made(rows, time="day")


def test_a_column_names_the_parts_in_their_usual_spellings():
    names = ["train"] * 6 + ["Training", "dev", "VAL", "valid", "test", "test"]
    rows = [{"text": f"text {at}", "label": "ab"[at % 2], "part": names[at % 12]} for at in range(48)]
    prepared = made(rows, split="part")
    assert (len(prepared.train), len(prepared.validation), len(prepared.test or ())) == (28, 12, 8)
    assert prepared.split.by == "column"
    assert prepared.validation.ids[:3] == ("7", "8", "9")


def test_limits_of_a_split_that_is_made_again_take_its_rows_first():
    rows = [{"text": f"text {at}", "label": "ab"[at % 2]} for at in range(200)]
    first = made(rows[:100], limit=60)
    again = made(rows, limit=80, saved=replace(first.membership, source="runs/first"))
    one, _ = known_by(first.membership, again.membership)
    assert len(one) == 60
    assert len(again.train) + len(again.validation) == 80
    assert again.validation.texts == first.validation.texts


def test_a_split_of_other_texts_cannot_be_made_again():
    rows = [{"text": f"text {at}", "label": "ab"[at % 2]} for at in range(40)]
    saved = replace(made(rows).membership, source="runs/first")
    with pytest.raises(DataError, match="no text of the data is in the split of runs/first"):
        made([{**row, "text": f"other {row['text']}"} for row in rows], saved=saved)


@pytest.mark.parametrize("kind", ["held out", "folds", "time", "groups"])
def test_near_copies_are_on_one_side(kind: str) -> None:
    words = [f"shared{at}" for at in range(20)]
    rows = []
    for at in range(40):
        text = " ".join([*words[at % 9 :], f"number {at}", *words[: at % 9], *[f"word{at}x{n}" for n in range(20)]])
        for copy in ("", " really", "!"):
            place = len(rows)
            rows.append(
                {
                    "text": text + copy,
                    "label": "ab"[at % 2],
                    "day": f"2024-05-{1 + place % 28:02}",
                    "author": f"{place}",
                }
            )
    prepared = made(rows, **KINDS[kind])
    sets = [{text.split("number ")[1].split()[0] for text in part.texts} for part in sides(prepared)]
    assert sum(map(len, sets)) == len(set().union(*sets))
    assert any("near copies" in note for note in prepared.notes)
