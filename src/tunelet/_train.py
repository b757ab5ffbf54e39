"""The main job, from a data source to a finished run folder. Every step is a room's; here is their order."""

import threading
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunelet._arguments import checked
from tunelet._choice import Choice
from tunelet._deadline import Deadline, parse_budget
from tunelet._finish import Trained, finish
from tunelet._going_on import (
    FREE_TO_DIFFER,
    as_decided,
    check_recipe,
    check_surroundings,
    choices_of,
    parse_began,
    surroundings_of,
)
from tunelet._output import console
from tunelet._plan import Plan, data_record, tokens_record
from tunelet._self_training import (
    check_same_texts,
    check_settings,
    draw_for_students,
    read_for_students,
)
from tunelet._tokenising import Tokenising
from tunelet._words import duration
from tunelet.data import FileSettings, FoldLimits, Prepared, Reading, Tokens, Unlabelled, prepare, read
from tunelet.errors import RecipeError, RunError
from tunelet.evaluation import check_aim, positive_index
from tunelet.recipe import (
    Recipe,
    difference,
    dump_recipe,
    resolve_recipe,
    with_settings,
)
from tunelet.run import (
    BegunDataRecord,
    EnvironmentRecord,
    Run,
    RunFolder,
    at_work,
    default_folder,
    disk_errors,
    find_partial,
    forget_peak_memory,
    parse_record,
    refuse_link,
    refuse_run_as_model,
)

if TYPE_CHECKING:
    from tunelet._afford import Afforded
    from tunelet._budget import Budget
    from tunelet.checkpoint import Checkpoint
    from tunelet.model import SequenceClassifier
    from tunelet.training import Estimate

# Arguments of `train` that stand for a setting.
SHORTCUTS = {
    "model": "model.name",
    "text": "data.text_column",
    "label": "data.label_column",
    "encoding": "data.encoding",
    "limit": "data.limit",
    "learning_rate": "training.learning_rate",  # of the adapter; see `_RATES`
    "seed": "training.seed",
    "epochs": "training.epochs",
    "batch_size": "training.batch_size",
    "device": "model.device",
}
_RATES = {"full": "training.full_learning_rate", "head": "training.head_learning_rate"}  # by adapter.method
_LENGTHS = {f"training.{name}" for name in ("epochs", "min_steps", "max_steps", "max_tokens")}

_FEW = 2_000  # texts, of which a fifth held out would be dear, and would measure little

_NO_FORWARD = "its first pass over the texts fails"
_ANOTHER = "name another encoder, such as --model minilm, or take shorter texts: --set data.max_length=64"


@checked
def train(
    data: Any,
    *,
    test: Any = None,
    unlabelled: Any = None,
    recipe: str | Path | Recipe = "quickstart",
    model: str | Path | None = None,
    text: str | Sequence[str] | None = None,
    label: str | None = None,
    encoding: str | None = None,
    limit: int | None = None,
    seed: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    device: str | None = None,
    settings: Mapping[str, Any] | None = None,
    budget: str | float | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    quiet: bool = False,
    verbose: bool = False,
) -> Run:
    """Fine-tune a pretrained encoder on labelled texts and measure the result.

    Args:
        data: file, folder, "hub:OWNER/NAME", "imdb", "sample"; DataFrame, list of (text, label), `datasets.Dataset`.
        test: test data in any of these forms; else the data's own test part, where it has one. Nothing is chosen on it.
        unlabelled: texts without labels, like those to be classified, in any form that `adapt` takes. A student learns
            from them what the model makes of them, and is kept where that is better. None: there are none.
        recipe: name of a recipe, path of a TOML file, or a `Recipe`.
        model: short name, Hub id or folder; None: the recipe's.
        text, label: columns; None: the recipe's, else recognised. A list of text columns is read together.
        encoding: of text files that are not UTF-8, such as "cp1252"; None: the recipe's.
        limit: rows to draw before the split; None: the recipe's.
        seed, epochs, batch_size: None: the recipe's.
        learning_rate: of what is trained by `adapter.method`: the adapter, every weight, or the head; None: the
            recipe's.
        device: "auto", "cpu", "cuda" or "mps"; None: the recipe's.
        settings: further settings by dotted key, such as {"training.epochs": 5}.
        budget: the time that all of this may take, such as "10m", "1h30m" or seconds. It decides how long is trained,
            and, where it is short, folds, layers, the length of texts and the precision, but for what is named here;
            training keeps to it. None: as the recipe says.
        out: the run folder, which must not exist; None: runs/RECIPE-MODEL-seedN.
        resume: go on with the interrupted run of that name.
        quiet: print nothing.
        verbose: print every choice with its reason before training; the run folder keeps them anyway.

    Returns:
        The finished run.

    Raises:
        TuneletError: the input is at fault; the message says what was expected, what was found and what to type.
        KeyboardInterrupt: interrupted; the message says how to go on, where there is something to go on with.
    """
    deadline = None if budget is None else Deadline(parse_budget(budget))
    shortcuts = {
        "model": model, "text": text, "label": label, "encoding": encoding, "limit": limit, "seed": seed,
        "epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate, "device": device,
    }  # fmt: skip
    resolved = whole_recipe(recipe, settings, **shortcuts)
    given = {SHORTCUTS[name] for name, value in shortcuts.items() if value is not None} | set(settings or {})
    if deadline is not None and (twice := sorted(given & _LENGTHS)):
        raise RecipeError(
            f"a budget of time and {twice[0]} are two answers to one question: how long it is trained",
            "leave one of them out",
        )
    if unlabelled is not None:
        check_settings(resolved, timed=deadline is not None)
    place = Path(out) if out is not None else None
    return _Job(resolved, data, test, unlabelled, place, resume, quiet, verbose, deadline, given).run()


def whole_recipe(recipe: Any, settings: Mapping[str, Any] | None, **given: Any) -> Recipe:
    """A recipe with the settings in it, and with those arguments of `train` that stand for one (`SHORTCUTS`)."""
    resolved = with_settings(resolve_recipe(recipe), settings or {})
    named = {SHORTCUTS[name]: value for name, value in given.items() if value is not None}
    if "model.name" in named:
        named["model.name"] = str(named["model.name"])  # a folder may be a Path
    if "training.learning_rate" in named and resolved.adapter.method in _RATES:
        named[_RATES[resolved.adapter.method]] = named.pop("training.learning_rate")
    match named.get("data.text_column"):
        case [str(column)]:
            named["data.text_column"] = column
        case tuple(columns):
            named["data.text_column"] = list(columns)
    # Whoever names epochs means them: the recipe's floor and ceiling of steps are for those that it names itself.
    if "training.epochs" in named or "training.epochs" in (settings or {}):
        limits = {f"training.{name}": 0 for name in ("min_steps", "max_steps", "max_tokens")}
        named |= {key: value for key, value in limits.items() if key not in (settings or {})}
    return with_settings(resolved, named, "train")


class _Job:
    """One call of `train`, step by step; each step needs what the ones before it found."""

    def __init__(
        self,
        recipe: Recipe,
        data: Any,
        test: Any,
        unlabelled: Any,
        out: Path | None,
        resume: bool,
        quiet: bool,
        verbose: bool,
        deadline: Deadline | None,
        given: Collection[str],
    ) -> None:
        self.recipe, self.data, self.test, self.out, self.resume = recipe, data, test, out, resume
        self.console = None if quiet else console(stderr=True)
        self.verbose = verbose
        self.unlabelled = unlabelled
        self.texts: Unlabelled | None = None  # what is usable of it
        self.choices: dict[str, Choice[str]] = {}  # of the head, decided once the encoder is there
        self.deadline, self.given = deadline, frozenset(given)
        self.afforded: Afforded | None = None  # decided likewise, where there is a budget of time

    def run(self) -> Run:
        forget_peak_memory()
        check_aim(self.recipe.evaluation.threshold)
        if self.recipe.training.track:
            from tunelet.training import check_trackers

            check_trackers(self.recipe.training.track)
        refuse_run_as_model(self.recipe.model.name)
        # A name that is taken is told before anything is read.
        folder = None if self.out is None else self._folder(self.out)
        with self._busy("reading the data"):
            reading, test_reading = self._read()
            prepared = self._prepare(reading, test_reading)
            if self.unlabelled is not None:
                self.texts = read_for_students(self.unlabelled, self.recipe.data, reading, prepared)
        positive_index(prepared.label_names, self.recipe.evaluation.positive)  # a label that is none is told now
        _compile_kernels()
        checkpoint = self._find_model()  # no spinner: a download shows its own progress
        if folder is None:
            name, seed = self.recipe.name, self.recipe.training.seed
            place = find_partial if self.resume else default_folder
            folder = self._folder(place(name, checkpoint.name, seed))
        if self.resume:
            prepared = self._resumable(folder, reading, test_reading)
            folder.hold()
        else:
            folder.start()
        with at_work(folder, resume=self.resume):
            if folder.is_whole():
                folder.name()
                return Run(folder.final)
            return self._train(folder, reading, test_reading, prepared, checkpoint)

    def _folder(self, out: Path) -> RunFolder:
        with disk_errors(out):
            folder = RunFolder(out)
            taken = folder.final.exists()
        if taken or not self.resume:
            folder.check_free()
            return folder
        refuse_link(folder.final)
        refuse_link(folder.partial)
        if not folder.partial.is_dir():
            raise RunError(f"nothing to resume: no interrupted run {folder.partial}", "leave out --resume")
        return folder

    def _read(self) -> tuple[Reading, Reading | None]:
        settings = self.recipe.data
        columns: dict[str, Any] = {
            "text": settings.text_column or None,
            "label": settings.label_column or None,
            "clean_markup": settings.clean_markup,
            "label_names": settings.label_names,
            "missing_labels": settings.missing_labels,
            "files": FileSettings.of(settings),
        }
        reading = read(self.data, **columns)
        trained = {"text": reading.text_columns, "label": reading.label_column.value if reading.label_column else ()}
        test_reading = None if self.test is None else read(self.test, **columns, known=trained)
        return reading, test_reading

    @property
    def _chooses_folds(self) -> bool:
        return self.deadline is not None and self.afforded is None and "data.fold_tokens" not in self.given

    @property
    def _split_seed(self) -> int:
        """Of drawing and splitting rows."""
        seed = self.recipe.data.split_seed
        return self.recipe.training.seed if seed < 0 else seed

    def _prepare(self, reading: Reading, test_reading: Reading | None) -> Prepared:
        settings = self.recipe.data
        return prepare(
            reading,
            test_reading,
            limit=settings.limit or None,
            balanced=settings.balanced,
            validation_size=settings.validation_size,
            drop_duplicates=settings.drop_duplicates,
            seed=self._split_seed,
            join_labels=settings.join_labels,
            min_texts=settings.min_texts_per_label,
            folds=_fold_limits(self.recipe, timed=self._chooses_folds),
        )

    def _find_model(self) -> "Checkpoint":
        from tunelet.checkpoint import find_checkpoint

        settings = self.recipe.model
        name = None if settings.name == "auto" else settings.name
        checkpoint = find_checkpoint(name, random_weights=settings.random_weights)
        # What was found goes into the recipe: the run must load again from anywhere.
        found = str(checkpoint.path) if checkpoint.origin == "folder" else checkpoint.name
        self.recipe = with_settings(self.recipe, {"model.name": found})
        return checkpoint

    def _choose_head(self, checkpoint: "Checkpoint", prepared: Prepared, tokenizer: Any, *, several: bool) -> None:
        """Decide what the head reads of a text, and after how many layers; the decision goes into the recipe, too."""
        from tunelet._probing import choose_head
        from tunelet.model import foreign_model

        recipe = self.recipe
        if recipe.model.pooling == "first" and not recipe.training.probe and recipe.adapter.method != "head":
            self.choices["head"] = Choice("the architecture's own", "model.pooling is first, training.probe off")
            return
        with foreign_model(checkpoint.path, _NO_FORWARD, _ANOTHER):  # a config may be odd
            found = choose_head(checkpoint, prepared, recipe, tokenizer, several=several)
        words = {"first": "the first token", "mean": "the mean of the tokens"}
        self.choices["pooling"] = Choice(words[found.pooling.value], found.pooling.reason)
        self.choices["layers read"] = Choice(str(found.layers.value), found.layers.reason)
        decided = {"model.pooling": found.pooling.value, "model.layers": found.layers.value}
        self.recipe = with_settings(recipe, decided)

    def _resumable(self, folder: RunFolder, reading: Reading, test_reading: Reading | None) -> Prepared:
        """The parts as they were; refuses to go on with another recipe or other data: the result would be neither's."""
        if not folder.has_begun():
            raise RunError(f"{folder.partial} stopped before it had begun", "leave out --resume")
        began = folder.begun()
        known = began.read(folder.recipe, parse_began)
        self.recipe = as_decided(known, self.recipe)
        before = began.read(folder.environment, lambda content: parse_record(content, EnvironmentRecord))
        self._take_up_budget(folder, before.get("budget"), known)
        check_recipe(folder.partial, known, self.recipe, FREE_TO_DIFFER)
        prepared = self._prepare(reading, test_reading)
        data = began.read(folder.data, lambda content: parse_record(content, BegunDataRecord))
        if data["parts"] != data_record(reading, test_reading, prepared)["parts"]:
            raise RunError(f"{folder.partial} was started on other data", "pass the same data, or leave out --resume")
        check_same_texts(folder.partial, data["unlabelled"], self.texts)
        return prepared

    def _take_up_budget(self, folder: RunFolder, before: Mapping[str, Any] | None, known: Recipe) -> None:
        """Go on with what was chosen for the budget when the run was started, which must be the same one."""
        seconds = None if before is None else before["seconds"]
        if seconds != (None if self.deadline is None else self.deadline.seconds):
            was = "no budget of time" if seconds is None else f"a budget of {duration(seconds)}"
            option = "leave out --budget" if seconds is None else f"pass --budget {seconds:g}s"
            raise RunError(f"{folder.partial} was started with {was}", f"{option}, or leave out --resume")
        if before is None:
            return
        from tunelet._afford import DECIDED, Afforded

        decided = {key: was for key, (was, _) in difference(known, self.recipe).items() if key in DECIDED - self.given}
        self.recipe = with_settings(self.recipe, decided)
        choices = {name: Choice(found["value"], found["reason"]) for name, found in before["choices"].items()}
        self.afforded = Afforded(self.recipe, choices, None, 0.0)

    def _train(
        self,
        folder: RunFolder,
        reading: Reading,
        test_reading: Reading | None,
        prepared: Prepared,
        checkpoint: "Checkpoint",
    ) -> Run:
        from tunelet._fitting import fit_all
        from tunelet.console import plan_screen, progress, result_screen
        from tunelet.model import load_tokenizer

        with self._busy("loading the model and timing a few steps"):
            tokenizer = load_tokenizer(checkpoint.path)
            self._choose_head(checkpoint, prepared, tokenizer, several=len(reading.text_columns) > 1)
            classifier = self._new_classifier(self.recipe, checkpoint, prepared)
            if self.deadline is not None and self.afforded is None:
                classifier, prepared = self._afford(
                    self.deadline, classifier, reading, test_reading, prepared, checkpoint, tokenizer
                )
            plan = self._plan(folder, reading, test_reading, prepared, checkpoint, tokenizer, classifier)
        surroundings = surroundings_of(checkpoint, plan.choices, random_weights=self.recipe.model.random_weights)
        surroundings["budget"] = None if plan.budget is None else plan.budget.record()
        if self.resume:
            check_surroundings(folder, surroundings)
        if self.console is not None:
            plan_screen(self.console, plan, verbose=self.verbose)
        of_tokens = {
            "tokens": tokens_record(plan.tokens, plan.max_length),
            "warnings": list(plan.warnings),
            "unlabelled": None if plan.unlabelled is None else plan.unlabelled.record(),
        }
        record = data_record(reading, test_reading, prepared)
        folder.begin(record | of_tokens, surroundings, dump_recipe(self.recipe))
        with progress(self.console) as reporter:
            fitted = fit_all(plan, classifier, surroundings["checkpoint"]["weights_sha256"], folder, reporter)
            run = finish(folder, Trained(plan, classifier, tokenizer, fitted), reporter)
        if self.console is not None:
            result_screen(self.console, run)
        return run

    def _new_classifier(self, recipe: Recipe, checkpoint: "Checkpoint", prepared: Prepared) -> "SequenceClassifier":
        from tunelet.model import head_pooling, new_classifier

        return new_classifier(
            checkpoint,
            prepared.label_names,
            recipe.model,
            recipe.adapter,
            seed=recipe.training.seed,
            pooling=head_pooling(recipe),
        )

    def _afford(
        self,
        deadline: Deadline,
        classifier: "SequenceClassifier",
        reading: Reading,
        test_reading: Reading | None,
        prepared: Prepared,
        checkpoint: "Checkpoint",
        tokenizer: Any,
    ) -> "tuple[SequenceClassifier, Prepared]":
        """Choose what the budget has time for; the choice goes into the recipe, and the classifier and parts follow."""
        from tunelet._budget import Ways
        from tunelet.model import foreign_model

        tokens = self._tokenising(reading, tokenizer, classifier).parts(prepared)

        def new(recipe: Recipe) -> "SequenceClassifier":
            return self._new_classifier(recipe, checkpoint, prepared)

        with foreign_model(checkpoint.path, _NO_FORWARD, _ANOTHER):
            ways = Ways(classifier, new, self.recipe, prepared, tokens, deadline, self.given)
            self.afforded = ways.choose()
        before, self.recipe = self.recipe, self.afforded.recipe
        if (self.recipe.adapter, self.recipe.model) != (before.adapter, before.model):
            classifier = new(self.recipe)
        if self.recipe.data != before.data:
            prepared = self._prepare(reading, test_reading)
        return classifier, prepared

    def _plan(
        self,
        folder: RunFolder,
        reading: Reading,
        test_reading: Reading | None,
        prepared: Prepared,
        checkpoint: "Checkpoint",
        tokenizer: Any,
        classifier: "SequenceClassifier",
    ) -> Plan:
        from tunelet.model import foreign_model
        from tunelet.training import estimate_time, latest_checkpoint

        tokenising = self._tokenising(reading, tokenizer, classifier)
        tokens, unlabelled = tokenising.parts(prepared), None
        if self.texts is not None:
            unlabelled = draw_for_students(self.texts, tokenising, self._split_seed)
        trained, total = classifier.parameter_counts()
        with foreign_model(checkpoint.path, _NO_FORWARD, _ANOTHER):  # a config may be odd
            estimate = estimate_time(
                classifier,
                tokens["train"],
                self.recipe.training,
                validation=None if prepared.folds else tokens["validation"],
                test=tokens.get("test"),
                folds=prepared.folds,
                rates=None if self.afforded is None else self.afforded.rates,
                unlabelled=None if unlabelled is None else unlabelled.tokens.lengths,
            )
        budget = self._budget(prepared, tokens, estimate)
        return Plan(
            recipe=self.recipe,
            reading=reading,
            test_reading=test_reading,
            prepared=prepared,
            tokens=tokens,
            max_length=tokenising.max_length,
            checkpoint=checkpoint,
            choices=choices_of(classifier) | self.choices | ({} if budget is None else budget.choices),
            trained_parameters=trained,
            total_parameters=total,
            estimate=estimate,
            out=folder.final,
            resumed=latest_checkpoint(folder.checkpoints) is not None,
            budget=budget,
            unlabelled=unlabelled,
        )

    def _budget(self, prepared: Prepared, tokens: Mapping[str, Tokens], estimate: "Estimate") -> "Budget | None":
        if self.deadline is None or self.afforded is None:
            return None
        from tunelet._budget import Budget, after_training

        after = after_training(prepared, tokens, self.recipe, estimate)
        return Budget(self.deadline, self.afforded.choices, after)

    def _busy(self, doing: str) -> AbstractContextManager[Any]:
        """A spinner on a terminal while nothing else is to be seen; elsewhere nothing."""
        if self.console is None or not self.console.is_terminal:
            return nullcontext()
        return self.console.status(doing)

    def _tokenising(self, reading: Reading, tokenizer: Any, classifier: "SequenceClassifier") -> Tokenising:
        several = len(reading.text_columns) > 1
        return Tokenising(self.recipe.data, tokenizer, classifier.max_length, several)


def _fold_limits(recipe: Recipe, *, timed: bool) -> FoldLimits | None:
    """When the recipe cross-validates. A solved head costs next to nothing, however long the texts are.

    Where there is a budget of time, how many folds there is time for is chosen later.
    """
    settings, training = recipe.data, recipe.training
    most = None if timed or recipe.adapter.method == "head" else settings.fold_tokens
    least = training.min_steps * training.batch_size * training.gradient_accumulation
    match settings.validation:
        case "held-out":
            return None
        case "cross-validation":
            return FoldLimits(settings.folds, None, None, settings.max_length)
        case "auto":
            return FoldLimits(settings.folds, _FEW, most, settings.max_length, training.epochs, least)


def _compile_kernels() -> None:
    """Let the compiler work, where it has to, while this thread imports libraries and loads the model."""

    def compile_them() -> None:
        from tunelet.kernels import native

        native()

    threading.Thread(target=compile_them, daemon=True).start()
