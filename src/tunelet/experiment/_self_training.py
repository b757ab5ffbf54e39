"""Self-training: a teacher, trained on labelled texts, answers texts without labels, and a student learns from both.

The answers are probabilities, not labels: a student that is told how sure its teacher is does not learn its guesses as
if they were known (Xie et al., CVPR 2020, compare both). They are calibrated first, by texts that the teacher has not
seen, and where TF-IDF has something to add to the teacher (`evaluation.baseline`), it is blended in: what the student
learns of the words that TF-IDF goes by, its teacher did not know.

Every teacher has a student of its own. The one of a fold learns from the teacher of that fold, from the fold's TF-IDF
and with weights that are fitted to the other folds' texts, so that its answers to the texts that the fold holds out
are as honest as its teacher's, and one is compared with the other. Of a single part that is held out the weights, two
numbers, are fitted to that part itself: there are no others.
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
        all: that there are.
        examples: those that were drawn of them.
        tokens: of these.
    """

    all: Unlabelled
    examples: Examples
    tokens: Tokens

    @property
    def record(self) -> UnlabelledRecord:
        """What `data.json` says of them; `rows` and `sha256` are of all that could be drawn."""
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
    """Refuse what texts without labels cannot go with. Raises RecipeError.

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
    """Read texts without labels, without those that stand in any part of the data or occur twice. Raises DataError.

    Args:
        texts: in any form that `train` takes; a column of texts is the one of the labelled data, where it is there.
        settings: the recipe's data section.
        reading: of the labelled data.
        prepared: its parts.
    """
    parts = [part for part in (prepared.train, prepared.validation, prepared.test) if part is not None]
    found = read_unlabelled(texts, settings, known={"text": reading.text_columns}, others=parts)
    if len(found.examples) < 2:
        dropped = "; ".join(f"{rows:,} {why}" for why, rows in found.dropped.items())
        raise DataError(
            f"{found.reading.source}: expected unlabelled texts by the hundred, found "
            f"{['none', 'one'][len(found.examples)]} that can be used{f' (left out: {dropped})' if dropped else ''}",
            "pass other texts than those with labels, or leave out unlabelled=...",
        )
    return found


def draw_for_students(texts: Unlabelled, tokenising: Tokenising, seed: int) -> Drawn:
    """As many of the texts as `data.unlabelled_tokens` allows. Raises DataError where these are not two."""
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
        before: what its `data.json` says of them.
        texts: those that it would go on with.
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
    """What models of one kind, that of each fold and that of all texts, make of texts that they were not trained on.

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
    """What the student of a fold, or the last one, learns of texts without labels: a probability of each label.

    Args:
        number: of the fold, from 0; -1: the student of all texts.
        encoder: the teachers' answers.
        tfidf: those of TF-IDF; None: it takes no part.
        labels: of the known texts, int64 [n].
        folds: the known texts that each fold holds out; none: all were held out.

    Returns:
        float32 [m, classes].
    """
    if len(folds) > 1 and number >= 0:
        folds = [rows for other, rows in enumerate(folds) if other != number]
    rows = np.sort(np.concatenate(folds)) if folds else np.arange(len(labels))
    known, own = encoder.known[rows], encoder.unlabelled[number]
    if len(rows) < 2:
        logits = own  # there is nothing to calibrate by
    elif tfidf is None:
        logits = fit_weights([known], labels[rows])[0] * own
    else:
        blend = fit_blend(known, tfidf.known[rows], labels[rows])
        logits = blend.logits(own, tfidf.unlabelled[number])
    found: NDArray[np.float32] = softmax(logits, axis=1).astype(np.float32)
    return found
