"""The cost of training and of a prediction."""

from tunelet._words import bytes_in_words, counted, duration
from tunelet.report._document import Section, facts_table
from tunelet.run import RivalRecord, Run, ShapedRival


def cost_section(run: Run) -> Section:
    """A table of time, memory and disk space."""
    summary, cost = run.facts, run.any_evaluation.cost
    fitted: list[RivalRecord | ShapedRival] = [*run.any_evaluation.rivals.values()]
    facts = facts_table(
        [
            *([("training", _training(run))] if summary.steps else []),
            *((f"{record.name}, fitted in", duration(record.seconds)) for record in fitted),
            ("all of it", f"{duration(summary.seconds)}, with evaluation"),
            ("peak memory", bytes_in_words(summary.peak_memory_bytes)),
            (
                "one text",
                (
                    f"{1000 * cost.latency_seconds:.1f} ms from tokens on, the median of "
                    f"{counted(cost.latency_texts, 'text')}"
                ),
            ),
            ("many texts", f"{cost.tokens_per_second:,.0f} tokens/s"),
            (
                "on disk",
                f"{bytes_in_words(cost.saved_bytes)} of its own"
                + (f", {bytes_in_words(cost.base_bytes)} of the encoder" if cost.base_bytes else ""),
            ),
        ],
        "What it took, and what it takes",
    )
    return Section("Cost", (facts,))


def _training(run: Run) -> str:
    summary, folds = run.facts, run.facts.folds
    first = counted(folds, "fold") if folds > 1 else "a training without the held-out texts"
    of = f", of {first} and of the model trained on all texts" if folds else ""
    return f"{duration(summary.train_seconds)}, {summary.tokens_per_second:,.0f} tokens/s{of}"
