"""What is alike is counted once, as the closest kind, and shown with its rows."""

from tunelet.audit import Part, audit_parts, of_each_kind
from tunelet.data import prepare, read

LONG = " ".join(f"word{number}" for number in range(40))
OTHER = " ".join(f"other{number}" for number in range(40))
SHORT = [(f"short {number}", "ab"[number % 2]) for number in range(8)]


def audited(train, test=None):
    reading = read([(text, label) for text, label in train])
    parts = {"train": Part.of("train", reading.splits["train"])}
    if test is not None:
        parts["test"] = Part.of("test", read(list(test)).splits["train"])
    return audit_parts(reading, parts)


def test_repeats_are_counted_as_the_closest_kind():
    found = audited(
        [(LONG, "a"), (LONG, "a"), (f"{LONG.upper()}!", "a"), (f"{LONG} and more", "a"), (OTHER, "b"), ("b", "b")]
    )
    copies = found.record.copies
    assert (copies.exact, copies.normalised, copies.near) == (1, 1, 1)
    assert (copies.groups, copies.largest, copies.contradicting) == (1, 4, 0)
    assert [pair.kind for pair in copies.examples] == ["exact", "normalised", "near"]
    near = copies.examples[-1]
    assert (near.first.row, near.second.row) == (1, 4)
    assert copies.similarity <= near.similarity < 1


def test_contradicting_labels_mark_every_copy_and_show_two_of_different_labels():
    found = audited([(LONG, "a"), (OTHER, "b"), (f"{LONG} too", "b"), (LONG, "a")])
    copies = found.record.copies
    assert (copies.contradicting, copies.contradicting_groups) == (3, 1)
    (pair,) = copies.contradictions
    assert (pair.first.row, pair.first.label, pair.second.row, pair.second.label) == (1, "a", 3, "b")
    assert found.rows.marks["contradicting labels"].tolist() == [True, False, True, True]


def test_an_overlap_counts_the_texts_of_training_and_names_the_row_of_the_other_part():
    train = [(OTHER, "a"), (LONG, "a"), (f"<p>{LONG}.", "b"), (f"{LONG} again", "b"), ("short", "b")]
    found = audited(train, [("something else", "a"), (LONG, "b"), ("SHORT", "a")])
    (overlap,) = found.record.overlaps
    assert (overlap.part, overlap.other) == ("train", "test")
    assert (overlap.exact, overlap.normalised, overlap.near) == (1, 2, 1)
    assert {pair.second.row for pair in overlap.examples} == {2, 3}
    assert all(pair.first.part == "train" and pair.second.part == "test" for pair in overlap.examples)
    assert found.rows.marks["in the test part, near"].tolist() == [False, False, False, True, False]


def test_what_preparation_found_alike_is_what_an_audit_finds():
    train = [(OTHER, "a"), (LONG, "a"), (f"<p>{LONG}.", "a"), (f"{LONG} again", "b"), (LONG, "a"), ("B", "b"), *SHORT]
    reading, test = read(train), read([("something else", "a"), (f"{OTHER} too", "b"), ("b", "a")])
    prepared = prepare(
        reading, test, limit=None, balanced=False, validation_size=0.2, drop_duplicates=True, seed=1, min_texts=2
    )
    parts = {"train": Part.of("train", reading.splits["train"]), "test": Part.of("test", test.splits["train"])}
    own, handed = (audit_parts(reading, parts, copies=copies).record for copies in (None, prepared.copies))
    assert handed.changed(seconds=0.0) == own.changed(seconds=0.0)
    assert (own.copies.exact, own.copies.normalised, own.copies.near) == (1, 1, 1)


def test_without_copies_there_are_none():
    copies = audited([(LONG, "a"), (OTHER, "b")]).record.copies
    assert (copies.exact, copies.normalised, copies.near, copies.groups, copies.largest) == (0, 0, 0, 0, 1)
    assert copies.examples == copies.contradictions == ()


def test_near_copies_are_shown_where_they_begin_to_differ():
    first = " ".join(f"word{number}" for number in range(100))
    second = first.replace("word70", "changed")
    (pair,) = audited([(first, "a"), (second, "a"), ("b", "b"), ("c", "b")]).record.copies.examples
    assert "word70" in pair.first.text
    assert "changed" in pair.second.text


def test_a_few_pairs_of_each_kind_are_shown():
    copies = [*[(LONG, "a")] * 4, *[(f"{LONG}{'!' * n}", "a") for n in range(1, 5)], (OTHER, "b"), ("b", "b")]
    pairs = audited(copies).record.copies.examples
    assert [pair.kind for pair in of_each_kind(pairs, 2)] == ["exact", "exact", "normalised", "normalised"]
