"""The screen of `tunelet audit`: a line a finding, then a table of columns, examples, and where the rows are."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from tunelet._words import counted, duration, points
from tunelet.audit import of_each_kind
from tunelet.console._facts import choice_in_words, print_facts
from tunelet.console._tables import print_table, table
from tunelet.run import dropped_in_words

if TYPE_CHECKING:
    from tunelet.audit import Audit, AuditRecord, ExampleRecord, PairRecord, SuspectRecord

_LABELS, _EXAMPLES, _PAIRS, _WORDS = 8, 3, 2, 8
_PLACES = {"beginning": "at the beginning:", "end": "at the end:"}
_ROOM = 90  # characters of a text that is shown


def audit_screen(console: Console, audit: "Audit") -> None:
    """All findings, the gravest first, each with what it means; nothing is left out for being none."""
    record = audit.record
    console.print(f"[bold]tunelet audit[/]: {escape(record.source)}", highlight=False)
    print_facts(console, _facts(record))
    _columns_table(console, record)
    _examples(console, record)
    if audit.output is not None:
        added = ", ".join(repr(name) for name in audit.columns.values())
        console.print(
            f"rows: {escape(audit.output)}, with the columns {escape(added)}", highlight=False, soft_wrap=True
        )


def audit_line(record: "AuditRecord") -> str:
    """What there is to look at, in a line."""
    copies, suspects = record.copies, record.suspects
    repeats = copies.exact + copies.normalised + copies.near
    leaks = sum(each.exact + each.normalised + each.near for each in record.overlaps if each.part == "train")
    found = (
        (repeats, "repeat", ""),
        (copies.contradicting, "text", " with contradicting labels"),
        (leaks, "training text", " also held out"),
        (suspects.found if suspects else 0, "suspected label", ""),
        (len(record.giveaways), "word", " that may give a label away"),
        (sum(column.predicts for column in record.columns), "other column", " giving the label away"),
        (record.markup.left, "text", " with remains of HTML"),
    )
    said = [f"{counted(number, noun)}{more}" for number, noun, more in found if number]
    return ", ".join(said) if said else "nothing was found"


def _facts(record: "AuditRecord") -> Iterator[tuple[str, str]]:
    yield "texts", choice_in_words(record.text_column)
    if record.label_column is not None:
        yield "labels", choice_in_words(record.label_column)
    for name, part in record.parts.items():
        numbers = part.dropped_rows
        dropped = "; ".join(dropped_in_words(rows, why, numbers.get(why, ())) for why, rows in part.dropped.items())
        source = f" of {record.test_source}" if name == "test" and record.test_source else ""
        yield name, escape(f"{counted(part.rows, 'text')}{source}{f' (left out: {dropped})' if dropped else ''}")
    yield "balance", _balance(record)
    yield from _copies(record)
    yield "suspected labels", _suspects(record)
    yield "lengths", _lengths(record)
    yield "vocabulary", _vocabulary(record)
    yield "markup", _markup(record)
    yield "boilerplate", _boilerplate(record)
    yield "giveaways", _giveaways(record)
    yield "time", duration(record.seconds)


def _balance(record: "AuditRecord") -> str:
    balance, counts = record.balance, record.parts["train"].labels
    shown = ", ".join(f"{label} {texts:,}" for label, texts in list(counts.items())[:_LABELS])
    more = f", and {counted(len(counts) - _LABELS, 'more label')}" if len(counts) > _LABELS else ""
    said = f"{counted(balance.labels, 'label')} ({shown}{more})"
    if not counts:  # numbers have no names
        said = f"numbers, cut into {counted(balance.labels, 'range')}"
    if balance.commonest == balance.rarest:  # every label has as many texts
        return escape(f"{said}; each has {points(balance.commonest_share)}")
    return escape(
        f"{said}; {balance.commonest!r} has {points(balance.commonest_share)}, "
        f"{balance.rarest!r} {points(balance.rarest_share)}"
    )


def _copies(record: "AuditRecord") -> Iterator[tuple[str, str]]:
    copies = record.copies
    near = f"near: {copies.similarity:g} or more of their shingles in common"
    yield (
        "repeats",
        (
            f"{copies.exact:,} equal to an earlier text, {copies.normalised:,} but for case, space, markup and "
            f"punctuation, {copies.near:,} near copies ({near})"
        ),
    )
    yield (
        "contradictions",
        (
            f"{counted(copies.contradicting, 'text')} in {counted(copies.contradicting_groups, 'group')} of copies "
            "with different labels"
        ),
    )
    for overlap in record.overlaps:
        total = overlap.exact + overlap.normalised + overlap.near
        yield (
            f"{overlap.part} in {overlap.other}",
            (
                f"[bold]{counted(total, 'text')}[/]: {overlap.exact:,} equal, {overlap.normalised:,} but for "
                f"punctuation and the like, {overlap.near:,} near copies"
            ),
        )


def _suspects(record: "AuditRecord") -> str:
    found = record.suspects
    if found is None:
        return f"not looked for: {escape(record.left_out.get('suspects', ''))}"
    return (
        f"[bold]{found.found:,}[/] of {found.texts:,} ({points(found.found / found.texts)}), by confident learning on "
        f"{counted(found.folds, 'fold')} of {found.model}, right for {points(found.accuracy)}"
    )


def _lengths(record: "AuditRecord") -> str:
    lengths = record.lengths
    by = f" of {lengths.model}" if lengths.model else ""
    cuts = "; ".join(
        f"at {cut.limit} {points(cut.texts_share)} are cut and {points(cut.lost_share)} of the {lengths.unit} lost"
        for cut in lengths.cuts
    )
    return escape(
        f"{lengths.mean:,.0f} {lengths.unit}{by} on average, half up to {lengths.median:,.0f}, 95 % up to "
        f"{lengths.p95:,.0f}, longest {lengths.longest:,}; {cuts}; {lengths.shortest:,} of one word"
    )


def _vocabulary(record: "AuditRecord") -> str:
    found = record.vocabulary
    if found is None:
        return escape(f"not looked at: {record.left_out.get('tokens', '')}")
    return escape(
        f"{points(found.unknown_share, 2)} of the tokens unknown, {points(found.single_share, 2)} single letters of a "
        f"word; {counted(found.badly_covered, 'text')} covered badly"
    )


def _markup(record: "AuditRecord") -> str:
    found = record.markup
    before = (
        "" if found.tags is None else f"{counted(found.tags, 'text')} with tags, {found.entities:,} with entities; "
    )
    return f"{before}{found.left:,} still with some when cleaned"


def _boilerplate(record: "AuditRecord") -> str:
    if not record.boilerplate:
        return "no beginning or end that many texts share"
    return escape(
        "; ".join(
            f"{counted(found.texts, 'text')} {_PLACES[found.place]} {_short(found.words)!r}"
            for found in record.boilerplate
        )
    )


def _giveaways(record: "AuditRecord") -> str:
    if not record.giveaways:
        return "no word gives a label away"
    return escape(
        "; ".join(
            f"{found.word!r} in {counted(found.texts, 'text')}, {points(found.share)} of them {found.label!r}"
            for found in record.giveaways[:_WORDS]
        )
    )


def _columns_table(console: Console, record: "AuditRecord") -> None:
    tried = [column for column in record.columns if column.accuracy is not None]
    if not tried:
        return
    made = table("column", "values", "accuracy", "commonest", "information", "finding")
    if tried[0].texts is not None and tried[0].texts < (rows := record.parts["train"].rows):
        _say(
            console, f"columns by themselves: judged by {tried[0].texts:,} of {counted(rows, 'text')}, drawn at random"
        )
    for column in tried:
        made.add_row(
            escape(column.name),
            f"{column.values:,}",
            points(column.accuracy or 0),
            points(column.commonest),
            points(column.information or 0),
            "[bold]predicts the label[/]" if column.predicts else "",
        )
    print_table(console, "Columns by themselves", made)


def _examples(console: Console, record: "AuditRecord") -> None:
    for title, pairs in (
        ("Texts that are alike", record.copies.examples),
        ("Contradicting labels", record.copies.contradictions),
        *((f"{each.part} texts in the {each.other} part", each.examples) for each in record.overlaps),
    ):
        if pairs:
            _say(console, f"[bold]{title}[/]")
            print_facts(console, (line for pair in of_each_kind(pairs, _PAIRS) for line in _pair(pair)))
    if record.suspects is not None and record.suspects.examples:
        _say(console, "[bold]Suspected labels[/]")
        print_facts(console, map(_suspect, record.suspects.examples[:_EXAMPLES]))


def _pair(pair: "PairRecord") -> Iterator[tuple[str, str]]:
    """How the two are alike, and both; equal texts of one label are shown once."""
    if pair.kind == "exact" and pair.first.label == pair.second.label:
        yield "  exact", f"{_text(pair.first)} (also {pair.second.part} row {pair.second.row:,})"
        return
    yield f"  near, {pair.similarity:.2f}" if pair.kind == "near" else f"  {pair.kind}", _text(pair.first)
    yield "", _text(pair.second)


def _suspect(suspect: "SuspectRecord") -> tuple[str, str]:
    suggested = escape(repr(suspect.suggested or "none of them"))
    return f"  {points(suspect.suggested_probability)}", f"{suggested} is likelier for {_text(suspect.text)}"


def _text(example: "ExampleRecord") -> str:
    return escape(f"{example.part} row {example.row:,}, {example.label!r}: {_short(example.text)}")


def _short(text: str) -> str:
    return text if len(text) <= _ROOM else f"{text[:_ROOM].rstrip()} …"


def _say(console: Console, line: str) -> None:
    console.print(line, emoji=False, highlight=False, soft_wrap=True)
