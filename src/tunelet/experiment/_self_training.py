"""Self-training: a teacher, trained on labelled texts, answers texts without labels, and a student learns from both.

The answers are probabilities, not labels, so that the student does not learn uncertain guesses as if they were true
labels (Xie et al., CVPR 2020, compare both). They are calibrated first, on texts that the teacher has not seen. Where
TF-IDF improves the teacher's answers (`evaluation.baseline`), it is blended in, so that the student also learns what
TF-IDF knows and its teacher does not.

Every teacher has a student of its own. A fold's student learns from the teacher of that fold and from the fold's
TF-IDF, with blend weights that are fitted to the other folds' texts. It has seen as little of the texts that the fold
holds out as its teacher, so the two can be compared on them. Where rows are held out once, the two weights are fitted
to these rows themselves, since there are no others.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import softmax

from tunelet.data import Examples, Prepared, Reading, Tokens, Unlabelled, draw, read_unlabelled
from tunelet.errors import DataError, RecipeError, RunError
from tunelet.evaluation import fit_blend, fit_weights
from tunelet.experiment._tokenising import Tokenising
from tunelet.recipe import DataSettings, Recipe
from tunelet.run import UnlabelledRecord, UsedTexts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Drawn:
    """Texts without labels that students learn from.

    Attributes:
        all: the texts that could be drawn.
        examples: the texts that were drawn.
        tokens: of the drawn texts.
    """

    all: Unlabelled
    examples: Examples
    tokens: Tokens

    @property
    def record(self) -> UnlabelledRecord:
        """Their entry in `data.json`; `rows` and `sha256` are of all texts that could be drawn."""
        reading = self.all.reading
        return UnlabelledRecord(
            source=reading.source,
            format=reading.format,
            text_column=reading.text_column,
            dropped=dict(self.all.dropped),
            notes=tuple(reading.notes),
            rows=len(self.all.examples),
            sha256=self.all.examples.fingerprint,
            used=UsedTexts(rows=len(self.examples), tokens=self.tokens.total),
        )


def check_settings(recipe: Recipe, *, timed: bool) -> None:
    """Refuse settings that cannot be combined with texts without labels. Raises RecipeError.

    Args:
        recipe: of the run.
        timed: whether there is a budget of time.
    """
    if timed:
        raise RecipeError(
            "a budget of time and unlabelled texts do not go together: what students cost depends on how they turn out",
            "leave out budget=..., and say how much of the texts is read: settings={'data.unlabelled_tokens': 200_000}",
        )
    if recipe.adapter.method == "head":
        raise RecipeError(
            "unlabelled texts are learnt from by training, and adapter.method is head: nothing is trained",
            "leave out unlabelled=..., or train an adapter: settings={'adapter.method': 'lora'}",
        )


def read_for_students(texts: Any, settings: DataSettings, reading: Reading, prepared: Prepared) -> Unlabelled:
    """Read texts without labels, and leave out copies of one another and of any split's texts. Raises DataError.

    Args:
        texts: in any form that `train` takes; the text column is that of the labelled data, where there is one of
            that name.
        settings: the recipe's data section.
        reading: of the labelled data.
        prepared: the splits of the labelled data.
    """
    splits = [split for split in (prepared.train, prepared.validation, prepared.test) if split is not None]
    usable = read_unlabelled(texts, settings, known={"text": reading.text_columns}, others=splits)
    if len(usable.examples) < 2:
        dropped = "; ".join(f"{rows:,} {why}" for why, rows in usable.dropped.items())
        raise DataError(
            f"{usable.reading.source}: expected unlabelled texts by the hundred, found "
            f"{['none', 'one'][len(usable.examples)]} that can be used{f' (left out: {dropped})' if dropped else ''}",
            "pass other texts than those with labels, or leave out unlabelled=...",
        )
    return usable


def draw_for_students(texts: Unlabelled, tokenising: Tokenising, seed: int) -> Drawn:
    """Draw as many texts as `data.unlabelled_tokens` allows. Raises DataError where these are fewer than two."""
    limit = tokenising.settings.unlabelled_tokens
    rows, tokens = draw(texts.examples.texts, tokenising.tokens, limit=limit, seed=seed)
    if len(rows) < 2:
        needed = 2 * int(tokenising.tokens(texts.examples.texts[:100]).lengths.max())
        raise DataError(
            f"fewer than two unlabelled texts have {limit:,} tokens together (data.unlabelled_tokens)",
            f"raise it, to settings={{'data.unlabelled_tokens': {100 * needed}}}",
        )
    return Drawn(texts, texts.examples.take(rows), tokens)


def check_same_texts(place: Path, before: UnlabelledRecord | None, texts: Unlabelled | None) -> None:
    """Refuse to go on with other texts without labels than a run was started with. Raises RunError.

    Args:
        place: the run's folder.
        before: their entry in its `data.json`.
        texts: the texts to continue with.
    """
    known, now = before and before.sha256, texts and texts.examples.fingerprint
    if known == now:
        return
    if before is None:
        raise RunError(f"{place} was started without unlabelled texts", "leave out unlabelled=..., or resume=True")
    if texts is None:
        message = f"{place} was started with unlabelled texts, {before.source}"
        raise RunError(message, "pass them with unlabelled=..., or leave out resume=True")
    raise RunError(
        f"{place} was started with other unlabelled texts",
        "pass the same with unlabelled=..., or leave out resume=True",
    )


@dataclass(frozen=True, eq=False)
class Answers:
    """Logits of a kind of model, one for each fold and one for all texts, for texts that they were not trained on.

    Attributes:
        known: logits of the texts whose labels are known, float64 [n, classes], each by a model that has not seen it.
        unlabelled: of the texts without labels, float64 [m, classes], by the model of each fold, counted from 0, and
            that of all texts, -1.
    """

    known: "NDArray[np.float64]"
    unlabelled: "dict[int, NDArray[np.float64]]" = field(default_factory=dict)


def soft_labels(
    number: int,
    encoder: Answers,
    tfidf: Answers | None,
    labels: "NDArray[np.int64]",
    folds: "Sequence[NDArray[np.int64]]",
) -> "NDArray[np.float32]":
    """The targets of a student for the texts without labels: a probability of each label.

    Args:
        number: of the student's fold, from 0; -1: the student of all texts.
        encoder: the teachers' answers.
        tfidf: the answers of TF-IDF; None: it is not blended in.
        labels: of the known texts, int64 [n].
        folds: the known texts that each fold holds out; empty: all were held out.

    Returns:
        float32 [m, classes].
    """
    if len(folds) > 1 and number >= 0:
        folds = [rows for other, rows in enumerate(folds) if other != number]
    rows = np.sort(np.concatenate(folds)) if folds else np.arange(len(labels))
    known, own = encoder.known[rows], encoder.unlabelled[number]
    if len(rows) < 2:
        logits = own  # too few texts to calibrate on
    elif tfidf is None:
        logits = fit_weights([known], labels[rows])[0] * own
    else:
        blend = fit_blend(known, tfidf.known[rows], labels[rows])
        logits = blend.logits(own, tfidf.unlabelled[number])
    probabilities: NDArray[np.float32] = softmax(logits, axis=1).astype(np.float32)
    return probabilities
