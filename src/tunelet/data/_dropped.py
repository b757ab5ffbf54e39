"""Rows that reading left out: how many for which reason, and which."""

from collections import Counter

from tunelet.data._reading import Reading


def dropped_by_reading(reading: Reading, test: Reading | None) -> Counter[str]:
    """Reason -> rows that the readers left out, of the splits that are used."""
    by_split = {name: reasons for name, reasons in reading.dropped.items() if name != "test" or test is None}
    if test is not None:
        by_split["test"] = test.dropped.get(test.held_out(), {})
    dropped = Counter[str]()
    for name, reasons in by_split.items():
        for reason, rows in reasons.items():
            dropped[reason if name == "train" else f"{reason} ({name} part)"] += rows
    if test is not None and "test" in reading.splits:
        rows = len(reading.splits["test"]) + sum(reading.dropped.get("test", {}).values())
        dropped["in the test part of the data, in whose place other test data is given"] += rows
    return dropped


def dropped_rows(reading: Reading) -> dict[str, tuple[int, ...]]:
    """Reason -> numbers of the first rows of the training data that the reader left out for it."""
    return dict(reading.dropped_rows.get("train", {}))
