"""What of a run is published: one function decides it, by lists of the entries that may leave the machine.

A run's records hold sentences for its owner: where the data lay, what its first row looked like, which messages the
machine gave. Others get the entries that are listed here, which hold numbers, names of labels and versions. An entry
that a later version adds to a record is not published until it is listed.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path, PureWindowsPath
from typing import Any

from tunelet._choice import Choice
from tunelet._record import R, Record
from tunelet.checkpoint import CONFIG, INDEX, POOLED_CONFIGS, POOLED_HEAD, TOKENIZER_FILES, WINDOWS
from tunelet.data import TaskName
from tunelet.evaluation import Measured
from tunelet.publish._names import column_name, column_of, dropped_rows, format_of, place_of, shown_recipe
from tunelet.recipe import dump_recipe
from tunelet.report import document_files, group_document, may_replace_card, model_card
from tunelet.run import (
    MARK,
    Choices,
    DataRecord,
    EvaluationRecord,
    RivalRecord,
    Run,
    RunFolder,
    RunGroup,
    ShapedEvaluation,
    ShapedRival,
    UnlabelledRecord,
    mark_of,
)

_CARD = "README.md"
_METRICS = ("n", "positive", "confusion", "per_class", "per_label")  # beside the figures and their intervals
_SUMMARY = (
    "evaluated_on", "trainable_parameters", "total_parameters", "epochs", "best_epoch", "steps",
    "planned_steps", "folds", "kept", "blend", "encoder_weight", "train_seconds",
    "seconds", "expected_seconds", "tokens_per_second", "peak_memory_bytes", "seed", "random_weights", "temperature",
    "threshold", "reach",
)  # fmt: skip
_CHECKPOINT = ("hub_id", "revision", "weights_sha256", "random_weights")
_ENVIRONMENT = ("versions", "python", "system", "processor", "cores", "memory_bytes", "threads")
_SPLIT = ("rows", "labels", "numbers", "sha256")
_DIVISION = ("by", "groups", "folds", "sha256")
_EVALUATION = (
    "evaluated_on", "n", "curves", "reliability", "temperature", "threshold", "lengths", "wrong", "cost", "chosen_on",
    "thresholds", "intervals", "without_tfidf", "details",
)  # fmt: skip
_RIVAL = ("name", "features", "strength", "seconds", "metrics", "curves")
_KEPT = ("name", "blend", "encoder_weight", "reason")  # the reason consists of our own words and numbers
_CANDIDATE = ("name", "log_loss", "accuracy", "temperature", "behind")
_UNLABELLED = ("rows", "sha256", "used")
_EXPLANATIONS = ("faithfulness", "learnt_from")  # a curve, and yes or no; the errors are texts with their words
_HISTORY = (
    "step", "epoch", "loss", "learning_rate", "head_learning_rate", "tokens_per_second", "validation", "train_loss",
    "seconds",
)  # fmt: skip
_CONFIGS = re.compile(r"(adapter_|tokenizer_|generation_)?config\.json|special_tokens_map\.json|added_tokens\.json")
_WEIGHTS = re.compile(r"(adapter_)?model(-\d+-of-\d+)?\.safetensors|model\.safetensors\.index\.json")


def published(run: Run, name: str, *, texts: bool = False, words: bool = False) -> dict[str, bytes | Path]:
    """The files of a run as they are published: path -> content, or the path of the file that has it.

    Args:
        run: a finished run, whose files are checked.
        name: of the published run.
        texts: whether the report quotes the texts of the most confident errors.
        words: whether TF-IDF goes along where the model is blended with it.

    Raises:
        RunError: the run is damaged.
    """
    shown = shown_run(run, name, texts=texts)
    group = RunGroup(shown.path, (shown,))
    document = group_document(group) if texts else group_document(group).without_quotes()
    folder = RunFolder(Path(name))
    records: dict[str, bytes | Path] = {
        folder.recipe.name: dump_recipe(shown.recipe).encode("utf-8"),
        folder.metrics.name: RunFolder.json_bytes(shown.facts.to_dict()),
        folder.data.name: RunFolder.json_bytes(shown.data.to_dict()),
        folder.environment.name: RunFolder.json_bytes(shown.environment.to_dict()),
    }
    own = {**records, **_model_files(run, terms=words and bool(run.facts.blend))}
    card = run.path / _CARD
    # A card that the user has written goes as it is.
    shown_card = model_card(shown).encode("utf-8") if may_replace_card(card) else card
    return {_CARD: shown_card, **own, **document_files(document), MARK: mark_of(own)}


def shown_run(run: Run, name: str, *, texts: bool) -> Run:
    """The run with the entries that its published report, card and records may show; arguments as for `published`."""
    data, environment, facts, evaluation = run.data, run.environment, run.facts, run.any_evaluation
    named = run.recipe.data.text_column
    column = column_of(data.text_column, "text", named)
    model = shown_model(run)
    source = place_of(data.source)
    apart = {} if facts.validation is None else {"validation": _only(facts.validation, _figures(facts))}
    # Of one label a text nothing more is to be said.
    shaped = data.task.value != "multiclass"
    shape: dict[str, Any] = {"task": _shape(data.task), "separator": data.separator} if shaped else {}
    of_evaluation = "shaped_evaluation" if shaped else "evaluation"
    return Run.of_records(
        Path(name),
        recipe=shown_recipe(run.recipe, model),
        facts=_only(facts, (*_figures(facts), *_SUMMARY), run=name, model=model, **apart),
        data=DataRecord(
            source=source,
            format=format_of(data.source, data.format),
            text_column=column,
            text_columns=(column.value,)
            if len(data.text_columns) == 1
            else tuple(column_name(each, "text", named) for each in data.text_columns),
            label_column=data.label_column and column_of(data.label_column, "label", run.recipe.data.label_column),
            test_source=None if data.test_source is None else place_of(data.test_source),
            label_names=data.label_names,
            dropped=dropped_rows(data.dropped),
            notes=(),
            warnings=(),
            labels_left_out=(),
            parts={split: _only(texts, _SPLIT) for split, texts in data.parts.items()},
            split=data.split and _only(data.split, _DIVISION),
            tokens=data.tokens,
            unlabelled=data.unlabelled and _unlabelled(data.unlabelled, named),
            **shape,
        ),
        audit=None,  # it quotes texts, and says what is wrong with data that others do not have
        environment=_only(
            environment,
            _ENVIRONMENT,
            checkpoint=_only(
                environment.checkpoint, _CHECKPOINT, name=model, origin=environment.checkpoint.origin, reason=""
            ),
            choices=Choices.of(
                {
                    each: Choice(choice.value, "chosen where it was trained")
                    for each, choice in environment.choices.made.items()
                }
            ),
        ),
        **{of_evaluation: _evaluation(evaluation, model, texts=texts)},
        explanations=run.explanations
        and _only(run.explanations, _EXPLANATIONS, errors=run.explanations.errors if texts else ()),
        history=tuple(_only(line, _HISTORY) for line in run.history),
    )


def _figures(metrics: Measured) -> tuple[str, ...]:
    """The entries of metrics, whatever the shape of the labels."""
    return (*metrics.metric_names, *(f"{name}_ci" for name in metrics.metric_names), *_METRICS)


def _shape(task: Choice[TaskName]) -> Choice[TaskName]:
    """The shape of the labels; the reason may quote the data."""
    return Choice(task.value, "chosen where it was trained")


def _evaluation(record: EvaluationRecord | ShapedEvaluation, model: str, *, texts: bool) -> Record:
    """What follows from the predictions, without the texts of errors unless they are asked for."""
    kept = _only(record.kept, _KEPT, candidates=tuple(_only(each, _CANDIDATE) for each in record.kept.candidates))
    return _only(
        record,
        _EVALUATION,
        baseline=record.baseline and _rival(record.baseline, model),
        probe=record.probe and _rival(record.probe, model),
        kept=kept,
        errors=record.errors if texts else tuple(map(_without_text, record.errors)),
    )


def _unlabelled(record: UnlabelledRecord, named: str | list[str]) -> UnlabelledRecord:
    """The number of texts without labels, and the last component of their path."""
    return _only(
        record,
        _UNLABELLED,
        source=place_of(record.source),
        format=format_of(record.source, record.format),
        text_column=column_of(record.text_column, "text", named),
        dropped=dropped_rows(record.dropped),
    )


def _only(record: R, listed: Iterable[str], **others: Any) -> R:
    """A record of the listed entries, as far as it has them, and of others that replace the rest."""
    known = {name: getattr(record, name) for name in listed if name in record.model_fields_set}
    return type(record).model_validate(known | others)


def _rival(record: RivalRecord | ShapedRival, model: str) -> Record:
    return _only(record, _RIVAL, pair=record.pair.changed(first=record.name, second=model))


def _without_text(error: R) -> R:
    return _only(error, ("tokens", "label", "predicted", "probability"), id="", text="")


def shown_model(run: Run) -> str:
    """The checkpoint's name as others may see it: of a folder the last component of its path, else as it is."""
    checkpoint = run.environment.checkpoint
    return place_of(checkpoint.name) if checkpoint.origin == "folder" else checkpoint.name


def _model_files(run: Run, *, terms: bool) -> dict[str, bytes | Path]:
    """Weights, their configs without paths of this machine, the tokenizer and, with `terms`, TF-IDF.

    Args:
        run: whose files they are.
        terms: whether TF-IDF is published, whose terms are words of the texts.
    """
    folder = run.folder
    weights = folder.weights if run.recipe.adapter.method == "lora" else folder.full_weights
    files: dict[str, bytes | Path] = {}
    for place in (weights, folder.tokenizer):
        run.files.check_folder(place)
        for name in run.files.files:
            path = run.path / name
            inside = path.relative_to(place).as_posix() if path.is_relative_to(place) else ""
            if place == folder.weights and inside in (CONFIG, INDEX):
                continue  # beside an adapter these say where on this machine its base model is
            if _CONFIGS.fullmatch(inside) or inside in POOLED_CONFIGS:
                files[name] = run.files.read(path, partial(_config, hub_id=run.environment.checkpoint.hub_id))
            elif _WEIGHTS.fullmatch(inside) or inside in (*TOKENIZER_FILES, POOLED_HEAD, WINDOWS):
                files[name] = path
    if terms:
        run.files.check_folder(folder.baseline)
        files |= {name: run.path / name for name in run.files.files if (run.path / name).parent == folder.baseline}
    return files


_PLACES = re.compile(r"(^|_)(path|file|dir|folder|directory)$|^auto_map$")  # keys whose value is a path or a Hub id


def _config(content: bytes, hub_id: str | None) -> bytes:
    """A config of transformers or PEFT, in which each path of this machine is cut to its last component.

    What begins as only a path of a machine does is cut wherever it stands. A relative path looks like other things,
    such as the token "</s>" or a Hub id: it is cut where the key says that a path stands there.

    Args:
        content: JSON.
        hub_id: of the checkpoint, which stays.
    """

    def plain(value: Any, is_place: bool = False) -> Any:
        if isinstance(value, Mapping):
            return {key: plain(inner, is_place or bool(_PLACES.search(key))) for key, inner in value.items()}
        if isinstance(value, list):
            return [plain(inner, is_place) for inner in value]
        if not isinstance(value, str) or (hub_id and value.partition("--")[0] == hub_id):
            return value
        return place_of(value) if is_place or _is_of_a_machine(value) else value

    return (json.dumps(plain(json.loads(content)), indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def _is_of_a_machine(value: str) -> bool:
    """Whether a string begins as a path from a root, a drive, a share, a home or the working directory, and goes on."""
    if "\n" in value or not re.search(r"[/\\][^/\\]", value):
        return False
    windows = PureWindowsPath(value)  # it splits at both kinds of separators
    return bool(windows.drive or (windows.root and len(windows.parts) > 2) or value.startswith(("~", ".", "file:")))
