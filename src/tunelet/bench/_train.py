"""`tunelet bench train`: stock Trainer + PEFT, its best setting, and tunelet, in turns on the same texts."""

import shutil
import tempfile
import time
import typing
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunelet.bench.harness._arms import TURN_LIMIT, Arms, Keep, Say, nothing, prefixed, until_interrupted
from tunelet.bench.harness._document import document, model_record
from tunelet.bench.harness._flops import training_work
from tunelet.bench.harness._phases import Phases
from tunelet.bench.harness._results import ceilings, ideal_seconds
from tunelet.bench.harness._sources import DEFAULT_MODELS, DEVICES, check_names, draw_sample, find_model
from tunelet.bench.harness._subject import Facts, Subject, prepare
from tunelet.bench.harness._worker import ArmFailed, Worker, run_once
from tunelet.bench.rivals._search import COMPILED_WARM_UP, Search
from tunelet.bench.rivals._settings import NOTEBOOK, StockSetting
from tunelet.errors import TuneletError

ARMS = ("stock", "best", "tunelet", "mean")
DEFAULT_ARMS = ARMS[:3]
_BEST = {True: "best", False: "best without dropout"}  # by whether there is dropout
_SAMPLE = 200  # batches that the sample holds: as many as grouping by length needs to be as good as on large data
GPU_WARM_UP = 4  # steps on a GPU before the first that counts
MORE_STEPS = 4  # tunelet's turns have as many times more steps, for each is as much shorter


@dataclass(frozen=True)
class TrainBench:
    """What `tunelet bench train` is asked for.

    Attributes:
        models: short names or folders.
        data: file or folder of labelled texts; None: IMDb reviews where they are shared, else texts of their lengths.
        batch_size: texts of a step.
        steps: of stock training in a turn; tunelet takes four times as many.
        turns: how often each arm is measured.
        arms: which of "stock", "best", "tunelet", and "mean": tunelet again, with a head that reads the mean of all
            tokens.
        precisions: of tunelet; empty: all that the processor has instructions for.
        compile: whether `torch.compile` is tried for the best stock setting; None: where there is a C++ compiler.
        parity: steps of the comparison of losses, made with the first model that has pretrained weights; 0: none.
        learning_rate: peak rate of every arm.
        seed: of weights and texts.
        device: "cpu" or "cuda".
        limit: seconds that an arm may take for one turn, loading included; it is given up after that.
    """

    models: tuple[str, ...] = DEFAULT_MODELS
    data: str | None = None
    batch_size: int = 16
    steps: int = 2
    turns: int = 3
    arms: tuple[str, ...] = DEFAULT_ARMS
    precisions: tuple[str, ...] = ()
    compile: bool | None = None
    parity: int = 0
    learning_rate: float = 1e-3
    seed: int = 1
    device: str = "cpu"
    limit: float = TURN_LIMIT


def bench_train(settings: TrainBench, say: Say = nothing, keep: Keep = nothing) -> dict[str, Any]:
    """Measure, and return the JSON document.

    Args:
        settings: what to measure.
        say: called with each line of progress.
        keep: called with the document so far after each model, so that what took an hour is not lost.

    Raises:
        TuneletError: a model, the data or a name among the settings cannot be used.
        KeyboardInterrupt: interrupted; what was measured by then was kept.
    """
    begun = time.monotonic()
    check_names("--arms", settings.arms or ("",), ARMS)
    check_names("--precision", settings.precisions, tunelet_precisions())
    check_names("--device", (settings.device,), DEVICES)
    checkpoints = [find_model(name) for name in settings.models]  # a wrong name fails before anything is measured
    compared = next((number for number, (_, random_weights) in enumerate(checkpoints) if not random_weights), 0)
    sample = draw_sample(settings.data, _SAMPLE * settings.batch_size, settings.seed)
    results: list[dict[str, Any]] = []
    done: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="tunelet-bench-") as scratch:
        sample.write(Path(scratch) / "sample.json")
        for number, (name, (checkpoint, random_weights)) in enumerate(zip(settings.models, checkpoints, strict=True)):
            folder = Path(scratch) / str(number)
            folder.mkdir()
            subject = Subject(
                name, checkpoint, random_weights, settings.seed, settings.device, folder,
                Path(scratch) / "sample.json", sample.label_names,
            )  # fmt: skip
            say(f"{name}: {'random weights, ' if random_weights else ''}{checkpoint.reason}")
            facts = run_once(prepare, subject, device=settings.device)
            model = _TrainingOfModel(subject, facts, settings, prefixed(say, name))
            with ExitStack() as workers, until_interrupted() as interrupted:
                model.measure(workers, settings.parity if number == compared else 0)
            shutil.rmtree(folder)
            results.append(model.record(sample.source))
            done = document("train", settings, results, facts, time.monotonic() - begun)
            keep(done)
            interrupted.go_on()
    return done


def tunelet_precisions() -> tuple[str, ...]:
    """Every precision that a recipe can name, "auto" left out."""
    from tunelet.recipe import ModelSettings

    named = typing.get_args(ModelSettings.model_fields["precision"].annotation)
    return tuple(str(name) for name in named if name != "auto")


def runnable(facts: Facts) -> tuple[str, ...]:
    """The precisions that are measured where none is named: those that the machine has instructions for."""
    return tuple(precision for precision in tunelet_precisions() if precision not in facts.refused)


class _TrainingOfModel:
    """One model: find the best stock setting, let all arms take turns, compare losses."""

    def __init__(self, subject: Subject, facts: Facts, settings: TrainBench, say: Say) -> None:
        self.subject, self.facts, self.settings, self.say = subject, facts, settings, say
        self.precisions = settings.precisions or runnable(facts)
        self.search = Search(self._start_stock, say, patient=settings.device != "cpu")
        self.arms = Arms(say)
        self.mean_tokens = sum(facts.lengths) / len(facts.lengths)
        self.parity: dict[str, Any] | None = None

    def measure(self, workers: ExitStack, parity: int) -> None:
        """Everything, turn by turn, so that an interruption leaves what was measured before it."""
        from tunelet.bench.harness._ceilings import ceilings_job

        settings = self.settings
        self._start_arms(workers)
        shape = (self.facts.shape, round(self.mean_tokens * settings.batch_size), settings.device)
        self.arms.run(settings.turns, workers.enter_context(Worker(ceilings_job, *shape, device=settings.device)))
        if parity:
            self._compare_losses(parity)

    def record(self, source: str) -> dict[str, Any]:
        """What was measured."""
        facts, texts = self.facts, len(self.facts.lengths)
        top = ceilings(self.arms.ceilings)
        work = training_work(facts.shape, facts.lengths)
        ideal = {precision: seconds / texts for precision, seconds in ideal_seconds(work, top).items()}
        return model_record(self.subject, facts, source, work) | {
            "ceilings": top,
            "trials": [{"name": trial.setting.name} | vars(trial) for trial in self.search.trials],
            "arms": self.arms.results(self.mean_tokens, ideal, ("stock", *_BEST.values())),
            "parity": self.parity,
        }

    @property
    def _warm_up(self) -> int:
        """Steps before the first that counts: on a GPU several, for libraries load, and graphs are recorded."""
        return 1 if self.settings.device == "cpu" else GPU_WARM_UP

    def _start_stock(self, setting: StockSetting, *, trial: bool = True) -> Worker:
        from tunelet.bench.rivals._stock_training import train_stock

        settings = self.settings
        turns = (settings.steps,) * settings.turns
        warm_up = COMPILED_WARM_UP if setting.compiled else self._warm_up
        phases = Phases(warm_up, (settings.steps, *turns) if trial else turns, settings.batch_size)
        return Worker(
            train_stock, self.subject, setting, phases, settings.steps, self.facts.max_length, settings.learning_rate,
            device=settings.device, limit=settings.limit,
        )  # fmt: skip

    def _start_arms(self, workers: ExitStack) -> None:
        from tunelet.bench._tunelet_training import train_tunelet

        settings, facts = self.settings, self.facts
        if "best" in settings.arms:
            workers.callback(self.search.close)
            compiler = any(shutil.which(name) for name in ("c++", "g++", "clang++"))
            compiled = compiler if settings.compile is None else settings.compile
            self.search.run(bfloat16=facts.bfloat16.value, compiled=compiled)
        if "stock" in settings.arms:
            worker = workers.enter_context(self._start_stock(NOTEBOOK, trial=False))
            self.arms.start("stock", worker, NOTEBOOK.name, NOTEBOOK.ceiling)
        for dropout, leader in self.search.leaders.items():
            best = leader.trial.setting
            self.arms.adopt(_BEST[dropout], leader.worker, best.name, best.ceiling, leader.first)
        ours = [name for name in ("tunelet", "mean") if name in settings.arms]
        if ours:
            self.arms.skip(facts.refused, settings.precisions)
        phases = Phases(self._warm_up, (settings.steps * MORE_STEPS,) * settings.turns, settings.batch_size)
        for precision in self.precisions:
            for name in ours:
                job = (self.subject, precision, phases, settings.steps, settings.learning_rate, name == "mean")
                worker = workers.enter_context(
                    Worker(train_tunelet, *job, device=settings.device, limit=settings.limit)
                )
                pooling = ", mean" if name == "mean" else ""
                self.arms.start(f"tunelet {precision}{pooling}", worker, f"{precision}, packed{pooling}", precision)

    def _compare_losses(self, steps: int) -> None:
        from tunelet.bench.rivals._parity import LONGEST, Difference, reference_losses, tunelet_losses

        settings = self.settings
        rest = (steps, settings.batch_size, settings.learning_rate)
        self.say(f"losses of {steps} steps: plain loop, dropout off")
        limited: dict[str, Any] = {"device": settings.device, "limit": settings.limit}
        reference = run_once(reference_losses, self.subject, *rest, **limited)
        arms: dict[str, Any] = {}
        self.parity = {"steps": steps, "longest": LONGEST, "stock": reference, "tunelet": arms}
        for precision in self.precisions:
            self.say(f"losses of {steps} steps: tunelet {precision}")
            try:
                losses = run_once(tunelet_losses, self.subject, precision, *rest, **limited)
                arms[precision] = {"losses": losses, "difference": Difference.of(reference, losses)}
            except (ArmFailed, TuneletError) as failed:
                arms[precision] = {"failure": str(failed)}
