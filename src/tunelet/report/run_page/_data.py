"""The data that the run was trained and measured on."""

from collections.abc import Mapping

from tunelet._words import counted
from tunelet.report._document import Block, Section, Table, Text
from tunelet.report.run_page._words import sentence, splits_of
from tunelet.run import Run, SplitRecord, UnlabelledRecord, dropped_in_words, split_in_words

_LABELS = 30  # whose texts are counted
_NUMBERS = ("mean", "deviation", "least", "median", "largest")


def data_section(run: Run) -> Section:
    """Sources, columns, splits, and the rows that were left out."""
    data, splits, shown = run.data, splits_of(run, run.data.parts), run.label_names[:_LABELS]
    more = len(run.label_names) - len(shown)
    rows = [
        ("all", *(f"{split.rows:,}" for split in splits.values())),
        *((label, *(f"{split.labels.get(label, 0):,}" for split in splits.values())) for label in shown),
    ]
    rows += [(name, *(_number(split, name) for split in splits.values())) for name in _NUMBERS if _has_numbers(splits)]
    header = ("label", *splits)
    caption = "Texts by split and label" + (f", and {counted(more, 'more label')}" if more else "")
    source = (
        f"Source: {data.source} ({data.format}). Texts come from column "
        f"{data.text_column.value!r} ({data.text_column.reason})"
    )
    if data.label_column:
        source += f", labels from {data.label_column.value!r} ({data.label_column.reason})"
    source += "." + (f" Test texts: {data.test_source}." if data.test_source else "")
    prints = ", ".join(f"{name} {split.sha256[:12]}" for name, split in splits.items())
    blocks: list[Block] = [Text(source), Table(header, tuple(rows), caption), Text(f"SHA-256 of the texts: {prints}.")]
    if data.dropped:
        dropped = tuple((reason, f"{rows:,}") for reason, rows in data.dropped.items())
        blocks.append(Table(("left out because", "rows"), dropped, "Rows that were not used"))
    if data.dropped_rows:
        said = (dropped_in_words(data.dropped[why], why, rows) for why, rows in data.dropped_rows.items())
        blocks.append(Text(sentence(f"Left out: {'; '.join(said)}")))
    if data.unlabelled:
        blocks.append(Text(_unlabelled(data.unlabelled)))
    blocks.append(Text(_audited(run)))
    if data.split is not None and (decided := split_in_words(data.split)):
        blocks.append(Text(sentence(f"Split: {decided}")))
    blocks += [Text(sentence(note)) for note in data.notes]
    return Section("Data", tuple(blocks))


def _has_numbers(splits: Mapping[str, SplitRecord]) -> bool:
    return any(split.numbers is not None for split in splits.values())


def _number(split: SplitRecord, name: str) -> str:
    return "" if split.numbers is None else f"{getattr(split.numbers, name):.6g}"


def _unlabelled(record: UnlabelledRecord) -> str:
    """Where the texts without labels come from, and how many were used."""
    used, dropped = record.used, record.dropped
    out = "; ".join(f"{rows:,} {why}" for why, rows in dropped.items())
    return (
        f"Texts without labels: {counted(record.rows, 'text')} of {record.source} ({record.format}), column "
        f"{record.text_column.value!r}, none of them a copy of another or of a text with a label"
        f"{f' (left out: {out})' if out else ''}; {used.rows:,} of them, drawn at random, with "
        f"{counted(used.tokens, 'token')} were learnt from. SHA-256: {record.sha256[:12]}."
    )


def _audited(run: Run) -> str:
    """A sentence on the rows that were searched for and left out, whether or not there were any."""
    settings = run.recipe.data
    text = (
        "Empty texts, texts without a label, copies and texts with contradicting labels were looked for and left out"
        if settings.drop_duplicates
        else "Empty texts and texts without a label were left out; copies within the training texts were not looked "
        "for (data.drop_duplicates = false)"
    )
    if run.data.test_source or "test" in run.data.parts:
        text += "; texts that occur in the test split were taken out of training"
    return f"{text}."
