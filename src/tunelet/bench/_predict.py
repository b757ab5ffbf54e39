"""`tunelet bench predict`: transformers' pipeline, transformers and ONNX Runtime at their best, and tunelet."""

import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tunelet.bench._train import runnable, tunelet_precisions
from tunelet.bench.harness._arms import TURN_LIMIT, Arms, Keep, Say, nothing, prefixed, until_interrupted
from tunelet.bench.harness._document import document, model_record
from tunelet.bench.harness._flops import prediction_work
from tunelet.bench.harness._lengths import draw
from tunelet.bench.harness._results import ceilings, ideal_seconds
from tunelet.bench.harness._sources import DEFAULT_MODELS, DEVICES, check_names, draw_sample, find_model
from tunelet.bench.harness._subject import Facts, Subject, prepare
from tunelet.bench.harness._worker import ArmFailed, Worker, run_once
from tunelet.bench.rivals._onnx import INSTALL, export_job, installed
from tunelet.bench.rivals._predict_settings import PredictSetting
from tunelet.errors import RunError

ENGINES = ("pipeline", "transformers", "onnx", "tunelet")
_REFERENCE = "transformers float32"
_WARM_UP = 8  # texts
_BATCHES = (1, 4, 8, 16, 32)
_SLOWER = 0.8  # of the best rate: larger batches are not tried after one that is that slow


@dataclass(frozen=True)
class PredictBench:
    """What `tunelet bench predict` is asked for.

    Attributes:
        models: short names or folders.
        run: a finished run whose classifier is measured instead, so that agreement is that of a trained one.
        data: file or folder of labelled texts; None: IMDb reviews where they are shared, else texts of their lengths.
        texts: how many are classified in a turn.
        turns: how often each arm is measured.
        arms: which of "pipeline", "transformers", "onnx", "tunelet".
        precisions: of tunelet; empty: all that there are.
        seed: of weights and texts.
        device: "cpu" or "cuda".
        limit: seconds that an arm may take for one turn, loading included; it is given up after that.
    """

    models: tuple[str, ...] = DEFAULT_MODELS
    run: Path | None = None
    data: str | None = None
    texts: int = 96
    turns: int = 3
    arms: tuple[str, ...] = ENGINES
    precisions: tuple[str, ...] = ()
    seed: int = 1
    device: str = "cpu"
    limit: float = TURN_LIMIT


def bench_predict(settings: PredictBench, say: Say = nothing, keep: Keep = nothing) -> dict[str, Any]:
    """Measure, and return the JSON document.

    Args:
        settings: what to measure.
        say: called with each line of progress.
        keep: called with the document so far after each model.

    Raises:
        TuneletError: a model, the run, the data or a name among the settings cannot be used.
        KeyboardInterrupt: interrupted; what was measured by then was kept.
    """
    begun = time.monotonic()
    check_names("--arms", settings.arms or ("",), ENGINES)
    check_names("--precision", settings.precisions, tunelet_precisions())
    check_names("--device", (settings.device,), DEVICES)
    sample = draw_sample(settings.data, settings.texts, settings.seed)
    results: list[dict[str, Any]] = []
    done: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="tunelet-bench-") as scratch:
        sample.write(Path(scratch) / "sample.json")
        for subject in _subjects(settings, Path(scratch), sample.label_names):
            subject.folder.mkdir()
            say(f"{subject.name}: {'random weights, ' if subject.random_weights else ''}{subject.checkpoint.reason}")
            facts = run_once(prepare, subject, device=settings.device)
            model = _PredictionOfModel(subject, facts, settings, prefixed(say, subject.name))
            with ExitStack() as workers, until_interrupted() as interrupted:
                model.measure(workers)
            results.append(model.record(sample.source))
            done = document("predict", settings, results, facts, time.monotonic() - begun)
            keep(done)
            interrupted.go_on()
    return done


def _subjects(settings: PredictBench, scratch: Path, label_names: tuple[str, ...]) -> list[Subject]:
    texts = scratch / "sample.json"
    if settings.run is None:
        checkpoints = [(name, *find_model(name)) for name in settings.models]
        return [
            Subject(name, checkpoint, random, settings.seed, settings.device, scratch / str(number), texts, label_names)
            for number, (name, checkpoint, random) in enumerate(checkpoints)
        ]
    from tunelet.checkpoint import find_checkpoint
    from tunelet.run import Run

    run = Run.load(settings.run)
    recipe = run.recipe
    if recipe.adapter.method != "lora":
        raise RunError(f"{run.path}: expected a run with LoRA, found {recipe.adapter.method}", "name another run")
    random = recipe.model.random_weights
    return [
        Subject(
            f"{recipe.model.name} ({run.path.name})",
            find_checkpoint(recipe.model.name, random_weights=random),
            random,
            recipe.training.seed,
            settings.device,
            scratch / "run",
            texts,
            run.label_names,
            run.folder.weights,
        )
    ]


class _PredictionOfModel:
    """One model: find the best settings of the others, let all arms take turns, compare their predictions."""

    def __init__(self, subject: Subject, facts: Facts, settings: PredictBench, say: Say) -> None:
        self.subject, self.facts, self.settings, self.say = subject, facts, settings, say
        self.arms = Arms(say)
        self.trials: list[dict[str, Any]] = []
        self.mean_tokens = sum(facts.lengths) / len(facts.lengths)
        lengths = np.asarray(facts.lengths)
        random = np.random.default_rng(settings.seed)
        self.all = list(range(len(lengths)))
        self.some = draw(lengths, max(1, len(lengths) // 2), random).tolist()
        self.few = draw(lengths, min(_WARM_UP, len(lengths)), random).tolist()

    def measure(self, workers: ExitStack) -> None:
        """Everything, turn by turn, so that an interruption leaves what was measured before it."""
        from tunelet.bench.harness._ceilings import ceilings_job

        settings = self.settings
        self._start_arms(workers)
        shape = (self.facts.shape, round(16 * self.mean_tokens), settings.device)
        self.arms.run(settings.turns, workers.enter_context(Worker(ceilings_job, *shape, device=settings.device)))

    def record(self, source: str) -> dict[str, Any]:
        """What was measured."""
        facts = self.facts
        top = ceilings(self.arms.ceilings)
        work = prediction_work(facts.shape, facts.lengths)
        ideal = {precision: seconds / len(facts.lengths) for precision, seconds in ideal_seconds(work, top).items()}
        rows = self.arms.results(
            self.mean_tokens, ideal, ("pipeline", _REFERENCE, "transformers bfloat16", "onnx int8")
        )
        return model_record(self.subject, facts, source, work) | {
            "adapter": "of a finished run" if self.subject.adapter else "untrained",
            "ceilings": top,
            "trials": self.trials,
            "arms": [replace(row, agreement=self._agreement(row.name)) for row in rows],
        }

    def _start_arms(self, workers: ExitStack) -> None:
        arms = self.settings.arms
        if "pipeline" in arms:
            self._start(workers, "pipeline", PredictSetting("pipeline"))
        if "transformers" in arms:
            for precision in ("float32", "bfloat16") if self.facts.bfloat16.value else ("float32",):
                self._start_best(workers, "transformers", precision, ("sdpa", "eager"))
        if "onnx" in arms:
            self._start_onnx(workers)
        if "tunelet" in arms:
            self.arms.skip(self.facts.refused, self.settings.precisions)
        for precision in (self.settings.precisions or runnable(self.facts)) if "tunelet" in arms else ():
            self._start(workers, f"tunelet {precision}", PredictSetting("tunelet", precision))

    def _start_onnx(self, workers: ExitStack) -> None:
        reason = INSTALL
        if self.settings.device != "cpu":
            reason = "not measured: on processors only"
        elif installed():
            try:
                graphs = run_once(export_job, self.subject, limit=self.settings.limit)
            except ArmFailed as failed:
                reason = f"not exported: {failed}"
            else:
                for precision in ("float32", "int8"):
                    variants = tuple(variant for of, variant in graphs if of == precision)
                    self._start_best(workers, "onnx", precision, variants)
                return
        for precision in ("float32", "int8"):
            self.arms.miss(f"onnx {precision}", "ONNX Runtime", precision, reason)

    def _start_best(self, workers: ExitStack, engine: Any, precision: str, variants: tuple[str, ...]) -> None:
        """Start the fastest: batch sizes are tried with the first variant, the other variants with the best of them."""
        best, rate = PredictSetting(engine, precision, variants[0], _BATCHES[0]), 0.0
        for size in _BATCHES:
            tried = replace(best, batch_size=size)
            reached = self._try(tried)
            if reached > rate:
                best, rate = tried, reached
            elif reached < _SLOWER * rate or size >= len(self.some):
                break
        for variant in variants[1:]:
            other = replace(best, variant=variant)
            reached = self._try(other)
            if reached > rate:
                best, rate = other, reached
        if rate > 0:
            self._start(workers, f"{engine} {precision}", best)
        else:
            self.arms.miss(f"{engine} {precision}", best.name, precision, "every setting failed")

    def _try(self, setting: PredictSetting) -> float:
        """Real tokens a second over half of the texts; 0 where it fails."""
        trial: dict[str, Any] = {"name": setting.name, "setting": setting, "tokens_per_second": None, "failure": None}
        self.trials.append(trial)
        with self._worker(setting, [self.few, self.some]) as worker:
            try:
                worker.ask()
                trial["tokens_per_second"] = worker.ask().rate
            except ArmFailed as failed:
                trial["failure"] = str(failed)
                self.say(f"tried {setting.name}: {failed}")
                return 0.0
        self.say(f"tried {setting.name}: {trial['tokens_per_second']:,.0f} tokens/s")
        return float(trial["tokens_per_second"])

    def _start(self, workers: ExitStack, name: str, setting: PredictSetting) -> None:
        worker = workers.enter_context(self._worker(setting, [self.few, *[self.all] * self.settings.turns]))
        self.arms.start(name, worker, setting.name, setting.precision)

    def _worker(self, setting: PredictSetting, phases: list[list[int]]) -> Worker:
        from tunelet.bench.rivals._prediction import classify_job

        limited: dict[str, Any] = {"device": self.settings.device, "limit": self.settings.limit}
        return Worker(classify_job, self.subject, setting, phases, self.facts.max_length, **limited)

    def _agreement(self, name: str) -> Mapping[str, float] | None:
        """An arm's last predictions against those of stock float32, as `ArmResult.agreement` has it."""
        reference, answer = self.arms.last(_REFERENCE), self.arms.last(name)
        if reference is None or answer is None or name == _REFERENCE:
            return None
        one, other = reference.probabilities, answer.probabilities
        return {
            "labels": float((one.argmax(axis=1) == other.argmax(axis=1)).mean()),
            "probability": float(np.abs(one - other).max()),
        }
