"""Seeds, folds and files on two processes give what they give on one, bit for bit, killed or not."""

import hashlib
import json
from pathlib import Path

import pytest

import tunelet
from killer import Killer
from tunelet.errors import DataError, RecipeError

pytestmark = pytest.mark.slow

SHORT = {
    "evaluation.resamples": 100, "evaluation.explained": 0, "evaluation.baseline": False, "data.audit": False,
    "data.max_length": 32, "training.probe": False, "training.checkpoint_seconds": 0.1,
}  # fmt: skip
HELD_OUT = SHORT | {"data.validation": "held-out"}


def weights(run: tunelet.Run) -> str:
    return hashlib.sha256(next(run.path.rglob("adapter_model.safetensors")).read_bytes()).hexdigest()


def predictions(run: tunelet.Run) -> bytes:
    return next(run.path.glob("predictions*")).read_bytes()


def seeds_of(model, out, epochs=2, **more):
    return tunelet.train_seeds(
        "sample", (1, 2, 3), model=model, limit=60, epochs=epochs, settings=HELD_OUT, out=out, quiet=True, **more
    )


def test_seeds_whose_workers_are_killed(tiny_checkpoint, tmp_path):
    undisturbed = seeds_of(tiny_checkpoint("bert"), tmp_path / "undisturbed", epochs=12)
    with Killer(3, 2.0) as killer:
        killed = seeds_of(tiny_checkpoint("bert"), tmp_path / "killed", epochs=12, workers=2)
    assert killer.killed > 0
    assert [weights(run) for run in undisturbed.runs] == [weights(run) for run in killed.runs]
    assert [predictions(run) for run in undisturbed.runs] == [predictions(run) for run in killed.runs]
    assert len({weights(run) for run in killed.runs}) == 3


def test_folds(tiny_checkpoint, tmp_path, capfd):
    one, two = (
        tunelet.train(
            "sample", model=tiny_checkpoint("bert"), limit=60, epochs=2, folds=3, out=tmp_path / name,
            workers=workers, settings=SHORT | {"training.probe": True},
        )
        for name, workers in (("one", None), ("two", 2))
    )  # fmt: skip
    assert weights(one) == weights(two)
    assert predictions(one) == predictions(two)
    assert one.metrics == two.metrics
    assert "core-hours" in capfd.readouterr().err


def losses(run: tunelet.Run) -> list[float]:
    lines = (json.loads(line) for line in (run.path / "history.jsonl").read_text().splitlines())
    return [line[name] for line in lines for name in ("loss", "train_loss") if line.get(name) is not None]


def test_one_training_by_two_workers_has_the_losses_of_one(tiny_checkpoint, tmp_path, capfd):
    def trained(name: str, **more: int) -> tunelet.Run:
        return tunelet.train(
            "sample", model=tiny_checkpoint("bert"), limit=60, epochs=12, settings=HELD_OUT, out=tmp_path / name, **more
        )

    alone, together = trained("alone"), trained("together", workers=2)
    assert len(losses(alone)) > 12
    assert losses(together) == pytest.approx(losses(alone), abs=1e-5)
    assert "core-hours" in capfd.readouterr().err
    with Killer(3, 1.0) as killer:
        killed = trained("killed", workers=2)
    assert killer.killed > 0
    assert losses(killed) == losses(together)
    assert weights(killed) == weights(together)


def test_what_one_process_does_is_refused_to_several(tmp_path, tiny_checkpoint):
    model = tiny_checkpoint("bert")
    with pytest.raises(RecipeError, match="a head alone is solved"):
        tunelet.train("sample", model=model, settings=HELD_OUT | {"adapter.method": "head"}, workers=2, quiet=True)
    with pytest.raises(RecipeError, match="a budget of time is for one process"):
        tunelet.train("sample", model=model, budget="1m", workers=2, quiet=True)


@pytest.fixture
def parts(tmp_path) -> Path:
    folder = tmp_path / "parts"
    (folder / "deep").mkdir(parents=True)
    for number, name in enumerate(("a.csv", "b.csv", "deep/c.csv")):
        rows = "".join(f'"{number} and {row}, a film",{row}\n' for row in range(30 + number))
        (folder / name).write_text(f"text,n\n{rows}")
    (folder / "b.jsonl").write_text('{"text": "what a day", "n": null}\n' * 7)
    (folder / ".hidden.csv").write_text("text\nno\n")
    (folder / "README").write_text("no data")
    return folder


@pytest.fixture
def run(tiny_checkpoint, tmp_path) -> tunelet.Run:
    model = tiny_checkpoint("bert")
    return tunelet.train("sample", model=model, limit=60, epochs=1, settings=HELD_OUT, out=tmp_path / "run", quiet=True)


NAMES = ["a.csv", "b.csv", "b.jsonl", "deep/c.csv"]


def answers(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in NAMES}


@pytest.mark.parametrize("workers", [None, 2])
def test_files_are_classified_as_each_alone(run, parts, tmp_path, workers):
    out = tmp_path / "out"
    written = tunelet.predict_files(run, parts, out, workers=workers, quiet=True)
    for name in NAMES:
        alone = tmp_path / f"alone-{name.replace('/', '-')}"
        tunelet.predict_file(run, parts / name, alone, quiet=True)
        assert (out / name).read_bytes() == alone.read_bytes()
    assert [part.output for part in written.parts] == NAMES
    assert (written.files, written.rows, written.n, written.empty) == (4, 30 + 31 + 7 + 32, 100, 0)
    assert {path.name for path in out.iterdir()} == {"a.csv", "b.csv", "b.jsonl", "deep", "manifest.json"}
    listed = hashlib.sha256((out / "a.csv").read_bytes()).hexdigest()
    assert written.parts[0].sha256 == listed
    assert listed in (out / "manifest.json").read_text()


def test_names_with_stars_keep_their_folders(run, parts, tmp_path):
    written = tunelet.predict_files(run, f"{parts}/**/*.csv", tmp_path / "out", output_format="jsonl.gz", quiet=True)
    assert [part.output for part in written.parts] == ["a.jsonl.gz", "b.jsonl.gz", "deep/c.jsonl.gz"]


def test_what_is_done_is_not_done_again_unless_its_source_has_changed(run, parts, tmp_path):
    whole = tunelet.predict_files(run, parts, tmp_path / "whole", quiet=True)
    (parts / "b.d.parquet").write_bytes(b"PAR1 no")  # none of those that are looked into before the start
    with pytest.raises(DataError):
        tunelet.predict_files(run, parts, tmp_path / "out", quiet=True)
    assert not (tmp_path / "out").exists()
    done = tmp_path / "out.partial" / "a.csv"
    before = done.stat().st_mtime_ns
    (parts / "b.d.parquet").unlink()
    (parts / "b.csv").write_text("text,n\nanother,1\n")
    written = tunelet.predict_files(run, parts, tmp_path / "out", quiet=True)
    assert (tmp_path / "out" / "a.csv").stat().st_mtime_ns == before
    assert written.resumed == 1
    assert written.rows == whole.rows - 31 + 1


def test_a_file_that_cannot_be_read_may_be_found_before_the_start(run, parts, tmp_path):
    (parts / "a.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(DataError, match=r"a\.parquet"):
        tunelet.predict_files(run, parts, tmp_path / "out", quiet=True)
    assert not any((tmp_path / "out.partial").rglob("*.csv"))


def test_files_whose_workers_are_killed(run, parts, tmp_path):
    tunelet.predict_files(run, parts, tmp_path / "undisturbed", quiet=True)
    with Killer(2, 0.7) as killer:
        tunelet.predict_files(run, parts, tmp_path / "killed", workers=2, quiet=True)
    assert killer.killed > 0
    assert answers(tmp_path / "undisturbed") == answers(tmp_path / "killed")


def test_bad_places_are_refused(run, parts, tmp_path):
    with pytest.raises(DataError, match="expected files of texts"):
        tunelet.predict_files(run, tmp_path / "none", tmp_path / "out", quiet=True)
    (parts / "a.tsv").write_text("text\nx\n")
    with pytest.raises(DataError, match=r"would both be written to a\.jsonl"):
        tunelet.predict_files(run, parts, tmp_path / "out", output_format="jsonl", quiet=True)
    (tmp_path / "there").mkdir()
    with pytest.raises(DataError, match="exists already"):
        tunelet.predict_files(run, parts, tmp_path / "there", quiet=True)
    with pytest.raises(DataError, match="several files"):
        tunelet.predict_files(run, parts, "-", quiet=True)
