"""What an audit found in the data before training: counts, and examples that a person can judge."""

from collections.abc import Iterator

from tunelet._words import counted, points
from tunelet.audit import AuditRecord, ExampleRecord, PairRecord, of_each_kind
from tunelet.report._document import Block, Heading, Quote, Quotes, Section, Table, Text, facts_table
from tunelet.run import Run

_SHOWN = 5  # of each kind
_PAIRS = 2


def audit_section(run: Run) -> Section | None:
    """Counts of all findings, then texts that are alike, suspected labels, words and columns that give labels away."""
    record = run.audit
    if record is None:
        return None
    intro = (
        f"{counted(record.parts['train'].rows, 'training text')} as they were read were looked through before anything "
        "was dropped or trained. Rows are counted from 1 in their part."
    )
    blocks: list[Block] = [Text(intro), facts_table(tuple(_facts(record)), "What the audit found"), *_cuts(record)]
    blocks += [*_giveaways(record), *_columns(record), *_examples(record)]
    return Section("Audit of the data", tuple(blocks))


def _facts(record: AuditRecord) -> Iterator[tuple[str, str]]:
    copies, suspects, vocabulary = record.copies, record.suspects, record.vocabulary
    yield "repeats of an earlier text", f"{copies.exact:,} equal"
    yield "", f"{copies.normalised:,} equal but for case, space, markup and punctuation"
    yield "", f"{copies.near:,} near copies (Jaccard similarity of three-word shingles {copies.similarity:g} or more)"
    groups = counted(copies.contradicting_groups, "group")
    yield "contradicting labels", f"{counted(copies.contradicting, 'text')} in {groups} of copies"
    for overlap in record.overlaps:
        name = f"{overlap.part} texts in the {overlap.other} part"
        yield name, f"{overlap.exact:,} equal, {overlap.normalised:,} but for punctuation, {overlap.near:,} near"
    if suspects is None:
        yield "suspected labels", f"not looked for: {record.left_out.get('suspects', '')}"
    else:
        said = f"{suspects.found:,} of {suspects.texts:,}, by confident learning on {suspects.model}"
        yield "suspected labels", f"{said} in {counted(suspects.folds, 'fold')}, right for {points(suspects.accuracy)}"
    balance = record.balance
    yield (
        "balance",
        (
            f"{counted(balance.labels, 'label' if record.parts['train'].labels else 'range of numbers')}: "
            f"{balance.commonest} has {points(balance.commonest_share)}, "
            f"{balance.rarest} {points(balance.rarest_share)}"
        ),
    )
    if vocabulary is not None:
        yield (
            "vocabulary",
            (
                f"{points(vocabulary.unknown_share, 2)} of the tokens are unknown, "
                f"{points(vocabulary.single_share, 2)} single letters of a word; "
                f"{counted(vocabulary.badly_covered, 'text')} covered badly"
            ),
        )
    yield "remains of HTML", f"{counted(record.markup.left, 'text')} when cleaning is done"
    for found in record.boilerplate[:_SHOWN]:
        yield f"common {found.place}", f"{counted(found.texts, 'text')}: {found.words}"


def _cuts(record: AuditRecord) -> Iterator[Block]:
    lengths = record.lengths
    rows = tuple((f"{cut.limit:,}", points(cut.texts_share), points(cut.lost_share)) for cut in lengths.cuts)
    caption = (
        f"What a limit loses: texts have {lengths.mean:,.0f} {lengths.unit} on average, half of them up to "
        f"{lengths.median:,.0f}, 95 % up to {lengths.p95:,.0f}, the longest {lengths.longest:,}"
    )
    yield Table((f"limit in {lengths.unit}", "texts cut", f"{lengths.unit} lost"), rows, caption)


def _giveaways(record: AuditRecord) -> Iterator[Block]:
    if not record.giveaways:
        return
    rows = tuple(
        (found.word, found.label, f"{found.texts:,}", points(found.share), points(found.expected_share))
        for found in record.giveaways
    )
    header = ("word", "label", "texts", "with the label", "of all texts")
    yield Table(header, rows, "Words that give a label away: to be learnt, or left in the texts by mistake", words=2)


def _columns(record: AuditRecord) -> Iterator[Block]:
    tried = [column for column in record.columns if column.accuracy is not None]
    if not tried:
        return
    rows = tuple(
        (
            column.name,
            f"{column.values:,}",
            points(column.accuracy or 0),
            "predicts it" if column.predicts else "",
        )
        for column in tried[: 2 * _SHOWN]
    )
    header = ("column", "values", "accuracy", "finding")
    caption = (
        "What the other columns say of the label by themselves, a leak where they are not known in use; always saying "
        f"the commonest label is right for {points(tried[0].commonest)}"
    )
    yield Table(header, rows, caption)


def _examples(record: AuditRecord) -> Iterator[Block]:
    for heading, pairs in (
        ("Texts that are alike", record.copies.examples),
        ("Contradicting labels", record.copies.contradictions),
        *((f"{each.part} texts in the {each.other} part".capitalize(), each.examples) for each in record.overlaps),
    ):
        if pairs:
            yield Heading(heading)
            yield Quotes(tuple(quoted for pair in of_each_kind(pairs, _PAIRS) for quoted in _pair(pair)))
    if record.suspects is not None and record.suspects.examples:
        yield Heading("Labels that may be wrong")
        yield Quotes(
            tuple(
                _quote(f"likelier {each.suggested or 'none of them'} ({points(each.suggested_probability)})", each.text)
                for each in record.suspects.examples[: 2 * _SHOWN]
            )
        )


def _pair(pair: PairRecord) -> Iterator[Quote]:
    if pair.kind == "exact" and pair.first.label == pair.second.label:
        yield _quote(f"exact copies, also {pair.second.part} row {pair.second.row:,}", pair.first)
        return
    how = f"near copies, {pair.similarity:.2f}" if pair.kind == "near" else f"{pair.kind} copies"
    yield _quote(how, pair.first)
    yield _quote("and", pair.second)


def _quote(about: str, example: ExampleRecord) -> Quote:
    return Quote(f"{about}: {example.part} row {example.row:,}, {example.label} in the data", example.text, None)
