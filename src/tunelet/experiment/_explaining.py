"""What a run keeps of explanations: the words of its most confident errors, and whether such words matter to the model.

It costs about a tenth of the training at most: a text is explained as far as its tokens, times the gradients that are
taken of them and the predictions of its deletion curve, fit into a tenth of the tokens trained on. So the record
follows from data, recipe and seed, as all others do.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tunelet.data import Windows, split_fields, tokenise
from tunelet.errors import ModelError
from tunelet.evaluation import Predictions, WordsBaseline, confident_errors, scaled_probabilities
from tunelet.experiment._evidence import Classified
from tunelet.explain import DELETIONS, FIRST_STEPS, MOST_STEPS, ExplainedModel, deletion_curves, explain_text
from tunelet.run import Explanation, ExplanationsRecord

if TYPE_CHECKING:
    from tunelet.experiment._finish import Trained
    from tunelet.training import Reporter

_SHARE = 10  # of the tokens trained on, one in so many
_LEAST = 2_000  # tokens that any run may take
_OF_ERRORS = 0.4  # of all tokens, what errors may take; the others are for texts drawn at random
_DRAWN = 20  # of these at most


@dataclass(frozen=True)
class _Explainer:
    """The kept model, as it predicts and as it is explained."""

    model: ExplainedModel
    label_names: tuple[str, ...]

    def probabilities(self, texts: list[str]) -> NDArray[np.float64]:
        """As `predict` gives them, float64 [n, classes]."""
        from scipy.special import softmax

        from tunelet.model import logits

        model = self.model
        tokens = tokenise(
            texts,
            model.tokenizer,
            max_length=model.max_length,
            truncation=model.truncation,
            several_fields=model.several_fields,
            windows=model.windows,
        )
        scores = model.encoder * logits(model.classifier, tokens)
        if model.tfidf is not None:
            scores = scores + model.blend * model.tfidf.logits(texts)
        return scaled_probabilities(softmax(scores, axis=1), model.temperature)

    def explain(self, text: str, label: int | None, most_steps: int) -> Explanation:
        """The words of a text for a label; None: for the most probable one. Gradients are taken at so many steps."""
        (row,) = self.probabilities([text])
        predicted = int(row.argmax())
        index = predicted if label is None else label
        fields = tuple(split_fields(text)) if self.model.several_fields else (text,)
        return explain_text(self.model, text, index, fields, most_steps=most_steps).changed(
            label=self.label_names[index], predicted=self.label_names[predicted], probability=float(row[index])
        )


def explanations(
    trained: "Trained",
    reported: Classified[Predictions],
    temperature: float,
    progress: "Reporter",
    *,
    learnt_from: bool,
) -> ExplanationsRecord | None:
    """The record of a run; None where its recipe asks for none, or the tokenizer cannot say where its tokens lie.

    Args:
        trained: the run.
        reported: the texts that it is reported on.
        temperature: that the logits are divided by.
        progress: whom to tell.
        learnt_from: whether the kept model had learnt from these texts, while others predicted them.
    """
    recipe = trained.plan.recipe
    settings = recipe.evaluation
    if not settings.explained:
        return None
    explainer = _explainer(trained, temperature)
    all_tokens = max(_LEAST, trained.fitted.outcome.tokens // _SHARE)
    progress.stage("explanations", all_tokens)
    wrong = confident_errors(reported.predictions, min(settings.explained, settings.errors))
    random = np.random.default_rng(recipe.training.seed)
    rows = random.permutation(len(reported.predictions))[:_DRAWN]
    try:
        errors, spent = _explained(explainer, reported, wrong, int(_OF_ERRORS * all_tokens), progress, of_error=True)
        drawn, _ = _explained(explainer, reported, rows, all_tokens - spent, progress, of_error=False)
    except ModelError as error:  # a run is not lost for want of its explanations
        progress.say(f"no explanations: {error.message}")
        return None
    curves = deletion_curves(drawn, explainer.label_names, explainer.probabilities, seed=recipe.training.seed)
    return ExplanationsRecord(errors=tuple(errors), faithfulness=curves, learnt_from=learnt_from)


def _explained(
    explainer: _Explainer,
    reported: Classified[Predictions],
    rows: NDArray[np.int64],
    most: int,
    progress: "Reporter",
    *,
    of_error: bool,
) -> tuple[list[Explanation], int]:
    """Explanations of these texts as long as there are tokens left, and the tokens that they took."""
    found: list[Explanation] = []
    spent = 0
    for row in rows:
        length = int(reported.lengths[row])
        deleted = 0 if of_error else DELETIONS  # predictions for its curve
        affordable = (most - spent) // max(length, 1) - deleted - 1
        if affordable < FIRST_STEPS and of_error:
            break  # the first so many, as the report has them
        if affordable < FIRST_STEPS:
            continue  # a shorter text may fit
        label = int(reported.predictions.predicted[row]) if of_error else None
        found.append(explainer.explain(reported.examples.texts[row], label, min(affordable, MOST_STEPS)))
        cost = (found[-1].steps + 1 + deleted) * length
        spent += cost
        progress.advance(cost)
    return found, spent


def _explainer(trained: "Trained", temperature: float) -> _Explainer:
    plan, kept, tfidf = trained.plan, trained.fitted.kept, trained.fitted.baseline
    assert not isinstance(tfidf, WordsBaseline)  # noqa: S101  (explanations are of one label a text)
    settings, blended = plan.recipe.data, bool(kept.blend)
    model = ExplainedModel(
        classifier=trained.classifier,
        tokenizer=trained.tokenizer,
        max_length=settings.longest(trained.classifier.max_length),
        truncation=settings.truncation,
        windows=Windows.of(settings),
        several_fields=plan.tokens["validation"].first_lengths is not None,
        encoder=kept.encoder if blended else 1.0,
        tfidf=tfidf if blended else None,
        blend=kept.blend,
        temperature=temperature,
    )
    return _Explainer(model, plan.prepared.label_names)
