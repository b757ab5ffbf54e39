"""From a request to the plan of its training: what is read, chosen, measured and expected before anything is trained.

Open settings of the recipe are replaced by what is chosen on the way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tunelet._choice import Choice
from tunelet._deadline import Deadline
from tunelet.data import UNFOLLOWED, Copies, Follower, Prepared, Reading, Tokens, Unlabelled
from tunelet.evaluation import positive_index
from tunelet.experiment._material import Material, Sources
from tunelet.experiment._plan import Plan, splits_record
from tunelet.experiment._request import Request, check_workers
from tunelet.experiment._resuming import Began, as_decided, check_data, check_recipe, choices_of, with_budget
from tunelet.experiment._screens import Screens
from tunelet.experiment._self_training import check_same_texts, draw_for_students, read_for_students
from tunelet.experiment._shapes import check_shape, with_shape
from tunelet.experiment._splits import read_sources, split_data, split_seed
from tunelet.experiment._tokenising import Tokenising
from tunelet.experiment._windows import check_columns
from tunelet.recipe import Recipe, with_settings
from tunelet.run import Choices, DataRecord, RunFolder

if TYPE_CHECKING:
    from tunelet.checkpoint import Checkpoint
    from tunelet.experiment._afford import Afforded
    from tunelet.experiment._budget import Budget
    from tunelet.model import SequenceClassifier
    from tunelet.training import Estimate

_NO_FORWARD = "its first pass over the texts fails"
_ANOTHER = "name another encoder, such as model='minilm', or take shorter texts: settings={'data.max_length': 64}"


@dataclass(frozen=True, eq=False)
class Planned:
    """A plan, and what was loaded to make it.

    Attributes:
        plan: complete but for the audit.
        material: the data and the pretrained model.
        classifier: as it will be trained.
    """

    plan: Plan
    material: Material
    classifier: "SequenceClassifier"


class Planner:
    """Makes the plan, step by step; each step needs the results of those before it, and is done once.

    Attributes:
        recipe: with what is chosen so far.
    """

    def __init__(self, request: Request, screens: Screens) -> None:
        """Take the request; nothing is read yet."""
        self._request, self._screens = request, screens
        self.recipe: Recipe = request.recipe
        self._copies: Copies | None = None  # among all texts that were read: looked for once
        self._texts: Unlabelled | None = None  # the usable texts without labels
        self._choices: dict[str, Choice[str]] = {}  # of the head, made once the encoder is loaded
        self._afforded: Afforded | None = None  # chosen likewise, where there is a budget of time
        self._sources: Sources | None = None
        self._planned: Planned | None = None

    def read(self) -> Sources:
        """Read the data and split it. Raises TuneletError."""
        if self._sources is None:
            self._sources = self._read()
        return self._sources

    def _read(self) -> Sources:
        request = self._request
        with self._screens.progress(unit="rows") as progress:
            progress.stage("reading the data", 0)
            reading, test_reading = read_sources(self.recipe.data, request.data, request.test, progress)
            check_columns(self.recipe, reading)
            self.recipe = with_shape(self.recipe, reading)
            check_shape(self.recipe, students=request.unlabelled is not None)
            prepared = self._prepare(reading, test_reading, progress)
            check_workers(request, self.recipe, folds=bool(prepared.folds))
            if request.unlabelled is not None:
                self._texts = read_for_students(request.unlabelled, self.recipe.data, reading, prepared)
        if prepared.space.task == "multiclass":
            positive_index(prepared.label_names, self.recipe.evaluation.positive)  # refuses an unknown label
        return Sources(reading, test_reading, prepared)

    def find_model(self) -> "Checkpoint":
        """Find the pretrained model; its weights are not loaded. Raises ModelError."""
        from tunelet.checkpoint import find_checkpoint

        settings = self.recipe.model
        name = None if settings.name == "auto" else settings.name
        checkpoint = find_checkpoint(name, random_weights=settings.random_weights)
        # The resolved name goes into the recipe, so that the run loads from any working directory.
        name = str(checkpoint.path) if checkpoint.origin == "folder" else checkpoint.name
        self.recipe = with_settings(self.recipe, {"model.name": name})
        return checkpoint

    def go_on(self, folder: RunFolder, sources: Sources) -> Sources:
        """The splits as they were in a folder that has begun.

        Raises TuneletError for another recipe or other data, with which the result would be a mixture.
        """
        began = Began.of(folder, DataRecord)
        self.recipe = as_decided(began.recipe, self.recipe)
        self.recipe, self._afforded = with_budget(began, self.recipe, self._request.deadline, self._request.named)
        check_recipe(folder.partial, began.recipe, self.recipe)
        prepared = self._prepare(sources.reading, sources.test_reading)
        check_data(began, splits_record(prepared))
        check_same_texts(folder.partial, began.data.unlabelled, self._texts)
        return replace(sources, prepared=prepared)

    def plan(self, folder: RunFolder, sources: Sources, checkpoint: "Checkpoint") -> Planned:
        """Load the model, choose what is open, and measure a few steps. Nothing is written. Raises TuneletError."""
        if self._planned is None:
            self._planned = self._plan_all(folder, sources, checkpoint)
        return self._planned

    def _plan_all(self, folder: RunFolder, sources: Sources, checkpoint: "Checkpoint") -> Planned:
        from tunelet.model import load_tokenizer

        with self._screens.busy("loading the model"):
            tokenizer = load_tokenizer(checkpoint.path)
            material = Material(sources.reading, sources.test_reading, sources.prepared, checkpoint, tokenizer)
            self._choose_head(material)
            classifier = material.new_classifier(self.recipe)
            if self._request.deadline is not None and self._afforded is None:
                classifier, material = self._afford(self._request.deadline, classifier, material)
        tokenising = material.tokenising(self.recipe.data, classifier)
        with self._screens.progress(unit="texts") as progress:
            tokens = tokenising.of_splits(material.prepared, progress)
        with self._screens.busy("timing a few steps"):
            plan = self._plan(folder, material, classifier, tokenising, tokens)
        return Planned(plan, material, classifier)

    def _prepare(self, reading: Reading, test_reading: Reading | None, follow: Follower = UNFOLLOWED) -> Prepared:
        timed = self._chooses_folds
        prepared = split_data(self.recipe, reading, test_reading, timed=timed, copies=self._copies, follow=follow)
        self._copies = prepared.copies
        return prepared

    @property
    def _chooses_folds(self) -> bool:
        return (
            self._request.deadline is not None
            and self._afforded is None
            and "data.fold_tokens" not in self._request.named
        )

    def _choose_head(self, material: Material) -> None:
        """Decide what the head reads of a text, and after how many layers; the decision goes into the recipe, too."""
        from tunelet.experiment._head import choose_head
        from tunelet.model import foreign_model

        recipe = self.recipe
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
        self.recipe = with_settings(recipe, decided)

    def _afford(
        self, deadline: Deadline, classifier: "SequenceClassifier", material: Material
    ) -> "tuple[SequenceClassifier, Material]":
        """Choose what the budget has time for, put it into the recipe, and renew classifier and splits if needed."""
        from tunelet.experiment._budget import Ways
        from tunelet.model import foreign_model

        tokens = material.tokenising(self.recipe.data, classifier).of_splits(material.prepared)
        with foreign_model(material.checkpoint.path, _NO_FORWARD, _ANOTHER):
            ways = Ways(
                classifier,
                material.new_classifier,
                self.recipe,
                material.prepared,
                tokens,
                deadline,
                self._request.named,
            )
            self._afforded = ways.choose()
        before, self.recipe = self.recipe, self._afforded.recipe
        if (self.recipe.adapter, self.recipe.model) != (before.adapter, before.model):
            classifier = material.new_classifier(self.recipe)
        if self.recipe.data != before.data:
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
            unlabelled = draw_for_students(self._texts, tokenising, split_seed(self.recipe))
        trained, total = classifier.parameter_counts()
        with foreign_model(checkpoint.path, _NO_FORWARD, _ANOTHER):  # a config may be odd
            estimate = estimate_time(
                classifier,
                tokens["train"],
                self.recipe.training,
                validation=None if prepared.folds else tokens["validation"],
                test=tokens.get("test"),
                folds=prepared.folds,
                rates=None if self._afforded is None else self._afforded.rates,
                unlabelled=None if unlabelled is None else unlabelled.tokens.lengths,
                known=self._known(material, classifier, tokens),
            )
        budget = self._budget(prepared, tokens, estimate)
        return Plan(
            recipe=self.recipe,
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

    def _known(self, material: Material, classifier: "SequenceClassifier", tokens: Mapping[str, Tokens]) -> int:
        """Tokens of texts whose vectors are in the cache; the validation texts of folds are training texts."""
        from tunelet.experiment._rivals import cache_of_vectors
        from tunelet.model import has_text_vectors

        if classifier.head is None:
            return 0
        weights = material.checkpoint.weights_sha256 or ""
        cache = cache_of_vectors(self.recipe, weights)
        read = [each for name, each in tokens.items() if name != "validation" or not material.prepared.folds]
        return sum(each.total for each in read if has_text_vectors(classifier, each, weights=weights, cache=cache))

    def _budget(self, prepared: Prepared, tokens: Mapping[str, Tokens], estimate: "Estimate") -> "Budget | None":
        if self._request.deadline is None or self._afforded is None:
            return None
        from tunelet.experiment._budget import Budget, after_training

        after = after_training(prepared, tokens, self.recipe, estimate)
        return Budget(self._request.deadline, self._afforded.choices, after)
