"""The best stock setting: each trains a few steps on this machine, and the fastest takes part in the turns.

Not every combination is tried: padding first, then precision and attention together, then dropout off, then
`torch.compile` on the best with dropout and on the best without. A setting that is far too slow in its first step is
given up. Every trial is written down.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tunelet.bench.harness._worker import ArmFailed, Worker
from tunelet.bench.rivals._settings import ATTENTIONS, StockSetting
from tunelet.bench.rivals._stock_training import Turn

COMPILED_WARM_UP = 3  # steps: one shape, another, and then one that must not be compiled again
_COMPILE_LIMIT = 300.0  # seconds for those steps; who trains for minutes does not wait longer
_HOPELESS = 1.6  # times as slow as the best so far, over the first step


@dataclass(frozen=True)
class Trial:
    """One setting that was tried.

    Attributes:
        setting: what was tried.
        tokens_per_second: real tokens, over the steps that counted; None where it failed.
        first_seconds: of the warm-up, compilation included.
        compile_seconds: what of that an uncompiled model would not have needed; 0 where nothing is compiled.
        peak_memory_bytes: of its process.
        given_up: whether its first step was slow enough to know.
        failure: why there is no rate.
    """

    setting: StockSetting
    tokens_per_second: float | None = None
    first_seconds: float | None = None
    compile_seconds: float = 0.0
    peak_memory_bytes: int | None = None
    given_up: bool = False
    failure: str | None = None

    @property
    def rate(self) -> float:
        """Tokens per second; 0 where it failed."""
        return self.tokens_per_second or 0.0


@dataclass(frozen=True)
class Leader:
    """The fastest setting so far, its worker warm and ready for its turns.

    Attributes:
        trial: its measurement.
        worker: the process that holds its model.
        first: the report of its warm-up.
    """

    trial: Trial
    worker: Worker
    first: Turn


class Search:
    """Tries settings and keeps the fastest with the dropout of the config, and the fastest without dropout.

    Two, because they train differently: a table shows both.

    Args:
        start: starts a worker for a setting; its first phases are warm-up and trial.
        say: called with a line for each trial.
        patient: whether a slow first step proves nothing, as on a GPU, whose libraries load while it runs.
    """

    def __init__(
        self, start: Callable[[StockSetting], Worker], say: Callable[[str], None], *, patient: bool = False
    ) -> None:
        self._start, self._say, self._patient = start, say, patient
        self._first_step = float("inf")
        self.trials: list[Trial] = []
        self.leaders: dict[bool, Leader] = {}  # by whether there is dropout

    def run(self, *, bfloat16: bool, compiled: bool) -> None:
        """Try the settings.

        Args:
            bfloat16: whether the machine multiplies bfloat16.
            compiled: whether to try `torch.compile`.
        """
        grouped = StockSetting(padding="dynamic", grouped=True)
        self._try(StockSetting(padding="dynamic"))
        self._try(grouped)
        for attention in ATTENTIONS:
            if bfloat16:
                self._try(replace(grouped, attention=attention, precision="bf16=True"))
                self._try(replace(grouped, attention=attention, precision="bfloat16 base"))
            if attention == "eager":
                self._try(replace(grouped, attention=attention))
        if leader := self.leaders.get(True):
            for attention in ATTENTIONS:
                self._try(replace(leader.trial.setting, attention=attention, dropout=False))
        for dropout, leader in list(self.leaders.items()) if compiled else ():
            fastest = leader.trial.setting
            for attention in ATTENTIONS if dropout else (fastest.attention,):  # each may take minutes to compile
                self._try(replace(fastest, attention=attention, compiled=True))

    def close(self) -> None:
        """End the workers that were kept."""
        for leader in self.leaders.values():
            leader.worker.close()

    def _try(self, setting: StockSetting) -> None:
        worker = self._start(setting)
        first = None
        try:
            trial, first = self._measure(worker, setting)
        except ArmFailed as failed:
            trial = Trial(setting, failure=str(failed))
        except BaseException:
            worker.close()
            raise
        self.trials.append(trial)
        self._say(_line(trial))
        ahead = self.leaders.get(setting.dropout)
        if first is None or trial.given_up or (ahead is not None and trial.rate <= ahead.trial.rate):
            worker.close()
            return
        if ahead is not None:
            ahead.worker.close()
        self.leaders[setting.dropout] = Leader(trial, worker, first)
        if setting.grouped:  # the first step is the same batch for all of these
            self._first_step = min(self._first_step, first.seconds[0])

    def _measure(self, worker: Worker, setting: StockSetting) -> tuple[Trial, Turn]:
        first: Turn = worker.ask(limit=_COMPILE_LIMIT if setting.compiled else None)
        seconds = first.total_seconds
        hopeless = not self._patient and first.seconds[0] > _HOPELESS * self._first_step
        # The first of a kind is measured whatever it seems: on a busy machine a step may be slow by chance.
        if hopeless and not setting.compiled and setting.dropout in self.leaders:
            return Trial(setting, first.rate, seconds, 0.0, worker.memory.peak, given_up=True), first
        turn: Turn = worker.ask()
        usual = sum(first.tokens) / turn.rate
        compile_seconds = max(0.0, seconds - usual) if setting.compiled else 0.0
        return Trial(setting, turn.rate, seconds, compile_seconds, worker.memory.peak), first


def _line(trial: Trial) -> str:
    if trial.failure is not None:
        return f"tried {trial.setting.name}: {trial.failure}"
    compiling = f", after compiling for {trial.compile_seconds:.0f} s" if trial.setting.compiled else ""
    given_up = " over its first step, given up" if trial.given_up else ""
    return f"tried {trial.setting.name}: {trial.tokens_per_second:,.0f} tokens/s{given_up}{compiling}"
