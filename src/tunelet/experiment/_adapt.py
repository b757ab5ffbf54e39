"""`adapt`: continue the pretraining of a checkpoint on unlabelled texts; the result is a checkpoint to train from.

Gururangan et al. (ACL 2020) call it task-adaptive pretraining. Tokens of the texts are hidden, and the checkpoint's own
head predicts them; LoRA learns from that, and is merged into the weights at the end.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tunelet._cache import cache_folder
from tunelet._foreign import read_bytes
from tunelet._record import parse_record
from tunelet._words import counted
from tunelet.data import Examples, Masking, Tokens, Unlabelled, read_unlabelled, tokenise
from tunelet.errors import DataError, RecipeError, RunError
from tunelet.experiment._resuming import (
    Began,
    check_data,
    check_environment,
    check_recipe,
    choices_of,
    environment_of,
)
from tunelet.experiment._screens import AdaptationPlan, Screens
from tunelet.recipe import (
    AdapterSettings,
    DataSettings,
    Recipe,
    TrainingSettings,
    difference,
    dump_recipe,
    with_settings,
)
from tunelet.run import (
    AdaptationData,
    AdaptationFigures,
    AdaptedTexts,
    CheckpointFolder,
    Choices,
    at_work,
    disk_errors,
    refuse_link,
    refuse_run_as_model,
)

if TYPE_CHECKING:
    from tunelet.checkpoint import Checkpoint
    from tunelet.model import MaskedModel
    from tunelet.training import Pretrained

_RECIPE = Recipe(
    name="adapt",
    description="masked-language modelling on unlabelled texts, LoRA on all linear modules",
    data=DataSettings(max_length=256, validation_size=0.05),
    adapter=AdapterSettings(targets="all-linear", rank=16, alpha=32.0),
    training=TrainingSettings(epochs=1, batch_size=32, learning_rate=5e-4),
)
_MOST_HELD_OUT = 500  # texts whose loss is measured before and after
_SECTIONS = {
    "data": ("text_column", "encoding", "delimiter", "max_bytes", "max_cell", "clean_markup", "limit",
             "validation_size", "max_length", "truncation"),
    "model": ("name", "device", "precision", "packing"),
    "adapter": ("targets", "layers", "rank", "alpha"),
    "training": ("epochs", "min_steps", "max_steps", "max_tokens", "batch_size", "gradient_accumulation",
                 "learning_rate", "rate_batch", "weight_decay", "warmup", "max_grad_norm", "seed",
                 "checkpoint_seconds"),
}  # fmt: skip
_SETTINGS = {f"{section}.{name}" for section, names in _SECTIONS.items() for name in names}  # that count here
_SHORTCUTS = {
    "model": "model.name",
    "text": "data.text_column",
    "encoding": "data.encoding",
    "limit": "data.limit",
    "max_length": "data.max_length",
    "seed": "training.seed",
    "epochs": "training.epochs",
    "batch_size": "training.batch_size",
    "learning_rate": "training.learning_rate",
    "device": "model.device",
}


def adaptation_recipe(settings: Mapping[str, Any] | None, **arguments: Any) -> Recipe:
    """The settings of an adaptation, with those arguments of `adapt` that stand for one (`_SHORTCUTS`).

    Raises:
        RecipeError: a setting is not admitted, or has no meaning for further pretraining.
    """
    text = arguments.get("text")
    if text is not None and not isinstance(text, str):
        arguments["text"] = list(text)
    named = {_SHORTCUTS[name]: value for name, value in arguments.items() if value is not None}
    recipe = with_settings(with_settings(_RECIPE, settings or {}), named, "adapt")
    _refuse_others(recipe)
    return recipe


@dataclass(frozen=True)
class Adaptation:
    """A checkpoint whose pretraining was continued.

    >>> adaptation = tunelet.adapt("reviews.csv", model="models/bert", out="models/reviews-128", max_length=128)
    >>> adaptation.texts + adaptation.held_out
    40

    Attributes:
        path: the folder of the new checkpoint.
        texts, held_out: how many texts were learnt from, and how many others were held out.
        before, after: mean loss of a hidden word in the held-out texts, in nats.
        tokens: number of tokens learnt from, all epochs together.
        seconds: duration of the training.
    """

    path: Path
    texts: int
    held_out: int
    before: float
    after: float
    tokens: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """The same values as JSON has them, the path as text."""
        return asdict(self) | {"path": str(self.path)}


def _refuse_others(recipe: Recipe) -> None:
    """Raise RecipeError for a setting that has no meaning for further pretraining."""
    if recipe.data.truncation == "windows":
        raise RecipeError(
            "adapt: data.truncation = 'windows' pools the logits of labels, which hidden words do not have",
            "keep one part of a long text: settings={'data.truncation': 'head+tail'}",
        )
    for key in difference(_RECIPE, recipe):
        if key not in _SETTINGS:
            section = key.partition(".")[0]
            known = ", ".join(_SECTIONS.get(section, ()))
            raise RecipeError(
                f"adapt: {key} says nothing about further pretraining",
                f"of [{section}] these do: {known}" if known else f"set one of {', '.join(sorted(_SETTINGS))}",
            )


class AdaptationJob:
    """One adaptation of a checkpoint, step by step."""

    def __init__(self, texts: Any, recipe: Recipe, out: Path, screens: Screens, *, resume: bool) -> None:
        """Prepare the job; `run` reads the texts.

        Args:
            texts: unlabelled texts to learn from, in any form that `adapt` takes.
            recipe: as `adaptation_recipe` returns it.
            out: folder of the new checkpoint.
            screens: what a person sees of the job.
            resume: whether an interrupted adaptation is continued.
        """
        self.texts, self.recipe, self.resume, self.screens = texts, recipe, resume, screens
        with disk_errors(out):
            self.folder = CheckpointFolder(out)

    def run(self) -> Adaptation:
        """Train, and write the checkpoint. Raises TuneletError."""
        from tunelet.checkpoint import find_checkpoint

        refuse_run_as_model(self.recipe.model.name)
        self._check_place()
        settings = self.recipe.data
        texts = read_unlabelled(self.texts, settings, text=settings.text_column or None)
        train, held_out = _split(texts.examples, self.recipe)
        checkpoint = find_checkpoint(self.recipe.model.name)
        record = _data_record(texts, train, held_out)
        if self.resume:
            self._check_resumable(record)
            self.folder.hold()
        else:
            self.folder.start()
        with at_work(self.folder, resume=self.resume):
            if self.folder.is_whole():
                self.folder.name()
                return self._finished()
            return self._adapt(checkpoint, record, train, held_out)

    def _adapt(
        self, checkpoint: "Checkpoint", record: AdaptationData, train: Examples, held_out: Examples
    ) -> Adaptation:
        from tunelet.model import load_tokenizer, new_masked_model
        from tunelet.training import pretrain, tokens_per_second

        recipe, folder = self.recipe, self.folder
        tokenizer = load_tokenizer(checkpoint.path)
        masking = Masking.of(tokenizer)
        model = new_masked_model(checkpoint, recipe.model, recipe.adapter, seed=recipe.training.seed)
        tokens, others = (self._tokens(examples, tokenizer, model) for examples in (train, held_out))
        choices = Choices.of(choices_of(model))
        environment = environment_of(checkpoint, choices, random_weights=False)
        if self.resume:
            check_environment(folder, environment)
        rate = tokens_per_second(model, masking, tokens, recipe.training)
        self.screens.adaptation_plan(AdaptationPlan(recipe, checkpoint, record, tokens, choices, rate, folder.final))
        folder.begin(record, environment, dump_recipe(recipe))
        with self.screens.progress() as progress:
            result = pretrain(model, masking, tokens, others, recipe.training, folder, progress)
        model.merge_into(checkpoint.path, folder.path)
        with disk_errors(folder.path):
            tokenizer.save_pretrained(folder.path)
        folder.write_record(folder.metrics, _figures(len(train), len(held_out), result))
        folder.finish()
        adaptation = self._finished()
        self.screens.adaptation_result(adaptation)
        return adaptation

    def _check_place(self) -> None:
        if self.folder.final.exists() or not self.resume:
            self.folder.check_free()
            return
        refuse_link(self.folder.partial)
        if not self.folder.partial.is_dir():
            raise RunError(f"nothing to resume: there is no {self.folder.partial}", "leave out resume=True")

    def _check_resumable(self, record: AdaptationData) -> None:
        began = Began.of(self.folder, AdaptationData)
        check_recipe(began.place, began.recipe, self.recipe)
        check_data(began, record.parts, "texts")

    def _tokens(self, examples: Examples, tokenizer: Any, model: "MaskedModel") -> Tokens:
        settings = self.recipe.data
        return tokenise(
            examples.texts,
            tokenizer,
            max_length=settings.longest(model.max_length),
            truncation=settings.truncation,
            cache=cache_folder(),
        )

    def _finished(self) -> Adaptation:
        figures = parse_record(read_bytes(self.folder.metrics), AdaptationFigures)
        return Adaptation(
            path=self.folder.path,
            texts=figures.texts,
            held_out=figures.held_out,
            before=figures.before,
            after=figures.after,
            tokens=figures.tokens,
            seconds=figures.seconds,
        )


def _split(examples: Examples, recipe: Recipe) -> tuple[Examples, Examples]:
    """Texts to learn from, and texts that are held out."""
    rows = np.random.default_rng(recipe.training.seed).permutation(len(examples))
    if recipe.data.limit:
        rows = rows[: recipe.data.limit]
    if len(rows) < 2:
        raise DataError(
            f"expected texts to learn from, found {counted(len(rows), 'text')}", "pass some hundred texts at least"
        )
    held = min(_MOST_HELD_OUT, max(1, round(recipe.data.validation_size * len(rows))))
    return examples.take(np.sort(rows[held:])), examples.take(np.sort(rows[:held]))


def _data_record(texts: Unlabelled, train: Examples, held_out: Examples) -> AdaptationData:
    """The content of `data.json`: sources, columns, and fingerprints of the texts."""
    reading = texts.reading
    return AdaptationData(
        source=reading.source,
        format=reading.format,
        text_column=reading.text_column,
        dropped=dict(texts.dropped),
        notes=tuple(reading.notes),
        parts={
            name: AdaptedTexts(rows=len(examples), sha256=examples.fingerprint)
            for name, examples in (("train", train), ("held_out", held_out))
        },
    )


def _figures(texts: int, held_out: int, result: "Pretrained") -> AdaptationFigures:
    """The content of `metrics.json`: losses before and after, tokens and seconds."""
    return AdaptationFigures(
        texts=texts,
        held_out=held_out,
        before=result.before,
        after=result.after,
        tokens=result.tokens,
        seconds=result.seconds,
    )
