"""What the run was trained and measured on."""

from tunelet.report._document import Block, Section, Table, Text
from tunelet.run import Run


def data_section(run: Run) -> Section:
    """Source, columns, parts, and what was left out."""
    data, shown = run.data, run.label_names[:8]
    more = len(run.label_names) - len(shown)
    rows = [
        (name, f"{part['rows']:,}", *(f"{part['labels'].get(label, 0):,}" for label in shown), part["sha256"][:12])
        for name, part in data["parts"].items()
    ]
    header = ("part", "texts", *shown, "SHA-256")
    caption = "Texts by part and label" + (f", and {more} more labels" if more else "")
    source = (
        f"Source: {data['source']} ({data['format']}). Texts come from column "
        f"{data['text_column']['value']!r} ({data['text_column']['reason']})"
    )
    if data["label_column"]:
        source += f", labels from {data['label_column']['value']!r} ({data['label_column']['reason']})"
    source += "." + (f" Test texts: {data['test_source']}." if data["test_source"] else "")
    blocks: list[Block] = [Text(source), Table(header, tuple(rows), caption)]
    if data["dropped"]:
        dropped = tuple((reason, f"{rows:,}") for reason, rows in data["dropped"].items())
        blocks.append(Table(("left out because", "rows"), dropped, "Rows that were not used"))
    blocks.append(Text(_audited(run)))
    blocks += [Text(f"{note[0].upper()}{note[1:]}.") for note in (*data["warnings"], *data["notes"])]
    return Section("Data", tuple(blocks))


def _audited(run: Run) -> str:
    """What was looked for, whether or not it was found."""
    settings = run.recipe.data
    told = (
        "Empty texts, texts without a label, copies and texts with contradicting labels were looked for and left out"
        if settings.drop_duplicates
        else "Empty texts and texts without a label were left out; copies within the training texts were not looked "
        "for (data.drop_duplicates = false)"
    )
    if run.data["test_source"] or "test" in run.data["parts"]:
        told += "; texts that occur in the test part were taken out of training"
    return f"{told}."
