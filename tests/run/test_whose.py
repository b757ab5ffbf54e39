"""Nothing is replaced or removed that tunelet did not write there itself, and nothing is written through a link."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import tunelet
from command_line import call, refused
from tunelet.errors import RunError, TuneletError
from tunelet.report import write_report
from tunelet.run import MARK, RunFolder, RunGroup, write_files

pytestmark = pytest.mark.slow


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder of the user's, with names that a report has, too."""
    folder = tmp_path / "project"
    (folder / "figures").mkdir(parents=True)
    for name in ("report.html", "figures/roc.svg", "figures/plan.svg", "README.md", "notes.txt"):
        (folder / name).write_text(f"mine: {name}")
    return folder


def test_a_report_replaces_no_page_of_the_users(
    finished: Path, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(project)
    for taken in ("report.html", "figures/roc.svg"):
        refused(call(capsys, "report", finished, "--out", project), taken, "--out")
        assert contents(project) == before
        (project / taken).unlink()
        before.pop(taken)
    done = call(capsys, "report", finished, "--out", project)
    assert done.status == 0, done
    assert "left as it is" in done.stdout
    assert {name: found for name, found in contents(project).items() if name in before} == before
    assert (project / "figures" / "confusion.svg").is_file()


def test_a_report_replaces_its_own_files_but_not_those_that_were_edited(finished: Path, tmp_path: Path) -> None:
    group, out = RunGroup.load(finished), tmp_path / "out"
    write_report(group, out)
    (out / "figures" / "mine.svg").write_text("mine")
    write_report(group, out)
    assert (out / "figures" / "mine.svg").read_text() == "mine"
    (out / "report.html").write_text("my words on it")
    before = contents(out)
    with pytest.raises(RunError, match=r"report\.html was changed since"):
        write_report(group, out)
    assert contents(out) == before


def test_files_that_a_report_had_and_has_no_more_go_unless_they_were_edited(tmp_path: Path) -> None:
    write_files(tmp_path, "report", {"a": b"1", "figures/b": b"2", "figures/c": b"3"})
    (tmp_path / "figures" / "c").write_bytes(b"mine")
    write_files(tmp_path, "report", {"a": b"4"})
    assert {name: found for name, found in contents(tmp_path).items() if name != MARK} == {
        "a": b"4",
        "figures/c": b"mine",
    }
    with pytest.raises(RunError, match="no comparison of tunelet's"):  # another command's
        write_files(tmp_path, "comparison", {"a": b"5"})


def test_killed_between_its_files_a_report_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = {"a": b"1", "b": b"1"}
    write_files(tmp_path, "report", old)
    replace = Path.replace

    def dies_at_b(part: Path, path: Path) -> None:
        if path.name == "b":
            raise KeyboardInterrupt
        replace(part, path)

    for content in (b"2", b"3"):  # twice: one file has the newest content, the other the first
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", dies_at_b)
            with pytest.raises(KeyboardInterrupt):
                write_files(tmp_path, "report", dict.fromkeys(old, content))
    write_files(tmp_path, "report", dict.fromkeys(old, b"4"))
    assert contents(tmp_path)["a"] == contents(tmp_path)["b"] == b"4"


def test_a_run_takes_no_report_of_another(finished: Path, whole_run: Path) -> None:
    with pytest.raises(RunError, match="folder of another run"):
        write_report(RunGroup.load(whole_run), finished)


@pytest.mark.parametrize("name", ["../mine", "/mine", "C:mine", "C:/mine"])
def test_a_marked_file_out_of_the_folder_is_not_believed(tmp_path: Path, name: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "mine").write_text("mine")
    write_files(tmp_path / "out", "report", {"a": b"1"})
    mark = tmp_path / "out" / MARK
    mark.write_text(mark.read_text().replace('"a"', f'"{name}"'))
    with pytest.raises(RunError, match="expected the path of a file in the folder"):
        write_files(tmp_path / "out", "report", {"b": b"1"})
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.mark.parametrize("holds", ["recipe.toml", "checkpoints/step-1", ".git/config", "data.json", "tunelet.json"])
def test_training_touches_no_partial_folder_of_somebody_elses(
    tmp_path: Path, holds: str, go: Callable[..., object]
) -> None:
    foreign = tmp_path / "run.partial"
    (foreign / holds).parent.mkdir(parents=True)
    (foreign / holds).write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    for resume in (False, True):
        with pytest.raises(TuneletError, match=r"run\.partial"):
            go(tmp_path / "run", resume=resume)
        assert sorted(tmp_path.rglob("*")) == before
        assert (foreign / holds).read_text() == "mine"


def test_training_goes_through_no_link(tmp_path: Path, go: Callable[..., object]) -> None:
    (tmp_path / "elsewhere").mkdir()
    for name, target in (("a.partial", "elsewhere"), ("b.partial", "nowhere"), ("c", "nowhere")):
        (tmp_path / name).symlink_to(target)
        for resume in (False, True):
            with pytest.raises(TuneletError, match="is a link"):
                go(tmp_path / name.removesuffix(".partial"), resume=resume)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.partial", "b.partial", "c", "elsewhere"]
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_link_as_output_is_refused_before_any_work(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link = tmp_path / "link"
    for target in ("nowhere", "notes.txt"):
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        (tmp_path / "link.csv").unlink(missing_ok=True)
        (tmp_path / "link.csv").symlink_to(target)
        (tmp_path / "notes.txt").write_text("mine")
        absent = tmp_path / "absent"  # had anything been read, that would be the error
        for arguments in (
            ("train", absent, "--out", link),
            ("train", absent, "--seeds", "1,2", "--out", link),
            ("report", finished, "--out", link),
            ("compare", absent, finished, "--out", link),
            ("predict", absent, "--input", absent, "--output", tmp_path / "link.csv"),
            ("bench", "predict", "--run", absent, "--out", link),
        ):
            line = refused(call(capsys, *arguments))
            assert "link" in line or "exists" in line, line
            assert "absent" not in line, line
        assert (tmp_path / "notes.txt").read_text() == "mine"
        assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("mine", ["{}", '{"name": "tunelet"}', '{"files": {"report": {}}}', "[]", ""])
def test_a_users_own_tunelet_json_is_no_mark(tmp_path: Path, mine: str) -> None:
    (tmp_path / MARK).write_text(mine)
    with pytest.raises(RunError, match=r"tunelet\.json: is not what tunelet writes there"):
        write_files(tmp_path, "report", {"a": b"1"})
    assert contents(tmp_path) == {MARK: mine.encode()}


@pytest.mark.parametrize("name", ["round", "round/below"])
def test_a_link_to_itself_is_the_users_error(finished: Path, tmp_path: Path, capsys, name: str) -> None:
    (tmp_path / "round").symlink_to("round")
    refused(call(capsys, "report", finished, "--out", tmp_path / name), "round", "--out")


def test_a_comparison_replaces_no_record_that_it_did_not_write(finished: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "comparison.json").write_text("{}")
    refused(call(capsys, "compare", tmp_path / "absent", finished, "--out", out), "holds no comparison")
    assert contents(out) == {"comparison.json": b"{}"}


def test_a_measurement_replaces_only_one_of_its_own_kind(tmp_path: Path, capsys, tiny_checkpoint) -> None:
    out = tmp_path / "found.json"
    ours = {"kind": "predict", "machine": {}, "settings": {}, "models": [], "versions": {"tunelet": "1"}}
    for mine in ("my notes", json.dumps({"kind": "predict"}), json.dumps(ours | {"kind": "train"})):
        out.write_text(mine)
        refused(call(capsys, "bench", "predict", "--model", tmp_path / "absent", "--out", out), "found.json", "--out")
        assert out.read_text() == mine
    out.write_text(json.dumps(ours))
    refused(call(capsys, "bench", "predict", "--model", tmp_path / "absent", "--out", out), "absent")
    new = tmp_path / "new" / "folder" / "found.json"
    refused(call(capsys, "bench", "predict", "--model", tmp_path / "absent", "--out", new), "absent")
    assert not (tmp_path / "new").exists()


def test_what_a_user_puts_into_a_partial_folder_outlives_a_run_that_fails(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "a" / "b" / "run")
    folder.start()
    (folder.partial / "notes.txt").write_text("mine")
    folder.discard()
    assert [path.name for path in folder.partial.iterdir()] == ["notes.txt"]
    with pytest.raises(RunError, match=r"it holds notes\.txt"):
        RunFolder(tmp_path / "a" / "b" / "run").start()


def test_a_refusal_leaves_no_new_folder(tmp_path: Path, go: Callable[..., object]) -> None:
    with pytest.raises(TuneletError, match="q_line"):
        go(tmp_path / "new" / "folder" / "run", settings={"adapter.targets": ["q_line"]})
    assert not list(tmp_path.iterdir())


def test_a_report_of_a_run_that_is_named_by_a_link_goes_into_the_run(finished: Path, tmp_path: Path) -> None:
    (tmp_path / "newest").symlink_to("run")
    write_report(RunGroup.load(tmp_path / "newest"))
    assert (finished / "report.html").is_file()
    tunelet.Run.load(tmp_path / "newest")


def test_a_run_that_was_killed_as_it_got_its_name_gets_it_by_resume(finished: Path, go: Callable[..., object]) -> None:
    os.rename(finished, finished.with_name("run.partial"))  # noqa: PTH104
    (finished.with_name("run.partial") / "checkpoints").mkdir()
    with pytest.raises(RunError, match="resume"):
        go(finished)
    go(finished, resume=True)
    tunelet.Run.load(finished)
    assert not (finished / "checkpoints").exists()
