"""The pictures of a search: the best figure so far against time, importance, and all trials as lines."""

import math

from tunelet._words import number
from tunelet.report._canvas import FAINT, QUIET, STRONG, Figure, canvas, legend, look, wrapped
from tunelet.run import DimensionRecord, Setting, StudyRecord, TrialRecord, setting_in_words

_LETTERS = 22  # of a setting's name on one line


def progress_figure(facts: StudyRecord) -> Figure:
    """The figure of each trial, and the best one so far, against the time that all trials took."""
    better = min if facts.lower_is_better else max
    elapsed, best, courses = 0.0, None, []
    for trial in facts.trials:
        elapsed += trial.seconds / 60
        if trial.figure is None:
            continue
        if trial.state == "finished":
            best = trial.figure if best is None else better(best, trial.figure)
        courses.append((elapsed, trial, best))
    with canvas("progress", 6.6) as (axes, finish):
        for state, mark, words in (("finished", "o", "trained to the end"), ("pruned", "x", "given up")):
            points = [(at, trial.figure) for at, trial, _ in courses if trial.state == state]
            if points:
                axes.plot(*zip(*points, strict=True), mark, color=FAINT.colour, markersize=5, label=words)
        line = [(at, best) for at, _, best in courses if best is not None]
        if line:
            axes.step(*zip(*line, strict=True), where="post", color=STRONG.colour, linewidth=1.6, label="best so far")
        axes.set_xlabel("minutes")
        axes.set_ylabel(f"{facts.metric} on validation texts")
        axes.set_xlim(left=0)
        legend(axes)
        first = next((trial.figure for trial in facts.trials if trial.number == 0), None)
        text = (
            f"From {number(first)}, the recipe as it was, to {number(facts.figure)}, after {len(facts.trials)} trials."
        )
        return finish("The best figure so far", text)


def importance_figure(facts: StudyRecord) -> Figure:
    """Bars: how much of the figure's variance each setting explains."""
    shares = sorted(facts.importance.items(), key=lambda pair: pair[1])
    with canvas("importance", height=max(1.6, 0.5 + 0.34 * len(shares))) as (axes, finish):
        axes.barh([key for key, _ in shares], [share for _, share in shares], color=look(0).colour, height=0.6)
        axes.set_xlabel("share of the variance")
        axes.set_xlim(0, 1)
        axes.grid(visible=False, axis="y")
        text = ", ".join(f"{key} {share:.2f}" for key, share in reversed(shares))
        return finish("Which setting matters", f"Share of the figure's variance: {text}.")


def coordinates_figure(facts: StudyRecord) -> Figure:
    """Each trial as a line through the values of its settings to its figure; the chosen one stands out."""
    keys = [key for key in facts.space if any(key in trial.settings for trial in facts.trials)]
    shown = [t for t in facts.trials if t.figure is not None and all(key in t.settings for key in keys)]
    figures = [trial.figure or 0.0 for trial in shown]
    low, high = (min(figures), max(figures)) if figures else (0.0, 1.0)
    with canvas("coordinates", 6.6) as (axes, finish):
        for trial in sorted(shown, key=lambda trial: trial.number == facts.best):
            places = [_place(facts.space[key], trial.settings[key]) for key in keys]
            places.append(0.5 if high == low else ((trial.figure or 0.0) - low) / (high - low))
            chosen, pruned = trial.number == facts.best, trial.state == "pruned"
            axes.plot(
                places, color=STRONG.colour if chosen else QUIET, linewidth=2.2 if chosen else 0.9,
                alpha=1.0 if chosen else 0.35 if pruned else 0.7, linestyle=":" if pruned else "-",
            )  # fmt: skip
        for position, key in enumerate(keys):
            for place, value in _ticks(facts.space[key]):
                axes.text(position + 0.03, place, setting_in_words(value), fontsize=7, va="center")
        for place, value in ((0.0, low), (1.0, high)):
            axes.text(len(keys) + 0.03, place, number(value), fontsize=7, va="center")
        axes.set_xticks(range(len(keys) + 1), [*(wrapped(key, _LETTERS, 2) for key in keys), facts.metric], fontsize=7,
                        rotation=20, ha="right")  # fmt: skip
        axes.set_yticks([])
        axes.set_ylim(-0.06, 1.06)
        axes.set_xlim(-0.1, len(keys) + 0.35)
        axes.spines["left"].set_visible(False)
        return finish("All trials", _told(shown, facts))


def _told(shown: list[TrialRecord], facts: StudyRecord) -> str:
    given = f"{len(shown)} trials with settings of their own, each as a line through its values to its figure"
    return f"{given}. The chosen one: {facts.chosen.in_words}, {facts.metric} {number(facts.figure)}."


def _place(dimension: DimensionRecord, value: Setting) -> float:
    """Where a value stands on its axis, from 0 to 1."""
    if dimension.choices:
        last = len(dimension.choices) - 1
        return dimension.choices.index(value) / last if last else 0.5
    low, high, at = dimension.low, dimension.high, float(value)
    if dimension.log:
        low, high, at = math.log(low), math.log(high), math.log(at)
    return (at - low) / (high - low)


def _ticks(dimension: DimensionRecord) -> list[tuple[float, Setting]]:
    """The values that an axis names."""
    ends = (dimension.low, dimension.high)
    values: tuple[Setting, ...] = dimension.choices or (tuple(map(int, ends)) if dimension.whole else ends)
    return [(_place(dimension, value), value) for value in values]
