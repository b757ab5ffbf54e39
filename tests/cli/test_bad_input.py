"""Whatever is wrong with what the user typed: one line, exit status 2, and no run folder, whole or partial."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from command_line import QUICK, Done, call, command, environment, is_empty, refused, run

pytestmark = pytest.mark.slow

Train = Callable[..., Done]

PRAISE = "A warm film about a lighthouse: reel"
BLAME = "Two cold hours in a lift: reel"
ROWS = [(f"{text} {n}", label) for n in range(12) for text, label in ((PRAISE, "good"), (BLAME, "bad"))]


def table(rows: list[tuple[str, str]], header: str = "text,label") -> str:
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


GOOD = table(ROWS)


@pytest.fixture
def train(
    capsys: pytest.CaptureFixture[str], in_folder: Path, tiny_checkpoint: Callable[[str], Path]
) -> Iterator[Train]:
    """`tunelet train` with a tiny model, good.csv beside it; afterwards nothing may lie where the run would have."""
    (in_folder / "good.csv").write_text(GOOD)
    (in_folder / "out").mkdir()

    def train_with(*arguments: str) -> Done:
        return call(capsys, "train", *arguments, "--model", tiny_checkpoint("distilbert"), "--out", "out/run", "--json")

    yield train_with
    assert is_empty(in_folder / "out")
    assert not (in_folder / "runs").exists()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("god.csv", None, ["no file god.csv", "did you mean good.csv?"]),
        ("empty.csv", b"", ["empty.csv is empty", "expected rows"]),
        ("blank.jsonl", b"\n \n", ["is empty"]),
        ("program.csv", b"\x7fELF\x02\x01\x00" * 40, ["program.csv", "found a program", "CSV, JSON lines or Parquet"]),
        ("noise.csv", bytes(range(256)) * 4, ["found a NUL byte at offset 0", "convert it"]),
        (
            "latin.csv",
            "text,label\nfine,good\ncafé noir,bad\n".encode("latin-1"),
            ["not UTF-8", "0xe9", "row 3", "--encoding cp1252"],
        ),
        (
            "one.csv",
            table([row for row in ROWS if row[1] == "good"]).encode(),
            ["one: 'good' in all 12", "--label COL"],
        ),
        ("lone.csv", table([*ROWS, ("So so", "mixed")]).encode(), ["at least two texts of each class", "'mixed'"]),
        ("none.csv", b"text,label\n,good\n  ,bad\n<p></p>,bad\n", ["all 3 texts in column 'text'", "--text COL"]),
        ("null.jsonl", b'{"text": null, "label": "a"}\n{"text": null, "label": "b"}\n', ["--text COL"]),
        ("unlabelled.csv", b"text,label\nfine,\ncold,\n", ["no row", "--label COL"]),
        (
            "two.csv",
            table([(f"{text},{text} again", label) for text, label in ROWS], "review,comment,label").encode(),
            ["'review', 'comment'", "--text review"],
        ),
        (
            "twice.csv",
            table([(text, f"{label},{label}") for text, label in ROWS], "text,label,sentiment").encode(),
            ["'label', 'sentiment'", "--label label"],
        ),
        ("bare.csv", table(ROWS).replace(",good", "").replace(",bad", "").replace(",label", "").encode(), ["label"]),
    ],
)
def test_bad_data(train: Train, in_folder: Path, name: str, content: bytes | None, words: list[str]) -> None:
    if content is not None:
        (in_folder / name).write_bytes(content)
    refused(
        train(name), name if name not in ("one.csv", "lone.csv", "two.csv", "twice.csv", "bare.csv") else "", *words
    )


def test_a_folder_without_texts(train: Train, in_folder: Path) -> None:
    (in_folder / "photos").mkdir()
    (in_folder / "photos" / "a.png").write_bytes(b"\x89PNG")
    refused(train("photos"), "photos holds no texts", "expected train/LABEL/*.txt")


def test_a_column_that_is_not_there(train: Train) -> None:
    refused(train("good.csv", "--text", "txt"), "no column 'txt'", "did you mean --text text?")
    refused(train("good.csv", "--label", "lable"), "no column 'lable'", "did you mean --label label?")


def test_labels_of_the_test_data_that_training_never_saw(train: Train, in_folder: Path) -> None:
    (in_folder / "test.csv").write_text("text,label\nAs fine as it gets,excellent\nCold,bad\n")
    refused(train("good.csv", "--test", "test.csv"), "never saw: 'excellent'", "'bad', 'good'", "the same label names")
    refused(train("good.csv", "--test", "tset.csv"), "did you mean test.csv?")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--recipe", "quickstrt"], ["unknown recipe 'quickstrt'", "did you mean 'quickstart'?"]),
        (["--recipe", "mine.toml"], ["mine.toml: cannot be read", "tunelet recipes"]),
        (["--recipe", "key.toml"], ["key.toml: unknown key 'epoch' in [training]", "did you mean 'training.epochs'?"]),
        (["--recipe", "section.toml"], ["section.toml: unknown key 'trainig'", "training"]),
        (["--recipe", "range.toml"], ["range.toml: training.epochs", "equal to 1, found 0"]),
        (["--recipe", "broken.toml"], ["broken.toml: not valid TOML", "line 1", "tunelet recipes quickstart"]),
        (["--set", "training.epoch=3"], ["unknown key 'epoch'", "did you mean 'training.epochs'?"]),
        (["--set", "epochs=3"], ["unknown key 'epochs'", "did you mean 'training.epochs'?"]),
        (["--set", "training.epochs"], ["section.key=value", "--set training.epochs=5"]),
        (["--set", "training.epochs=0"], ["training.epochs", "equal to 1, found 0"]),
        (["--set", "training.epochs=many"], ["training.epochs should be an integer, found 'many'"]),
        (["--set", "training.learning_rate=nan"], ["training.learning_rate", "finite number, found nan"]),
        (["--set", "data.truncation=hed"], ["head, tail, head+tail", "did you mean 'head'?"]),
        (["--set", "model.name="], ["model.name should have at least 1 character"]),
        (["--set", "adapter.targets=['q_line']"], ["'q_line'", "did you mean 'q_lin'?"]),
        (["--limit", "-1"], ["data.limit", "found -1"]),
        (["--seed", "-1"], ["training.seed", "found -1"]),
        (["--device", "gpu"], ["auto, cpu, cuda, mps", "did you mean 'cuda'?"]),
        (["--resume"], ["nothing to resume", "out/run.partial", "leave out --resume"]),
    ],
)
def test_bad_settings(train: Train, in_folder: Path, arguments: list[str], words: list[str]) -> None:
    (in_folder / "key.toml").write_text("[training]\nepoch = 3\n")
    (in_folder / "section.toml").write_text("[trainig]\nepochs = 3\n")
    (in_folder / "range.toml").write_text("[training]\nepochs = 0\n")
    (in_folder / "broken.toml").write_text("[training\n")
    refused(train("good.csv", *arguments), *words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["trian", "good.csv"], ["No such command 'trian'", "'train'", "`tunelet --help`"]),
        (["train"], ["Missing argument 'DATA'", "`tunelet train --help`"]),
        (
            ["train", "good.csv", "--sed", "1"],
            ["there is no option --sed", "did you mean --seed?", "`tunelet train --help`"],
        ),
        (["train", "good.csv", "--seed"], ["'--seed' requires an argument"]),
        (["train", "good.csv", "--limit", "ten"], ["Invalid value for '--limit'", "valid integer"]),
        (["train", "good.csv", "more.csv"], ["unexpected extra argument", "more.csv"]),
        (["train", "good.csv", "--resume"], ["nothing to resume", "runs/quickstart", "--out"]),
        (["evaluate", "out"], ["Missing argument 'DATA'"]),
        (["evaluate", "out", "good.csv"], ["out: not a run folder: recipe.toml is missing"]),
        (["predict", "out"], ["expected texts", 'tunelet predict RUN "some text"', "--input FILE --output FILE"]),
        (["predict", "absent", "A film."], ["absent: no such run folder"]),
        (["predict", ".", "A film."], ["not a run folder"]),
        (["predict", "A long review. " * 30, "A film."], ["no run folder 'A long review.", "name it first"]),
        (["recipes", "thorogh"], ["unknown recipe 'thorogh'", "did you mean 'thorough'?"]),
        (["inspect", "absent/"], ["nothing at absent", "check the path"]),
        (["inspect", "out", "--rank", "0"], ["'--rank'", "1"]),
    ],
)
def test_bad_usage(capsys: pytest.CaptureFixture[str], in_folder: Path, arguments: list[str], words: list[str]) -> None:
    (in_folder / "out").mkdir()
    (in_folder / "good.csv").write_text(GOOD)
    model = ["--model", "minilm"] if arguments[-1] == "--resume" else []
    refused(call(capsys, *arguments, *model), *words)
    assert is_empty(in_folder / "out")
    assert not (in_folder / "runs").exists()


def test_no_command_at_all_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    done = call(capsys)
    assert (done.status, done.stdout) == (2, "")
    assert "Usage: tunelet" in done.stderr


def test_an_output_folder_that_exists_is_left_as_it_is(
    capsys: pytest.CaptureFixture[str], in_folder: Path, tiny_checkpoint: Callable[[str], Path]
) -> None:
    (in_folder / "good.csv").write_text(GOOD)
    (in_folder / "thesis").mkdir()
    (in_folder / "thesis" / "chapter.txt").write_text("mine")
    for out in ("thesis", "good.csv", ".", "/", ".."):
        arguments = ("good.csv", "--model", tiny_checkpoint("distilbert"), "--out", out)
        refused(call(capsys, "train", *arguments), "exists already", "pass another --out")
        refused(call(capsys, "train", *arguments, "--resume"), "exists already", "pass another --out")
    assert (in_folder / "thesis" / "chapter.txt").read_text() == "mine"
    assert (in_folder / "good.csv").read_text() == GOOD
    assert sorted(path.name for path in in_folder.iterdir()) == ["good.csv", "thesis"]


def test_a_place_that_cannot_be_written(
    capsys: pytest.CaptureFixture[str], in_folder: Path, tiny_checkpoint: Callable[[str], Path]
) -> None:
    (in_folder / "good.csv").write_text(GOOD)
    arguments = ("good.csv", "--model", tiny_checkpoint("distilbert"), "--out")
    refused(call(capsys, "train", *arguments, "good.csv/run"), "cannot be written", "is a file", "--out")
    refused(call(capsys, "train", *arguments, "/proc/absent/run"), "cannot be written", "no such folder", "--out")
    refused(call(capsys, "train", *arguments, "x" * 300), "cannot be written", "too long", "--out")
    refused(call(capsys, "train", *arguments, "/sys/run"), "cannot be written", "--out")  # not even root may


def test_rows_without_text_or_label_are_dropped_counted_and_shown(
    capsys: pytest.CaptureFixture[str], in_folder: Path, tiny_checkpoint: Callable[[str], Path]
) -> None:
    rows = [{"text": text, "label": label} for text, label in ROWS]
    rows += [{"text": text, "label": "good"} for text in (None, "", "  \n", "<br />")] + [
        {"text": "So so", "label": None}
    ]
    (in_folder / "gaps.jsonl").write_text("\n".join(map(json.dumps, rows)))
    done = call(capsys, "train", "gaps.jsonl", "--model", tiny_checkpoint("distilbert"), *QUICK, "--out", "run")
    assert done.status == 0, done
    said = " ".join(done.stderr.split())
    assert re.search(r"4 empty text \(rows [\d, ]+\); 1 no label \(row \d+\)", said)
    record = json.loads((in_folder / "run" / "data.json").read_text())
    assert record["dropped"] == {"empty text": 4, "no label": 1}
    assert sum(part["rows"] for part in record["parts"].values()) == len(ROWS)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Callable[[str], Path]) -> tuple[Path, list[str]]:
    """A folder with a run killed after its first checkpoint, and the arguments that began it."""
    folder = tmp_path_factory.mktemp("killed")
    (folder / "good.csv").write_text(GOOD)
    arguments = ["train", "good.csv", "--model", str(tiny_checkpoint("distilbert")), "--out", "out/run"]
    arguments += ["--set", "training.epochs=1000", "--set", "data.validation=held-out"]
    with subprocess.Popen(
        command(*arguments), cwd=folder, env=environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("epoch 200/"):  # the second that is evaluated
                break
        process.kill()
    assert [path.name for path in (folder / "out").iterdir()] == ["run.partial"]
    return folder, arguments


def test_an_interrupted_run_goes_on_only_as_what_it_was(
    capsys: pytest.CaptureFixture[str],
    killed: tuple[Path, list[str]],
    monkeypatch: pytest.MonkeyPatch,
    tiny_checkpoint: Callable[[str], Path],
) -> None:
    folder, arguments = killed
    monkeypatch.chdir(folder)
    before = sorted(folder.rglob("*"))
    for changed, words in (
        (["--set", "training.epochs=2"], ["training.epochs was 1000, now 2"]),
        (["--recipe", "thorough"], ["another recipe", "was", "now"]),
        (["--seed", "2"], ["training.seed was 1, now 2"]),
        (["--model", str(tiny_checkpoint("bert"))], ["model.name was"]),
    ):
        refused(call(capsys, *arguments, *changed, "--resume"), *words, "with --resume added", "--out")
    (folder / "good.csv").write_text(GOOD + "A new film,good\n")
    refused(call(capsys, *arguments, "--resume"), "other data", "the same data")
    (folder / "good.csv").write_text(GOOD)
    refused(call(capsys, *arguments), "holds an interrupted run", "--resume")
    refused(call(capsys, "predict", "out/run", "A film."), "not finished", "--resume")
    refused(call(capsys, "evaluate", "out/run", "good.csv"), "not finished", "--resume")
    assert sorted(folder.rglob("*")) == before


def test_an_interrupted_run_with_a_broken_checkpoint_says_so(
    capsys: pytest.CaptureFixture[str], killed: tuple[Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, arguments = killed
    shutil.copytree(folder, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    checkpoint = next(Path("out/run.partial/checkpoints").glob("step-*"))
    checkpoint.write_bytes(checkpoint.read_bytes()[:-100])
    refused(call(capsys, *arguments, "--resume"), checkpoint.name, "cannot be read", "train again")


def test_the_same_holds_in_a_process_of_its_own(tmp_path: Path, tiny_checkpoint: Callable[[str], Path]) -> None:
    (tmp_path / "good.csv").write_text(GOOD)
    (tmp_path / "latin.csv").write_bytes("text,label\nfine,good\ncafé noir,bad\n".encode("latin-1"))
    (tmp_path / "out").mkdir()
    ends = ("--model", tiny_checkpoint("distilbert"), "--out", "out/run")
    refused(run("train", "latin.csv", *ends, cwd=tmp_path), "not UTF-8", "0xe9", "row 3")
    refused(run("train", "good.csv", "--set", "adapter.targets=['q_line']", *ends, cwd=tmp_path), "'q_line'")
    refused(run("trian", cwd=tmp_path), "'train'")
    assert is_empty(tmp_path / "out")
