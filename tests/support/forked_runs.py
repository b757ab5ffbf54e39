"""Training runs in processes of their own that can be killed; forked from one that has imported torch already."""

import multiprocessing
import os
import signal
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from brief import BRIEF
from tunelet.recipe import Recipe, with_settings

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        "tunelet._api", "tunelet.experiment._train", "tunelet.experiment._fitting", "tunelet.experiment._finish",
        "tunelet.experiment._head", "tunelet.console",
        "tunelet.training", "tunelet.model._load", "peft", "pandas", "sklearn.linear_model",
    ]
)  # fmt: skip

_RECIPE = with_settings(
    Recipe(name="killed"),
    {
        "data.limit": 80,
        "data.max_length": 32,
        "training.epochs": 6,
        "training.batch_size": 4,
        "training.gradient_accumulation": 2,
        "training.learning_rate": 2e-3,
        "training.checkpoint_seconds": 0.001,  # after every step
        **BRIEF,
        "evaluation.baseline": False,
        "data.validation": "held-out",
        "model.pooling": "mean",
        "model.layers": 3,
    },
)

RECIPES = {
    # dropout draws random numbers in the loop, whose state must come back; the kernels leave it to the modules
    "modules": with_settings(_RECIPE, {"adapter.dropout": 0.1}),
    # nearly all activations of the frozen layers are kept: those of 80 texts of 32 tokens of 32 numbers take 160 kB
    "kernels": with_settings(_RECIPE, {"adapter.layers": 2, "training.activations_gib": 0.000125}),
}


def start(model: Path, out: Path, layers: str, *, resume: bool = False, die: str = "") -> ForkServerProcess:
    """Start a training run; `die` names a moment of a checkpoint's write at which it kills itself."""
    process = _CONTEXT.Process(target=_run, args=(str(model), str(out), layers, resume, die))
    process.start()
    return process


def finish(process: ForkServerProcess) -> int | None:
    """Wait for the end of a run; returns its exit code, minus the signal where one ended it."""
    process.join(120)
    assert not process.is_alive()
    return process.exitcode


def _run(model: str, out: str, layers: str, resume: bool, die: str) -> None:
    import warnings

    warnings.simplefilter("ignore")
    import tunelet

    if die:
        _die_while_writing(die)
    tunelet.train("sample", model=model, recipe=RECIPES[layers], out=out, resume=resume, quiet=True)


def _die_while_writing(moment: str) -> None:
    """Kill this process in its third checkpoint: half written, not renamed yet, or not cleaned up after."""
    from tunelet.training import _checkpoint

    calls = 0
    save, write = _checkpoint.save_file, _checkpoint.write_atomically

    def kill() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def save_file(tensors, path, metadata):  # type: ignore[no-untyped-def]
        nonlocal calls
        calls += 1
        save(tensors, path, metadata)
        if calls == 3 and moment == "half written":
            os.truncate(path, Path(path).stat().st_size // 2)
            kill()
        if calls == 3 and moment == "not renamed":
            kill()

    def write_atomically(path, writing):  # type: ignore[no-untyped-def]
        write(path, writing)
        if calls == 3 and moment == "not cleaned up":
            kill()

    _checkpoint.save_file, _checkpoint.write_atomically = save_file, write_atomically
