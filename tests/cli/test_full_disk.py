"""A disk that is full, at the start or in the middle: one line, and nothing half written passes for a run."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from command_line import QUICK, Done, call, refused, run

pytestmark = pytest.mark.slow

# What a run takes is known to some 10 kB: TF-IDF would take another 240 kB, LoRA in all layers 220 kB a checkpoint.
SMALL = (
    "--set", "evaluation.baseline=false", "--set", "model.layers=3",
    "--set", "adapter.rank=8", "--set", "adapter.targets=qv",
)  # fmt: skip
NO_SPACE = ("cannot be written: no space left", "free some space")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MiB, all of it free."""
    place = tmp_path / "disk"
    place.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None:
        pytest.skip("needs mount")
    mounted = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"needs the right to mount a small disk: {mounted.stderr.strip()}")
    yield place
    subprocess.run([umount, "--lazy", str(place)], check=True)


def fill(disk: Path, *, leave: int) -> None:
    """Leave so many bytes of the disk free."""
    state = os.statvfs(disk)
    with (disk / "ballast").open("wb") as file:
        file.write(bytes(state.f_bavail * state.f_frsize - leave))


def clear(disk: Path) -> None:
    (disk / "ballast").unlink()


@pytest.fixture
def train(
    capsys: pytest.CaptureFixture[str], disk: Path, tiny_checkpoint: Callable[[str], Path]
) -> Callable[..., Done]:
    """`tunelet train` of a tiny model, its run folder on the small disk."""
    arguments = ("train", "sample", "--limit", 60, "--model", tiny_checkpoint("distilbert"), *QUICK, *SMALL)
    # A checkpoint after every step, as a long run writes one every minute.
    often = ("--set", "training.checkpoint_seconds=0.001", "--set", "training.batch_size=4")
    return lambda *more: call(capsys, *arguments, *often, "--out", disk / "run", "--json", *more)


def test_a_disk_that_is_full_at_the_start(train: Callable[..., Done], disk: Path) -> None:
    fill(disk, leave=0)
    refused(train(), *NO_SPACE, "--out on another disk")
    assert [path.name for path in disk.iterdir()] == ["ballast"]
    clear(disk)
    assert train().status == 0


def test_a_disk_that_has_no_room_for_the_first_checkpoint(train: Callable[..., Done], disk: Path) -> None:
    fill(disk, leave=40_000)
    line = refused(train(), *NO_SPACE, "step-")
    assert "--resume" not in line
    assert [path.name for path in disk.iterdir()] == ["ballast"]


# A checkpoint of this model takes some 70 kB and is written beside the one before; its tokenizer takes 700 kB.
@pytest.mark.parametrize(("leave", "part"), [(120_000, "checkpoints/step-"), (400_000, "run.partial: ")])
def test_a_disk_that_fills_after_a_checkpoint_keeps_it_and_resume_goes_on(
    train: Callable[..., Done], disk: Path, tmp_path: Path, leave: int, part: str
) -> None:
    fill(disk, leave=leave)
    refused(train(), *NO_SPACE, part, "--resume goes on from the last checkpoint")
    assert sorted(path.name for path in disk.iterdir()) == ["ballast", "run.partial"]
    assert len(list((disk / "run.partial" / "checkpoints").iterdir())) == 1
    refused(train("--resume"), *NO_SPACE, "--resume")
    clear(disk)
    assert train("--resume").status == 0
    assert [path.name for path in disk.iterdir()] == ["run"]
    kept = (disk / "run" / "adapter" / "adapter_model.safetensors").read_bytes()
    shutil.rmtree(disk / "run")
    assert train().status == 0
    assert (disk / "run" / "adapter" / "adapter_model.safetensors").read_bytes() == kept


def test_a_cache_on_a_full_disk_is_done_without(
    capsys: pytest.CaptureFixture[str],
    disk: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tiny_checkpoint: Callable[[str], Path],
) -> None:
    monkeypatch.setenv("TUNELET_CACHE", str(disk / "cache"))
    fill(disk, leave=0)
    model = tiny_checkpoint("distilbert")
    done = call(capsys, "train", "sample", "--limit", 20, "--model", model, *QUICK, "--out", tmp_path / "run", "--json")
    assert done.status == 0, done


def test_predictions_that_do_not_fit(
    train: Callable[..., Done], capsys: pytest.CaptureFixture[str], disk: Path
) -> None:
    assert train().status == 0
    texts = disk / "texts.txt"
    texts.write_text("".join(f"Film {n} of {n * n} without a villain.\n" for n in range(500)))
    fill(disk, leave=4096)
    for name in ("out.csv", "out.jsonl", "out.parquet"):
        done = call(capsys, "predict", disk / "run", "--input", texts, "--output", disk / name)
        refused(done, *NO_SPACE, name, "--output on another disk")
    assert sorted(path.name for path in disk.iterdir()) == ["ballast", "run", "texts.txt"]


def test_a_full_disk_in_a_process_of_its_own(disk: Path, tiny_checkpoint: Callable[[str], Path]) -> None:
    fill(disk, leave=400_000)
    model = tiny_checkpoint("distilbert")
    done = run("train", "sample", "--limit", 20, "--model", model, *QUICK, *SMALL, "--out", disk / "run", "--json")
    refused(done, *NO_SPACE, "--resume goes on from the last checkpoint")


def test_a_read_only_disk(train: Callable[..., Done], disk: Path) -> None:
    mount = shutil.which("mount")
    assert mount is not None
    subprocess.run([mount, "-o", "remount,ro", str(disk)], check=True)
    refused(train(), "cannot be written", "read-only", "--out")
