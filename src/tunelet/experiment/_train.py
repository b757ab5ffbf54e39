"""The main job, from a request to a finished run folder. Every step is a room's; here is their order."""

from dataclasses import replace
from typing import TYPE_CHECKING

from tunelet.evaluation import check_aim
from tunelet.experiment._compiling import compile_kernels
from tunelet.experiment._finish import Trained, finish
from tunelet.experiment._material import Sources
from tunelet.experiment._place import folder_for
from tunelet.experiment._plan import data_record
from tunelet.experiment._planner import Planner
from tunelet.experiment._request import Request
from tunelet.experiment._resuming import check_environment, environment_of
from tunelet.experiment._screens import Screens
from tunelet.recipe import dump_recipe
from tunelet.run import Run, RunFolder, at_work, default_folder, find_partial, forget_peak_memory, refuse_run_as_model

if TYPE_CHECKING:
    from tunelet.checkpoint import Checkpoint


class Experiment:
    """One training, step by step."""

    def __init__(self, request: Request, screens: Screens, planner: Planner | None = None) -> None:
        """Take the request; `run` reads the data.

        Args:
            request: the arguments of the training.
            screens: what a person sees of the training.
            planner: that has planned this training already, from its beginning.
        """
        self._request, self._screens = request, screens
        self._planner = planner or Planner(request, screens)

    def run(self) -> Run:
        """Train, measure and write the run folder, or go on with an interrupted run. Raises TuneletError."""
        request, planner = self._request, self._planner
        forget_peak_memory()
        check_aim(request.recipe.evaluation.threshold)
        if request.recipe.training.track:
            from tunelet.training import check_trackers

            check_trackers(request.recipe.training.track)
        refuse_run_as_model(request.recipe.model.name)
        # A folder that exists is refused before anything is read.
        folder = None if request.out is None else folder_for(request.out, resume=request.resume)
        sources = planner.read()
        compile_kernels()
        checkpoint = planner.find_model()  # no spinner: a download shows its own progress
        if folder is None:
            name, seed = planner.recipe.name, planner.recipe.training.seed
            place = find_partial if request.resume else default_folder
            folder = folder_for(place(name, checkpoint.name, seed), resume=request.resume)
        if request.resume:
            sources = planner.go_on(folder, sources)
            folder.hold()
        else:
            folder.start()
        with at_work(folder, resume=request.resume):
            if folder.is_whole():
                folder.name()
                return Run(folder.final)
            return self._train(folder, sources, checkpoint)

    def _train(self, folder: RunFolder, sources: Sources, checkpoint: "Checkpoint") -> Run:
        from tunelet.experiment._auditing import audit_of
        from tunelet.experiment._fitting import fit_all

        planned = self._planner.plan(folder, sources, checkpoint)
        recipe, classifier = self._planner.recipe, planned.classifier
        with self._screens.busy("looking at the data"):
            plan = replace(planned.plan, audit=audit_of(planned.material, recipe))
        environment = environment_of(
            checkpoint,
            plan.choices,
            random_weights=recipe.model.random_weights,
            budget=None if plan.budget is None else plan.budget.record,
        )
        if self._request.resume:
            check_environment(folder, environment)
        self._screens.plan(plan)
        folder.begin(data_record(plan), environment, dump_recipe(recipe))
        if plan.audit is not None:
            folder.write_record(folder.audit, plan.audit)
        with self._screens.progress() as progress:
            fitted = fit_all(plan, classifier, environment.checkpoint.weights_sha256, folder, progress)
            run = finish(folder, Trained(plan, classifier, planned.material.tokenizer, fitted), progress)
        self._screens.result(run)
        return run
