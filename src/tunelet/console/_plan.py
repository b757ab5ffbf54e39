"""The screen before training: what is trained on what, how long it takes, where it goes; all choices when asked."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.markup import escape

from tunelet._words import counted, duration, points
from tunelet.console._audit import audit_line
from tunelet.console._facts import choice_in_words, print_facts
from tunelet.data import Reading
from tunelet.experiment import Plan
from tunelet.run import SplitRecord, choices_in_words, dropped_in_words, split_in_words

_LABELS = 8  # that are counted
_ROOM = 60  # characters for the names of labels
_ROWS, _MORE_ROWS = 5, 100  # that are named of those left out for one reason; where all is asked for


def plan_screen(console: Console, plan: Plan, *, verbose: bool = False) -> None:
    """Data, what was dropped, model, time and run folder, with notes.

    Args:
        console: where to.
        plan: what is known before training.
        verbose: whether to print the labels of each split, every choice with its reason and the measured rates, too.
            The run folder has all of that anyway.
    """
    recipe = plan.recipe
    console.print(f"[bold]tunelet train[/]: recipe {recipe.name}, seed {recipe.training.seed}", highlight=False)
    print_facts(console, _all(plan) if verbose else _first(plan))


def _first(plan: Plan) -> Iterator[tuple[str, str]]:
    yield "data", f"{_source(plan.reading)}, {_columns(plan.reading)}"
    if plan.test_reading is not None:
        yield "test data", _source(plan.test_reading)
    yield from _unlabelled(plan)
    splits = ", ".join(f"{name} {len(examples):,}" for name, examples in plan.splits.items())
    yield "texts", f"{splits}; {_labels(plan)}"
    yield from _dropped(plan)
    yield from _audited(plan)
    checkpoint, choices = plan.checkpoint, plan.choices
    where = " in ".join(escape(choice.value) for choice in (choices.device, choices.precision))
    yield "model", f"[bold]{escape(checkpoint.name)}[/]: {escape(checkpoint.reason)}; {_trained(plan)}, on {where}"
    shown = choices_in_words(choices)
    for name in ("head", "pooling", "layers read"):  # either the first or the two others
        if name in shown:
            yield name, choice_in_words(shown[name])
    yield "validation", _validation(plan)
    yield "time", _time(plan)
    yield "run folder", _folder(plan)
    yield from _notes(plan)


def _all(plan: Plan) -> Iterator[tuple[str, str]]:
    yield "data", _source(plan.reading)
    yield "texts", choice_in_words(plan.reading.text_column)
    if plan.reading.label_column is not None:
        yield "labels", choice_in_words(plan.reading.label_column)
    if plan.test_reading is not None:
        yield "test data", _source(plan.test_reading)
    yield from _unlabelled(plan)
    yield from _dropped(plan, _MORE_ROWS)
    yield from _audited(plan)
    for name, record in plan.parts.items():
        if name in plan.splits:
            mean = plan.tokens[name].lengths.mean()
            yield name, f"{counted(record.rows, 'text')} ({_held(record)}); {mean:.0f} tokens a text"
    checkpoint = plan.checkpoint
    yield "model", f"[bold]{escape(checkpoint.name)}[/] ({checkpoint.origin}): {escape(checkpoint.reason)}"
    for name, choice in choices_in_words(plan.choices).items():
        yield escape(name), choice_in_words(choice)
    share = plan.trained_parameters / plan.total_parameters
    counts = f"{plan.trained_parameters:,} of {plan.total_parameters:,} parameters ({points(share, 2)})"
    yield "trainable", f"{counts}, {_trained(plan)}"
    yield "validation", _validation(plan)
    rates = f"{plan.estimate.training_rate:,.0f} tokens/s training, {plan.estimate.evaluation_rate:,.0f} evaluating"
    yield "time", f"{_time(plan)}, from measured steps ({rates})"
    yield "run folder", _folder(plan)
    yield from _notes(plan)


def _labels(plan: Plan) -> str:
    """How many labels, and which where the line has room for them; numbers have no names."""
    names, numbers = plan.prepared.label_names, plan.parts["train"].numbers
    if numbers is not None:
        return f"numbers from {numbers.least:g} to {numbers.largest:g}, mean {numbers.mean:.4g}"
    listed = ", ".join(map(repr, names))
    return counted(len(names), "label") + (f": {escape(listed)}" if len(listed) <= _ROOM else "")


def _held(record: SplitRecord) -> str:
    """The texts of each label, or the numbers."""
    if record.numbers is not None:
        least, mean, largest = record.numbers.least, record.numbers.mean, record.numbers.largest
        return f"numbers from {least:g} to {largest:g}, mean {mean:.4g}, deviation {record.numbers.deviation:.4g}"
    counts = ", ".join(f"{escape(label)} {texts:,}" for label, texts in list(record.labels.items())[:_LABELS])
    left = len(record.labels) - _LABELS
    return counts + (f", and {counted(left, 'more label')}" if left > 0 else "")


def _source(reading: Reading) -> str:
    return f"[bold]{escape(reading.source)}[/] ({escape(reading.format)})"


def _columns(reading: Reading) -> str:
    texts = f"texts from {escape(repr(reading.text_column.value))}"
    return f"{texts}, labels from {escape(repr(reading.label_column.value))}" if reading.label_column else texts


def _unlabelled(plan: Plan) -> Iterator[tuple[str, str]]:
    """The texts without labels: where they come from, how many are used, and what they are for."""
    if plan.unlabelled is None:
        return
    drawn_texts, texts = plan.unlabelled, plan.unlabelled.all
    used, there = counted(len(drawn_texts.examples), "text"), len(texts.examples)
    drawn = used if len(drawn_texts.examples) == there else f"{used}, drawn from {there:,},"
    out = f" (left out: {'; '.join(f'{rows:,} {why}' for why, rows in texts.dropped.items())})" if texts.dropped else ""
    column = escape(repr(texts.reading.text_column.value))
    what = (
        f"{_source(texts.reading)}, texts from {column}: {drawn} with {drawn_texts.tokens.total:,} tokens{escape(out)}"
    )
    yield "unlabelled", f"{what}; a student learns from them, and is kept only where it is better"


def _dropped(plan: Plan, most: int = _ROWS) -> Iterator[tuple[str, str]]:
    if dropped := plan.prepared.dropped:
        numbers = plan.prepared.dropped_rows
        said = (dropped_in_words(rows, why, numbers.get(why, ()), most=most) for why, rows in dropped.items())
        yield "dropped", escape("; ".join(said))


def _audited(plan: Plan) -> Iterator[tuple[str, str]]:
    if plan.audit is not None:
        yield "audit", f"{escape(audit_line(plan.audit))}: tunelet audit shows more"


def _time(plan: Plan) -> str:
    """How long it will take, and for what: the frozen encoder, the folds, the training."""
    about, length, folds = f"about [bold]{duration(plan.estimate.seconds)}[/]", plan.length, plan.fold_lengths
    probe = "the frozen encoder over all texts" if plan.recipe.training.probe or length is None else ""
    if length is None:
        return f"{about} for {probe} and a head that is solved"
    lengths = [*folds, length]
    trained = f"{_span([each.epochs for each in lengths], 'epoch')} ({_span([each.steps for each in lengths], 'step')})"
    if folds:
        first = counted(len(folds), "fold") if len(folds) > 1 else "a training without the held-out texts"
        trained = f"{first} and a training on all, {trained} each"
    if students := plan.student_lengths:
        trained += f"; and as many students, {_span([each.steps for each in students], 'step')} each"
    return f"{about} for {f'{probe}, and ' if probe else ''}{trained}"


def _span(counts: Sequence[int], noun: str) -> str:
    """4 epochs, 4 to 5 epochs."""
    low, high = min(counts), max(counts)
    return ("" if low == high else f"{low:,} to ") + counted(high, noun)


def _validation(plan: Plan) -> str:
    """How the figures come about that choices are made on."""
    decided = split_in_words(plan.division)
    return _how_validated(plan) + (f"; {escape(decided)}" if decided else "")


def _how_validated(plan: Plan) -> str:
    prepared, asked = plan.prepared, plan.recipe.data.validation
    held_out = counted(len(prepared.validation), "text")
    if len(prepared.folds) == 1:
        return (
            f"[bold]held out once[/]: {held_out}, answered by a model that did not see them; then one is trained on all"
        )
    if prepared.folds:
        why = "texts are few and short, too few to hold some out" if asked == "auto" else f"data.validation is {asked}"
        if prepared.split.by == "run":
            why = "as it was there"
        return (
            f"[bold]cross-validation[/] in {counted(len(prepared.folds), 'fold')}: each text is predicted by a model "
            f"that did not see it; then one is trained on all ({why})"
        )
    return f"[bold]held out[/]: {held_out}, which are not trained on"


def _folder(plan: Plan) -> str:
    return escape(str(plan.out)) + (", going on from its last checkpoint" if plan.resumed else "")


def _notes(plan: Plan) -> Iterator[tuple[str, str]]:
    for warning in plan.warnings:
        yield "warning", f"[bold]{escape(warning)}[/]"
    for note in plan.prepared.notes:
        yield "note", escape(note)
    yield from _long_texts(plan)
    if plan.recipe.model.random_weights:
        yield "note", "[bold]random weights[/]: good for shapes and speed, not for results"


def _long_texts(plan: Plan) -> Iterator[tuple[str, str]]:
    """What is read of texts that are too long for the model."""
    length, settings = counted(plan.max_length, "token"), plan.recipe.data
    windows = ((name, plan.tokens[name].windows) for name in plan.splits)
    counts = [f"{name} {of_texts.mean():.2f}" for name, of_texts in windows if of_texts is not None]
    if counts:
        yield (
            "note",
            (
                f"texts longer than {length} are read in windows, whose logits are pooled "
                f"({plan.recipe.model.window_pooling}); windows a text: {', '.join(counts)}"
            ),
        )
    cut = {name: plan.tokens[name] for name in plan.splits if plan.tokens[name].truncated}
    if cut:
        numbers = ", ".join(f"{name} {tokens.truncated:,}" for name, tokens in cut.items())
        lost = ", ".join(f"{name} {points(tokens.cut / (tokens.cut + tokens.content))}" for name, tokens in cut.items())
        how = f"texts longer than {length} are cut to them ({settings.truncation} is kept)"
        if counts:
            how = f"texts longer than {counted(settings.max_windows, 'window')} are cut to them"
        yield "note", f"{how}: {numbers}; of the tokens, {lost} are not read"


def _trained(plan: Plan) -> str:
    adapter = plan.recipe.adapter
    if adapter.method == "lora":
        return f"{'DoRA' if adapter.dora else 'LoRA'} r = {adapter.rank} and the head"
    return "the head alone, solved" if adapter.method == "head" else "every weight"
