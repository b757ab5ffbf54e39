"""A damaged run is one line, whatever was done to it: never another answer, never a fault of tunelet's."""

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tunelet
from damages import of_any_file, of_json, rewrite
from tunelet.errors import RunError, TuneletError
from tunelet.publish import published
from tunelet.run import MARK, Run, RunFolder
from tunelet.run._mark import Mark, seal, write_mark

pytestmark = pytest.mark.slow

DAMAGES = of_any_file()
TEXTS = ["A joy to see 3.", "A pain in the cinema.", "Neither."]


def read_all(folder: Path) -> None:
    """All files of a run, as the commands read them."""
    run = Run.load(folder)
    tunelet.Classifier.load(run)
    for name in ("recipe", "summary", "data", "environment", "evaluation", "history", "predictions"):
        getattr(run, name)
    assert run.baseline_predictions is not None
    assert run.probe_predictions is not None
    assert run.baseline is not None
    run.files.read(run.folder.seen, len)


def files_of(folder: Path) -> list[str]:
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    return sorted(name for name in names if name != "validation-predictions.parquet")  # nothing reads it


def reseal(folder: Path) -> None:
    """As if the run had written what lies there."""
    write_mark(folder, Mark(files={"run": seal(folder, [name for name in files_of(folder) if name != MARK])}))


def error_of(call: Callable[..., object], *arguments: Any, **named: Any) -> TuneletError | None:
    """What a call was refused with; whatever else it raises fails the test."""
    try:
        call(*arguments, **named)
    except TuneletError as error:
        return error
    return None


def chosen(found: list[Any], count: int, seed: int) -> list[Any]:
    return random.Random(seed).sample(found, min(count, len(found)))


def test_a_damage_of_any_file_is_refused_in_one_line(whole_run: Path, tmp_path: Path) -> None:
    everything = [(name, damage) for name in files_of(whole_run) if name != MARK for damage in DAMAGES]
    for name, damage in chosen(everything, int(os.environ.get("DAMAGES", "30")), seed=1):
        folder = Path(shutil.copytree(whole_run, tmp_path / "run"))
        DAMAGES[damage](folder / name)
        error = error_of(read_all, folder)
        assert error is not None, (name, damage)
        assert Path(name).name in error.message, (name, damage)
        assert error.hint, (name, damage)
        shutil.rmtree(folder)


@pytest.mark.parametrize("name", ["tokenizer/tokenizer.json", "adapter/adapter_model.safetensors", "seen.parquet"])
def test_of_a_file_that_has_grown_no_more_is_read_than_was_written(finished: Path, name: str) -> None:
    os.truncate(finished / name, 2**40)  # takes no room on the disk, and for hours would be read
    with pytest.raises(RunError, match=Path(name).name):
        read_all(finished)


@pytest.mark.parametrize("name", ["metrics.json", "data.json", "environment.json", "evaluation.json", "recipe.toml"])
def test_values_of_a_wrong_kind_are_told_by_the_one_reader(whole_run: Path, tmp_path: Path, name: str) -> None:
    """Behind the checksums: as if the run had been written so."""
    folder = Path(shutil.copytree(whole_run, tmp_path / "run"))
    if name.endswith(".toml"):
        text = (folder / name).read_text()
        lines = [number for number, line in enumerate(text.splitlines()) if " = " in line]
        changed: list[Any] = ["\n".join(text.splitlines()[:number]) for number in lines]
        changed += [text.replace(" = ", " = [1] # ", number + 1) for number in range(0, len(lines), 4)]
    else:
        changed = [value for _, value in of_json(json.loads((folder / name).read_text()))]
    for value in chosen(changed, 12, seed=5):
        (folder / name).write_text(value) if isinstance(value, str) else rewrite(folder / name, value)
        reseal(folder)
        run = Run.load(folder)
        for record in ("recipe", "summary", "data", "environment", "evaluation"):
            error = error_of(getattr, run, record)
            assert error is None or (name in error.message and error.hint)


def test_the_list_of_files_itself_may_be_damaged(whole_run: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(whole_run, tmp_path / "run"))
    content = json.loads((folder / MARK).read_text())
    for _, value in chosen(list(of_json(content)), 20, seed=2):
        rewrite(folder / MARK, value)
        error_of(read_all, folder)  # of a file that is not read any entry will do
    (folder / MARK).unlink()
    with pytest.raises(RunError, match=r"tunelet\.json is missing.*damaged"):
        read_all(folder)


def test_a_run_may_be_copied_moved_annotated_and_linked(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tunelet.Classifier.load(finished).probabilities(TEXTS)
    (finished / "README.md").write_text("my own words")
    (finished / "notes").mkdir()
    (finished / "notes" / "tokenizer.json").write_text("{}")
    (finished / "adapter" / ".DS_Store").write_bytes(b"\0")
    moved = Path(shutil.move(finished, tmp_path / "elsewhere"))
    monkeypatch.chdir(tmp_path)
    for name in ("adapter", "tokenizer"):  # as the Hub's cache has a folder: links to contents
        for path in list((moved / name).iterdir()):
            store = path.rename(tmp_path / f"{name}-{path.name}")
            path.symlink_to(store)
    read_all(Path("elsewhere"))
    np.testing.assert_array_equal(tunelet.Classifier.load("elsewhere").probabilities(TEXTS), before)


@pytest.mark.parametrize("name", ["tokenizer/added_tokens.json", "adapter/model.safetensors", "tokenizer/vocab.txt"])
def test_a_file_that_a_library_would_load_as_well_is_refused(finished: Path, name: str) -> None:
    (finished / name).write_text("{}")
    with pytest.raises(RunError, match=r"is no file of the run.*remove it"):
        tunelet.Classifier.load(finished)


def test_what_a_published_copy_lacks_is_no_damage(finished: Path, tmp_path: Path) -> None:
    for name, content in published(Run.load(finished), "copy").items():
        place = tmp_path / "copy" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.read_bytes())
    copy = Run.load(tmp_path / "copy")
    assert copy.label_names == Run.load(finished).label_names
    for name in ("evaluation", "predictions", "history"):
        with pytest.raises(RunError, match=r"not among the files of the run; a copy from the Hub has fewer"):
            getattr(copy, name)


def test_a_group_of_seeds_keeps_checksums_too(tmp_path: Path) -> None:
    from tunelet.run import RunGroup, write_files

    (tmp_path / "seed-1").mkdir()
    metrics = {"seeds": [1], "evaluated_on": "test", "folds": 0}
    write_files(tmp_path, "seeds", {"metrics.json": RunFolder.json_bytes(metrics)}, own=True)
    group = RunGroup(tmp_path, (Run(tmp_path / "seed-1"),))
    with pytest.raises(RunError, match=r"'accuracy' is missing"):
        group.summary  # noqa: B018
    (tmp_path / "metrics.json").write_text("{}")
    with pytest.raises(RunError, match=r"metrics\.json is truncated"):
        group.summary  # noqa: B018


def resumed(go: Callable[..., Any], folder: Path) -> str:
    """What going on with an interrupted run came to: nothing, or the one line of an error."""
    error = error_of(go, folder.with_name("run"), resume=True)
    assert error is None or error.hint, error
    return error.message if error else ""


def test_going_on_with_a_damaged_run_is_one_line_or_the_same_bits(
    whole_run: Path, killed_run: Path, go: Callable[..., Any], tmp_path: Path
) -> None:
    everything = [
        (path.relative_to(killed_run).as_posix(), damage)
        for path in sorted(killed_run.rglob("*"))
        if path.is_file()
        for damage in DAMAGES
    ]
    weights = (whole_run / "adapter" / "adapter_model.safetensors").read_bytes()
    assert resumed(go, Path(shutil.copytree(killed_run, tmp_path / "run.partial"))) == ""
    assert (tmp_path / "run" / "adapter" / "adapter_model.safetensors").read_bytes() == weights
    shutil.rmtree(tmp_path / "run")
    for name, damage in chosen(everything, int(os.environ.get("DAMAGES", "8")), seed=3):
        folder = Path(shutil.copytree(killed_run, tmp_path / "run.partial"))
        DAMAGES[damage](folder / name)
        if not resumed(go, folder):
            assert (tmp_path / "run" / "adapter" / "adapter_model.safetensors").read_bytes() == weights, (name, damage)
            shutil.rmtree(tmp_path / "run")
        else:
            shutil.rmtree(folder)


@pytest.mark.parametrize("given", [None, 3, 2.5, b"run", ["run"], {}, object(), "", "a\0b", "\ud800", "x" * 5000])
def test_what_names_no_folder_is_refused(given: Any) -> None:
    for ask in (Run.load, tunelet.Classifier.load, tunelet.RunGroup.load, lambda run: tunelet.evaluate(run, [])):
        with pytest.raises(TuneletError):
            ask(given)
    with pytest.raises(TuneletError):
        tunelet.compare([given, given])
    with pytest.raises(TuneletError):
        tunelet.compare(given)
