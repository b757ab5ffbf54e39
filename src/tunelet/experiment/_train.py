"""The main job, from a request to a finished run folder. Every step is a room's; here is their order."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from tunelet._choice import Choice
from tunelet._deadline import Deadline
from tunelet.data import UNFOLLOWED, Copies, Follower, Prepared, Reading, Tokens, Unlabelled
from tunelet.evaluation import check_aim, positive_index
from tunelet.experiment._compiling import compile_kernels
from tunelet.experiment._finish import Trained, finish
from tunelet.experiment._material import Material
from tunelet.experiment._place import folder_for
from tunelet.experiment._plan import Plan, data_record, splits_record
from tunelet.experiment._request import Request, check_workers
from tunelet.experiment._resuming import (
    Began,
    as_decided,
    check_data,
    check_environment,
    check_recipe,
    choices_of,
    environment_of,
    with_budget,
)
from tunelet.experiment._screens import Screens
from tunelet.experiment._self_training import check_same_texts, draw_for_students, read_for_students
from tunelet.experiment._shapes import check_shape, with_shape
from tunelet.experiment._splits import read_sources, split_data, split_seed
from tunelet.experiment._tokenising import Tokenising
from tunelet.experiment._windows import check_columns
from tunelet.recipe import dump_recipe, with_settings
from tunelet.run import (
    Choices,
    DataRecord,
    Run,
    RunFolder,
    at_work,
    default_folder,
    find_partial,
    forget_peak_memory,
    refuse_run_as_model,
)

if TYPE_CHECKING:
    from tunelet.checkpoint import Checkpoint
    from tunelet.experiment._afford import Afforded
    from tunelet.experiment._budget import Budget
    from tunelet.model import SequenceClassifier
    from tunelet.training import Estimate

_NO_FORWARD = "its first pass over the texts fails"
_ANOTHER = "name another encoder, such as model='minilm', or take shorter texts: settings={'data.max_length': 64}"


class Experiment:
    """One training, step by step; each step needs the results of those before it."""

    def __init__(self, request: Request, screens: Screens) -> None:
        """Take the request; `run` reads the data.

        Args:
            request: the arguments of the training.
            screens: what a person sees of the training.
        """
        self._request, self._screens = request, screens
        self._recipe = request.recipe  # open settings are replaced by choices on the way
        self._copies: Copies | None = None  # among all texts that were read: looked for once
        self._texts: Unlabelled | None = None  # the usable texts without labels
        self._choices: dict[str, Choice[str]] = {}  # of the head, made once the encoder is loaded
        self._afforded: Afforded | None = None  # chosen likewise, where there is a budget of time

    def run(self) -> Run:
        """Train, measure and write the run folder, or go on with an interrupted run. Raises TuneletError."""
        request = self._request
        forget_peak_memory()
        check_aim(self._recipe.evaluation.threshold)
        if self._recipe.training.track:
            from tunelet.training import check_trackers

            check_trackers(self._recipe.training.track)
        refuse_run_as_model(self._recipe.model.name)
        # A folder that exists is refused before anything is read.
        folder = None if request.out is None else folder_for(request.out, resume=request.resume)
        with self._screens.progress(unit="rows") as progress:
            progress.stage("reading the data", 0)
            reading, test_reading = read_sources(self._recipe.data, request.data, request.test, progress)
            check_columns(self._recipe, reading)
            self._recipe = with_shape(self._recipe, reading)
            check_shape(self._recipe, students=request.unlabelled is not None)
            prepared = self._prepare(reading, test_reading, progress)
            check_workers(request, self._recipe, folds=bool(prepared.folds))
            if request.unlabelled is not None:
                self._texts = read_for_students(request.unlabelled, self._recipe.data, reading, prepared)
        if prepared.space.task == "multiclass":
            positive_index(prepared.label_names, self._recipe.evaluation.positive)  # refuses an unknown label
        compile_kernels()
        checkpoint = self._find_model()  # no spinner: a download shows its own progress
        if folder is None:
            name, seed = self._recipe.name, self._recipe.training.seed
            place = find_partial if request.resume else default_folder
            folder = folder_for(place(name, checkpoint.name, seed), resume=request.resume)
        if request.resume:
            prepared = self._resumable(folder, reading, test_reading)
            folder.hold()
        else:
            folder.start()
        with at_work(folder, resume=request.resume):
            if folder.is_whole():
                folder.name()
                return Run(folder.final)
            return self._train(folder, reading, test_reading, prepared, checkpoint)

    def _prepare(self, reading: Reading, test_reading: Reading | None, follow: Follower = UNFOLLOWED) -> Prepared:
        timed = self._chooses_folds
        prepared = split_data(self._recipe, reading, test_reading, timed=timed, copies=self._copies, follow=follow)
        self._copies = prepared.copies
        return prepared

    @property
    def _chooses_folds(self) -> bool:
        return (
            self._request.deadline is not None
            and self._afforded is None
            and "data.fold_tokens" not in self._request.named
        )

    def _find_model(self) -> "Checkpoint":
        from tunelet.checkpoint import find_checkpoint

        settings = self._recipe.model
        name = None if settings.name == "auto" else settings.name
        checkpoint = find_checkpoint(name, random_weights=settings.random_weights)
        # The resolved name goes into the recipe, so that the run loads from any working directory.
        name = str(checkpoint.path) if checkpoint.origin == "folder" else checkpoint.name
        self._recipe = with_settings(self._recipe, {"model.name": name})
        return checkpoint

    def _choose_head(self, material: Material) -> None:
        """Decide what the head reads of a text, and after how many layers; the decision goes into the recipe, too."""
        from tunelet.experiment._head import choose_head
        from tunelet.model import foreign_model

        recipe = self._recipe
        if recipe.model.pooling == "first" and not recipe.training.probe and recipe.adapter.method != "head":
            self._choices["head"] = Choice("the architecture's own", "model.pooling is first, training.probe off")
            return
        checkpoint, several = material.checkpoint, material.several_fields
        with foreign_model(checkpoint.path, _NO_FORWARD, _ANOTHER):  # a config may be odd
            head = choose_head(checkpoint, material.prepared, recipe, material.tokenizer, several=several)
        words = {"first": "the first token", "mean": "the mean of the tokens"}
        self._choices["pooling"] = Choice(words[head.pooling.value], head.pooling.reason)
        self._choices["layers_read"] = Choice(str(head.layers.value), head.layers.reason)
        decided = {"model.pooling": head.pooling.value, "model.layers": head.layers.value}
        self._recipe = with_settings(recipe, decided)

    def _resumable(self, folder: RunFolder, reading: Reading, test_reading: Reading | None) -> Prepared:
        """The splits as they were; refuses another recipe or other data, with which the result would be a mixture."""
        began = Began.of(folder, DataRecord)
        self._recipe = as_decided(began.recipe, self._recipe)
        self._recipe, self._afforded = with_budget(began, self._recipe, self._request.deadline, self._request.named)
        check_recipe(folder.partial, began.recipe, self._recipe)
        prepared = self._prepare(reading, test_reading)
        check_data(began, splits_record(prepared))
        check_same_texts(folder.partial, began.data.unlabelled, self._texts)
        return prepared

    def _train(
        self,
        folder: RunFolder,
        reading: Reading,
        test_reading: Reading | None,
        prepared: Prepared,
        checkpoint: "Checkpoint",
    ) -> Run:
        from tunelet.experiment._auditing import audit_of
        from tunelet.experiment._fitting import fit_all
        from tunelet.model import load_tokenizer

        with self._screens.busy("loading the model"):
            tokenizer = load_tokenizer(checkpoint.path)
            material = Material(reading, test_reading, prepared, checkpoint, tokenizer)
            self._choose_head(material)
            classifier = material.new_classifier(self._recipe)
            if self._request.deadline is not None and self._afforded is None:
                classifier, material = self._afford(self._request.deadline, classifier, material)
        tokenising = material.tokenising(self._recipe.data, classifier)
        with self._screens.progress(unit="texts") as progress:
            tokens = tokenising.of_splits(material.prepared, progress)
        with self._screens.busy("timing a few steps"):
            plan = self._plan(folder, material, classifier, tokenising, tokens)
            plan = replace(plan, audit=audit_of(material, self._recipe))
        environment = environment_of(
            checkpoint,
            plan.choices,
            random_weights=self._recipe.model.random_weights,
            budget=None if plan.budget is None else plan.budget.record,
        )
        if self._request.resume:
            check_environment(folder, environment)
        self._screens.plan(plan)
        folder.begin(data_record(plan), environment, dump_recipe(self._recipe))
        if plan.audit is not None:
            folder.write_record(folder.audit, plan.audit)
        with self._screens.progress() as progress:
            fitted = fit_all(plan, classifier, environment.checkpoint.weights_sha256, folder, progress)
            run = finish(folder, Trained(plan, classifier, tokenizer, fitted), progress)
        self._screens.result(run)
        return run

    def _afford(
        self, deadline: Deadline, classifier: "SequenceClassifier", material: Material
    ) -> "tuple[SequenceClassifier, Material]":
        """Choose what the budget has time for, put it into the recipe, and renew classifier and splits if needed."""
        from tunelet.experiment._budget import Ways
        from tunelet.model import foreign_model

        tokens = material.tokenising(self._recipe.data, classifier).of_splits(material.prepared)
        with foreign_model(material.checkpoint.path, _NO_FORWARD, _ANOTHER):
            ways = Ways(
                classifier,
                material.new_classifier,
                self._recipe,
                material.prepared,
                tokens,
                deadline,
                self._request.named,
            )
            self._afforded = ways.choose()
        before, self._recipe = self._recipe, self._afforded.recipe
        if (self._recipe.adapter, self._recipe.model) != (before.adapter, before.model):
            classifier = material.new_classifier(self._recipe)
        if self._recipe.data != before.data:
            material = replace(material, prepared=self._prepare(material.reading, material.test_reading))
        return classifier, material

    def _plan(
        self,
        folder: RunFolder,
        material: Material,
        classifier: "SequenceClassifier",
        tokenising: Tokenising,
        tokens: dict[str, Tokens],
    ) -> Plan:
        from tunelet.model import foreign_model
        from tunelet.training import estimate_time, latest_checkpoint

        prepared, checkpoint = material.prepared, material.checkpoint
        unlabelled = None
        if self._texts is not None:
            unlabelled = draw_for_students(self._texts, tokenising, split_seed(self._recipe))
        trained, total = classifier.parameter_counts()
        with foreign_model(checkpoint.path, _NO_FORWARD, _ANOTHER):  # a config may be odd
            estimate = estimate_time(
                classifier,
                tokens["train"],
                self._recipe.training,
                validation=None if prepared.folds else tokens["validation"],
                test=tokens.get("test"),
                folds=prepared.folds,
                rates=None if self._afforded is None else self._afforded.rates,
                unlabelled=None if unlabelled is None else unlabelled.tokens.lengths,
            )
        budget = self._budget(prepared, tokens, estimate)
        return Plan(
            recipe=self._recipe,
            reading=material.reading,
            test_reading=material.test_reading,
            prepared=prepared,
            tokens=tokens,
            max_length=tokenising.max_length,
            checkpoint=checkpoint,
            choices=Choices.of(choices_of(classifier) | self._choices | ({} if budget is None else budget.choices)),
            trained_parameters=trained,
            total_parameters=total,
            estimate=estimate,
            out=folder.final,
            resumed=latest_checkpoint(folder.checkpoints) is not None,
            budget=budget,
            unlabelled=unlabelled,
            place=self._request.place,
        )

    def _budget(self, prepared: Prepared, tokens: Mapping[str, Tokens], estimate: "Estimate") -> "Budget | None":
        if self._request.deadline is None or self._afforded is None:
            return None
        from tunelet.experiment._budget import Budget, after_training

        after = after_training(prepared, tokens, self._recipe, estimate)
        return Budget(self._request.deadline, self._afforded.choices, after)
