"""How the model was made."""

from tunelet._words import counted, points
from tunelet.evaluation import STUDENT
from tunelet.report._document import Block, Figures, Section, Text
from tunelet.report._loss_figure import LossAt, history
from tunelet.report.run_page._cut import cut_texts
from tunelet.report.run_page._words import in_a_row
from tunelet.run import Run, UnlabelledRecord, learner


def method_section(run: Run) -> Section:
    """What was trained and how, and a curve of the loss."""
    paragraphs = [_head(run)]
    if run.recipe.adapter.method != "head":
        paragraphs += [_training(run), _validated(run)]
        if run.data.unlabelled is not None:
            paragraphs.append(_students(run, run.data.unlabelled))
    elif run.facts.folds:
        paragraphs.append(_folds(run))
    blocks: list[Block] = [Text(text) for text in [*paragraphs, cut_texts(run)]]
    steps = [LossAt(line.epoch, line.loss) for line in run.history if line.loss is not None]
    epochs = [LossAt(line.epoch, loss) for line in run.history if (loss := line.validation_loss) is not None]
    if max(len(epochs), len(steps)) > 1:  # a curve, not a point
        blocks.append(Figures((history("loss", steps, epochs),)))
    return Section("Method", tuple(blocks))


def _head(run: Run) -> str:
    """What the head reads, and where it comes from."""
    choices = run.environment.choices
    if choices.head is not None:
        return f"The head is {choices.head.value} ({choices.head.reason}); it began at random."
    pooling, layers = choices.pooling, choices.layers_read
    assert pooling is not None and layers is not None  # noqa: S101, PT018  (where there is no `head`)
    reads = f"{pooling.value} ({pooling.reason}), layers read: {layers.value} ({layers.reason})"
    solved = run.recipe.adapter.method == "head"
    if not solved and not run.recipe.training.probe:
        return f"The head reads {reads}; it began at random."
    text = (
        f"The encoder was frozen first, and every text became one vector: {reads}. A "
        f"{learner(run)} on these vectors was solved, its regularisation chosen by cross-validation"
    )
    if solved:
        share = run.facts.trainable_parameters / run.facts.total_parameters
        counts = f"{run.facts.trainable_parameters:,} of {run.facts.total_parameters:,} parameters"
        return (
            f"{text}. It is the head, and all that was fitted: {counts} ({points(share, 2)}), without a training step."
        )
    return f"{text}: the probe. The head that was trained began as this one."


def _training(run: Run) -> str:
    """What was trained, for how long and how fast."""
    recipe, summary = run.recipe, run.facts
    adapter, training = recipe.adapter, recipe.training
    share = summary.trainable_parameters / summary.total_parameters
    name = f"{'DoRA' if adapter.dora else 'LoRA'} (r = {adapter.rank}, alpha = {adapter.alpha:g})"
    method, rates = {
        "lora": (
            f"{name} and the head were trained",
            f"{training.learning_rate:g} for the adapter and {training.head_learning_rate:g} for the head",
        ),
        "full": ("Every weight was trained", f"{training.full_learning_rate:g}"),
    }[adapter.method]
    if training.rate_batch and training.rate_batch != training.batch_size * training.gradient_accumulation:
        rates += f" (for batches of {training.rate_batch}; scaled by the square root)"
    planned = f" of {summary.planned_steps:,} planned" if summary.steps < summary.planned_steps else ""
    length = f"{counted(summary.epochs, 'epoch')} ({counted(summary.steps, 'step')}{planned})"
    return (
        f"{method}: {summary.trainable_parameters:,} of {summary.total_parameters:,} parameters "
        f"({points(share, 2)}), in {length} with batches of {training.batch_size}, by AdamW at a peak rate of {rates}."
    )


def _students(run: Run, texts: UnlabelledRecord) -> str:
    """How a student learnt from texts without labels, and whether it is the model that is kept."""
    evaluation = run.recipe.evaluation
    helped = (
        ", together with TF-IDF where that has something to add" if evaluation.baseline and evaluation.errors else ""
    )
    after = "each training, of a fold or of all texts," if run.facts.folds else "the training"
    if run.facts.kept == STUDENT:
        end = "The students gave the texts that they had not seen the better probabilities: what is kept is one of them"
    else:
        end = "They gave the texts that they had not seen no better probabilities, so that none of them is kept"
    return (
        f"Self-training: after {after} the model answered {counted(texts.used.rows, 'text')} "
        f"without labels{helped}, in probabilities that were calibrated on texts that it had not seen. A student, "
        f"which began where its teacher had begun, learnt these answers and the labelled texts. {end}."
    )


def _validated(run: Run) -> str:
    """How the end of the training was chosen."""
    if run.facts.folds:
        return f"{_folds(run)} No epoch was chosen: each training went to its end."
    return (
        f"The weights with the best {run.recipe.training.best_metric} on validation texts were kept, those of epoch "
        f"{run.facts.best_epoch}."
    )


def _folds(run: Run) -> str:
    rows = counted(run.data.parts["train"].rows, "text")
    method, evaluation = run.recipe.adapter.method, run.any_evaluation
    fitted = [
        *(["probe"] if evaluation.probe is not None or method == "head" else []),
        *(["TF-IDF"] if evaluation.baseline is not None else []),
        *({"lora": ["adapter"], "full": ["encoder"], "head": []}[method]),
    ]
    were, folds = "was" if len(fitted) == 1 else "were", run.facts.folds
    if folds == 1:
        return (
            f"Of the {rows}, {run.data.parts['validation'].rows:,} were held out once: {in_a_row(fitted)} {were} "
            "fitted to the others and answered these; what was chosen was chosen by these answers. Then all was fitted "
            "once more, to all texts."
        )
    return (
        f"Cross-validation: the {rows} were cut into {counted(folds, 'fold')}. For each fold, "
        f"{in_a_row(fitted)} {were} fitted to the other folds and answered its texts; "
        "what was chosen was chosen by these answers. Then all was fitted once more, to all texts."
    )
