"""What was read of long texts, and what was cut."""

from tunelet._words import counted, points
from tunelet.report.run_page._words import in_a_row, splits_of
from tunelet.run import Run, SplitTokens

_POOLED = {
    "mean": "the mean of their logits is that of the text",
    "max": "of each label the largest of their logits is that of the text",
    "learned": "their logits become that of the text by a log-sum-exp whose sharpness was trained",
}


def cut_texts(run: Run) -> str:
    """Sentences on texts that were too long for the model, with the texts and the tokens of each split."""
    settings, tokens = run.recipe.data, run.data.tokens
    parts = splits_of(run, tokens.parts)
    cut = {name: split for name, split in parts.items() if split.cut}
    length = counted(tokens.max_length, "token")
    if settings.truncation != "windows":
        if not cut:
            return f"No text was longer than {length}."
        return f"Texts longer than {length} were cut ({settings.truncation}): {_counts(cut)} texts.{_lost(cut)}"
    texts = {name: split.windows / run.data.parts[name].rows for name, split in parts.items() if split.windows}
    windows = in_a_row([f"{count:.2f} in {name}" for name, count in texts.items()])
    read = (
        f"Texts longer than {length} were read in windows of that length at most, {windows} texts on average; "
        f"{_POOLED[run.recipe.model.window_pooling]}."
    )
    if not cut:
        return f"{read} No text was cut."
    most = counted(settings.max_windows, "window")
    return f"{read} What lay beyond {most} was cut: {_counts(cut)} texts.{_lost(cut)}"


def _counts(cut: dict[str, SplitTokens]) -> str:
    return ", ".join(f"{split.cut:,} {name}" for name, split in cut.items())


def _lost(cut: dict[str, SplitTokens]) -> str:
    """A sentence on the tokens that were not read; empty for a run that is older than this figure."""
    if any(split.cut_tokens is None for split in cut.values()):
        return ""
    lost = {name: split.cut_tokens or 0 for name, split in cut.items()}
    shares = (f"{points(count / (count + cut[name].tokens))} of {name}" for name, count in lost.items())
    return f" So {sum(lost.values()):,} tokens were not read: {in_a_row(list(shares))}."
