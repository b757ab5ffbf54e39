"""The end of a run: measure the best epoch's weights, and write the rest of the run folder."""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunelet._record import parse_lines
from tunelet.data import OUTPUTS, TaskName
from tunelet.evaluation import STUDENT, Kept, predictions_for, training_warnings
from tunelet.experiment._evidence import Classified, Rival
from tunelet.experiment._label_results import RatingResults, SeveralLabelsResults
from tunelet.experiment._number_results import NumberResults
from tunelet.experiment._plan import Plan
from tunelet.experiment._results import OneLabelResults, Results
from tunelet.model import refer_to_base
from tunelet.run import Cost, HistoryLine, Run, RunFolder, disk_errors, peak_memory_bytes

if TYPE_CHECKING:
    from tunelet.experiment._fitting import Fitted
    from tunelet.model import SequenceClassifier
    from tunelet.training import Outcome, Reporter

RESULTS: dict[TaskName, type[Results]] = {
    "multiclass": OneLabelResults,
    "multilabel": SeveralLabelsResults,
    "ordinal": RatingResults,
    "regression": NumberResults,
}
_LATENCY_TEXTS, _WARM_UP = 20, 2  # texts that are timed one by one, after this many that are not


@dataclass(frozen=True)
class Trained:
    """The results of training, in memory.

    Attributes:
        plan: of the run.
        classifier: with the weights of the best epoch.
        tokenizer: of its checkpoint.
        fitted: the models beside the classifier, and all predictions for the validation texts.
    """

    plan: Plan
    classifier: "SequenceClassifier"
    tokenizer: Any
    fitted: "Fitted"


def finish(folder: RunFolder, trained: Trained, progress: "Reporter") -> Run:
    """Measure the model, write the run folder's files, and give the folder its final name."""
    from tunelet.run import write_baseline, write_seen

    begun = time.monotonic()
    plan, outcome = trained.plan, trained.fitted.outcome
    seed, settings = plan.recipe.training.seed, plan.recipe.evaluation
    classified = _classified(trained, progress)
    reported = "test" if "test" in classified else "validation"
    progress.stage("evaluation", 0)
    rivals = _rivals(trained.fitted, reported, plan.prepared.space.task)
    results = RESULTS[plan.prepared.space.task].of(classified, rivals, settings, seed=seed, model=plan.checkpoint.name)
    classifier = trained.classifier
    saved = folder.weights if classifier.method == "lora" else folder.full_weights
    folder.clear_results()
    with disk_errors(folder.path):
        classifier.save(saved)
        for place in (folder.tokenizer, saved):  # beside the weights, too: plain Transformers looks for it there
            trained.tokenizer.save_pretrained(place)
        if classifier.method == "lora" and not plan.recipe.model.random_weights:
            refer_to_base(saved, plan.checkpoint.path)
    _write_predictions(folder, plan, results.predictions, rivals, reported)
    write_seen(folder.seen, plan.prepared.membership)
    if trained.fitted.baseline is not None and settings.errors:  # its terms are words of the texts
        write_baseline(folder.baseline, trained.fitted.baseline)
    kept = trained.fitted.kept
    folder.write_record(folder.evaluation, results.record(kept.record, _cost(trained, saved)))
    explained = results.explained(trained, progress)
    if explained is not None:
        folder.write_record(folder.explanations, explained)
    seconds = outcome.elapsed + time.monotonic() - begun
    history = parse_lines(folder.history.read_bytes(), HistoryLine)
    losses = {int(line.epoch): loss for line in history if (loss := line.validation_loss) is not None}
    warnings = results.warnings + training_warnings(
        losses, reported_on_validation=reported == "validation" and outcome.best is not None
    )
    facts = _facts(plan, kept, outcome, seconds) | {"evaluated_on": reported, "warnings": tuple(warnings)}
    folder.write_record(folder.metrics, results.summary(facts))
    folder.finish()
    return Run(folder.final)


def _write_predictions(
    folder: RunFolder, plan: Plan, found: Mapping[str, Any], rivals: Sequence[Rival[Any]], reported: str
) -> None:
    """Write the predictions of all models for the texts that are reported on, and the model's for validation texts."""
    from tunelet.run import write_predictions

    separator, folds = plan.prepared.space.separator, plan.folds_of(reported)
    write_predictions(folder.predictions, found[reported], separator, folds)
    if reported != "validation":
        place = folder.validation_predictions
        write_predictions(place, found["validation"], separator, plan.folds_of("validation"))
    for rival in rivals:
        place = folder.baseline_predictions if rival.key == "baseline" else folder.probe_predictions
        write_predictions(place, rival.predictions, separator, folds)


def _rivals(fitted: "Fitted", reported: str, task: TaskName) -> list[Rival[Any]]:
    """The linear models of the run, with their predictions for the texts that are reported on."""
    from tunelet.experiment._rivals import rival_name

    predictions = fitted.test if reported == "test" else fitted.rivals
    rivals = []
    if (tfidf := fitted.baseline) is not None:
        rivals.append(
            Rival(
                "baseline",
                rival_name("baseline", task),
                tfidf.features,
                tfidf.strength,
                tfidf.seconds,
                predictions["baseline"],
                fitted.rivals["baseline"],
            )
        )
    if (probe := fitted.probe) is not None:
        rivals.append(
            Rival(
                "probe",
                rival_name("probe", task),
                probe.weight.shape[1],
                probe.strength,
                probe.seconds,
                predictions["probe"],
                fitted.rivals["probe"],
            )
        )
    return rivals


def _classified(trained: Trained, progress: "Reporter") -> dict[str, Classified[Any]]:
    """The validation split, and the test split where there is one, with the kept model's predictions."""
    from tunelet.model import logits

    plan = trained.plan
    prepared, space = plan.prepared, plan.prepared.space
    lengths = plan.tokens["validation"].text_lengths
    classified: dict[str, Classified[Any]] = {
        "validation": Classified(
            prepared.validation,
            lengths,
            trained.fitted.validation,
            space.targets(prepared.validation),
            trained.fitted.kept.alone,
        )
    }
    if prepared.test is not None:
        tokens = plan.tokens["test"]
        progress.stage("test", tokens.total)
        labels = space.encode(prepared.test, "test data")
        scores = logits(trained.classifier, tokens, progress.advance)
        output = OUTPUTS[space.task]
        if trained.fitted.kept.blend and trained.fitted.baseline is not None:
            kept, words = trained.fitted.kept, trained.fitted.baseline.logits(prepared.test.texts)
            scores = kept.encoder * output.ordered(scores) + kept.blend * output.ordered(words)
        probabilities = output.probabilities(scores)
        test = predictions_for(space.task, prepared.test.ids, space.names, labels, probabilities)
        classified["test"] = Classified(prepared.test, tokens.text_lengths, test, space.targets(prepared.test))
    return classified


def _cost(trained: Trained, saved: Path) -> Cost:
    """The time to classify one text, from tokens to probabilities, and the model's size on disk."""
    from tunelet.model import probabilities

    tokens = trained.plan.tokens["validation"]
    seconds = []
    for row in range(min(_LATENCY_TEXTS + _WARM_UP, len(tokens))):
        one = tokens.text(row)
        started = time.perf_counter()
        probabilities(trained.classifier, one)
        seconds.append(time.perf_counter() - started)
    base = trained.plan.checkpoint.path
    return Cost(
        latency_seconds=statistics.median(seconds[_WARM_UP:] or seconds),
        latency_texts=len(seconds[_WARM_UP:] or seconds),
        tokens_per_second=trained.plan.estimate.evaluation_rate,
        saved_bytes=sum(file.stat().st_size for file in saved.glob("*.safetensors")),
        base_bytes=sum(file.stat().st_size for file in base.glob("*.safetensors")),
    )


def _planned_steps(plan: Plan, kept: Kept) -> int:
    """The steps that were planned for the training of the kept model; 0 for a solved head."""
    length = plan.student_lengths[-1] if kept.name == STUDENT else plan.length
    return 0 if length is None else length.steps


def _facts(plan: Plan, kept: Kept, outcome: "Outcome", seconds: float) -> dict[str, Any]:
    """What `metrics.json` says beside the metrics, which `tunelet train --json` prints, too."""
    return {
        "run": str(plan.out),
        "trainable_parameters": plan.trained_parameters,
        "total_parameters": plan.total_parameters,
        "folds": len(plan.prepared.folds),
        "split": plan.division,
        "dropped": dict(plan.prepared.dropped),
        "dropped_rows": dict(plan.prepared.dropped_rows),
        "kept": kept.name,
        "blend": kept.blend,
        "encoder_weight": kept.encoder,
        "epochs": outcome.epochs,
        "best_epoch": outcome.best_epoch,
        "steps": outcome.steps,
        "planned_steps": _planned_steps(plan, kept),
        "train_seconds": outcome.seconds,
        "seconds": seconds,
        "expected_seconds": plan.estimate.seconds,
        "tokens_per_second": outcome.tokens / outcome.seconds if outcome.seconds else plan.estimate.evaluation_rate,
        "peak_memory_bytes": peak_memory_bytes(),
        "seed": plan.recipe.training.seed,
        "model": plan.checkpoint.name,
        "random_weights": plan.recipe.model.random_weights,
    }
