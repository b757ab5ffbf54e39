"""What of a run is published: one function decides it, by lists of the entries that may leave the machine.

A run's records hold sentences for its owner: where the data lay, what its first row looked like, which messages the
machine gave. Others get the entries that are listed here, which hold numbers, names of labels and versions. An entry
that a later version adds to a record is not published until it is listed.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Literal, get_args, get_origin

from tunelet._choice import Choice
from tunelet._record import R
from tunelet.checkpoint import CONFIG, INDEX, POOLED_CONFIGS, POOLED_HEAD, TOKENIZER_FILES, WINDOWS
from tunelet.evaluation import METRIC_NAMES
from tunelet.recipe import Recipe, Section, dump_recipe
from tunelet.report import document_files, group_document, may_replace_card, model_card
from tunelet.run import (
    MARK,
    Choices,
    DataRecord,
    ErrorRecord,
    RivalRecord,
    Run,
    RunFolder,
    RunGroup,
    UnlabelledRecord,
    mark_of,
)

_CARD = "README.md"
_METRICS = (
    *METRIC_NAMES, *(f"{name}_ci" for name in METRIC_NAMES), "n", "positive", "confusion", "per_class",
)  # fmt: skip
_SUMMARY = (
    *_METRICS, "evaluated_on", "trainable_parameters", "total_parameters", "epochs", "best_epoch", "steps",
    "planned_steps", "folds", "kept", "blend", "encoder_weight", "train_seconds",
    "seconds", "expected_seconds", "tokens_per_second", "peak_memory_bytes", "seed", "random_weights", "temperature",
    "threshold",
)  # fmt: skip
_CHECKPOINT = ("hub_id", "revision", "weights_sha256", "random_weights")
_ENVIRONMENT = ("versions", "python", "system", "processor", "cores", "memory_bytes", "threads")
_SPLIT = ("rows", "labels", "sha256")
_DIVISION = ("by", "groups", "folds", "sha256")
_EVALUATION = (
    "evaluated_on", "n", "curves", "reliability", "temperature", "threshold", "lengths", "wrong", "cost",
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
# Settings that are published although they are free text, not a choice among our own words.
_SETTINGS = (
    "data.text_column", "data.label_column", "data.label_names", "data.missing_labels", "data.encoding",
    "adapter.targets", "evaluation.threshold",
)  # fmt: skip
_REASONS = ("recognised by its name", "named with --text", "named with --label")
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
        folder.metrics.name: RunFolder.json_bytes(shown.summary.to_dict()),
        folder.data.name: RunFolder.json_bytes(shown.data.to_dict()),
        folder.environment.name: RunFolder.json_bytes(shown.environment.to_dict()),
    }
    own = {**records, **_model_files(run, terms=words and bool(run.summary.blend))}
    card = run.path / _CARD
    # A card that the user has written goes as it is.
    shown_card = model_card(shown).encode("utf-8") if may_replace_card(card) else card
    return {_CARD: shown_card, **own, **document_files(document), MARK: mark_of(own)}


def shown_run(run: Run, name: str, *, texts: bool) -> Run:
    """The run with the entries that its published report, card and records may show; arguments as for `published`."""
    data, environment, summary, evaluation = run.data, run.environment, run.summary, run.evaluation
    named = run.recipe.data.text_column
    column = _column(data.text_column, "text", named)
    model = shown_model(run)
    source = _place(data.source)
    apart = {} if summary.validation is None else {"validation": _only(summary.validation, _METRICS)}
    return Run.of_records(
        Path(name),
        recipe=_recipe(run.recipe, model),
        summary=_only(summary, _SUMMARY, run=name, model=model, **apart),
        data=DataRecord(
            source=source,
            format=_format(data.source, data.format),
            text_column=column,
            text_columns=(column.value,)
            if len(data.text_columns) == 1
            else tuple(_column_name(each, "text", named) for each in data.text_columns),
            label_column=data.label_column and _column(data.label_column, "label", run.recipe.data.label_column),
            test_source=None if data.test_source is None else _place(data.test_source),
            label_names=data.label_names,
            dropped=_dropped(data.dropped),
            notes=(),
            warnings=(),
            labels_left_out=(),
            parts={split: _only(texts, _SPLIT) for split, texts in data.parts.items()},
            split=data.split and _only(data.split, _DIVISION),
            tokens=data.tokens,
            unlabelled=data.unlabelled and _unlabelled(data.unlabelled, named),
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
        evaluation=_only(
            evaluation,
            _EVALUATION,
            baseline=evaluation.baseline and _rival(evaluation.baseline, model),
            probe=evaluation.probe and _rival(evaluation.probe, model),
            kept=_only(
                evaluation.kept, _KEPT, candidates=tuple(_only(each, _CANDIDATE) for each in evaluation.kept.candidates)
            ),
            errors=evaluation.errors if texts else tuple(map(_without_text, evaluation.errors)),
        ),
        explanations=run.explanations
        and _only(run.explanations, _EXPLANATIONS, errors=run.explanations.errors if texts else ()),
        history=tuple(_only(line, _HISTORY) for line in run.history),
    )


def _unlabelled(record: UnlabelledRecord, named: str | list[str]) -> UnlabelledRecord:
    """The number of texts without labels, and the last component of their path."""
    return _only(
        record,
        _UNLABELLED,
        source=_place(record.source),
        format=_format(record.source, record.format),
        text_column=_column(record.text_column, "text", named),
        dropped=_dropped(record.dropped),
    )


def _only(record: R, listed: Iterable[str], **others: Any) -> R:
    """A record of the listed entries, as far as it has them, and of others that replace the rest."""
    known = {name: getattr(record, name) for name in listed if name in record.model_fields_set}
    return type(record).model_validate(known | others)


def _format(source: str, form: str) -> str:
    return _place(source) if source == form else _place(form.partition(",")[0])


def _dropped(dropped: Mapping[str, int]) -> dict[str, int]:
    return {"not usable": sum(dropped.values())} if dropped else {}


def _rival(record: RivalRecord, model: str) -> RivalRecord:
    return _only(record, _RIVAL, pair=record.pair.changed(first=record.name, second=model))


def _without_text(error: ErrorRecord) -> ErrorRecord:
    return _only(error, ("tokens", "label", "predicted", "probability"), id="", text="")


def shown_model(run: Run) -> str:
    """The checkpoint's name as others may see it: of a folder the last component of its path, else as it is."""
    checkpoint = run.environment.checkpoint
    return _place(checkpoint.name) if checkpoint.origin == "folder" else checkpoint.name


def _place(name: str) -> str:
    """The last component of a path; names such as hub:OWNER/NAME or sample are no paths and stay."""
    if name.startswith("hub:"):
        return name
    return PurePosixPath(name.replace("\\", "/")).name or "data"


def _column(choice: Choice[str], role: str, named: str | list[str]) -> Choice[str]:
    """A column with the reason why it was chosen, where that is in our own words."""
    if choice.reason in _REASONS:
        return choice
    return Choice(_column_name(choice.value, role, named), "chosen where it was trained")


def _column_name(name: str, role: str, named: str | list[str]) -> str:
    """A column's name, where the user named it or it is one of ours; else its role.

    A file without a header may have been read as one with a header: then the name is a text of the data.
    """
    named_columns = [named] if isinstance(named, str) else named
    return name if name in named_columns or re.fullmatch(r"column \d+", name) else role


def _recipe(recipe: Recipe, model: str) -> Recipe:
    """The recipe with every setting that is a number or one of our words, and the others that are listed."""
    sections: dict[str, Any] = {"name": _place(recipe.name), "description": ""}
    for name, section in recipe:
        if isinstance(section, Section):
            fields = type(section).model_fields
            sections[name] = {
                key: value for key, value in section if _is_ours(fields[key].annotation) or f"{name}.{key}" in _SETTINGS
            }
    sections["model"]["name"] = model
    return Recipe.model_validate(sections)


def _is_ours(annotation: Any) -> bool:
    if get_origin(annotation) in (list, tuple):
        return all(_is_ours(inner) for inner in get_args(annotation))
    return annotation in (int, float, bool) or get_origin(annotation) is Literal


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
        return _place(value) if is_place or _is_of_a_machine(value) else value

    return (json.dumps(plain(json.loads(content)), indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def _is_of_a_machine(value: str) -> bool:
    """Whether a string begins as a path from a root, a drive, a share, a home or the working directory, and goes on."""
    if "\n" in value or not re.search(r"[/\\][^/\\]", value):
        return False
    windows = PureWindowsPath(value)  # it splits at both kinds of separators
    return bool(windows.drive or (windows.root and len(windows.parts) > 2) or value.startswith(("~", ".", "file:")))
