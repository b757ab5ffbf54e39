"""A job that is killed goes on where it was: its output is that of one that was left alone, and no text is done twice.

Each job is a process of its own, which ends itself by SIGKILL: as it computes a piece, as it has kept one, and as it
writes the output. Every text that was computed to its end stands in a log.
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from command_line import environment

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL"),
]

# What a job does beyond `predict_file`: it logs the texts that it has classified, and ends itself at a moment.
JOB = """
import json, os, signal, sys
import tunelet
from tunelet.classifier import _files, _partial, _scoring
from tunelet.classifier._base import TextClassifier

run, source, output, log, moment, at = sys.argv[1:]
_scoring.PIECE_CHARACTERS = 1000  # some thirty of the short texts
done = 0

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def classified(self, texts, original=TextClassifier.probabilities_of_cleaned):
    global done
    done += 1
    if moment == "computing" and done == int(at):
        original(self, texts[: len(texts) // 2])
        die()
    found = original(self, texts)
    with open(log, "a", encoding="utf-8") as file:
        file.writelines(json.dumps(text) + "\\n" for text in texts)
    return found

def kept(self, record, original=_partial.Scores.add):
    original(self, record)
    if moment == "kept" and done == int(at):
        die()

def written(path, form, stream, added, rows, original=_files.write_rows):
    def some():
        for number, row in enumerate(rows(), 1):
            yield row
            if moment == "writing" and number == int(at):
                die()
    original(path, form, stream, added, some)

TextClassifier.probabilities_of_cleaned = classified
_partial.Scores.add = kept
_files.write_rows = written
found = tunelet.predict_file(run, source, output, baseline=True, quiet=True)
print(json.dumps([found.n, found.resumed, found.empty, found.notes]))
"""
ROWS = 9000  # a chunk and a part of one
KILLS = [("computing", "3"), ("kept", "5"), ("writing", "1")]


def texts(numbers: range) -> list[str]:
    return [f"note {n}: {'warm rye loaf ' * (n % 3)}{n * 7919 % 1009}" if n % 50 else "" for n in numbers]


def write(path: Path, rows: list[str]) -> None:
    lines = [f'{n},"{text}","a ""quoted""\nremark",0{n},{n / 7}' for n, text in enumerate(rows)]
    path.write_text("id,note,remark,code,amount\n" + "\n".join(lines) + "\n", encoding="utf-8")


def job(
    run: Path, source: Path, output: Path, log: Path, moment: str = "", at: str = "0"
) -> subprocess.CompletedProcess[str]:
    arguments = [str(argument) for argument in (run, source, output, log, moment, at)]
    return subprocess.run([sys.executable, "-c", JOB, *arguments], env=environment(), capture_output=True, text=True)


def test_an_output_is_the_same_after_three_kills_and_no_text_is_classified_twice(bakery_run, tmp_path: Path) -> None:
    source, log, name = tmp_path / "in.csv", tmp_path / "log", "out.csv"
    write(source, texts(range(ROWS)))
    (tmp_path / "alone").mkdir()
    undisturbed = job(bakery_run.path, source, tmp_path / "alone" / name, tmp_path / "other log")
    assert undisturbed.returncode == 0, undisturbed.stderr
    output, partial = tmp_path / name, tmp_path / f"{name}.partial"
    for moment, at in KILLS:
        killed = job(bakery_run.path, source, output, log, moment, at)
        assert killed.returncode == -9, killed.stderr
        assert partial.stat().st_size > 0
        assert not output.exists()
    last = job(bakery_run.path, source, output, log)
    assert last.returncode == 0, last.stderr
    n, resumed, empty, notes = json.loads(last.stdout)
    assert (n, resumed, empty, notes) == (ROWS - ROWS // 50, n, ROWS // 50, [])
    assert output.read_bytes() == (tmp_path / "alone" / name).read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"alone", "in.csv", "log", name, "other log"}
    done = Counter(map(json.loads, log.read_text(encoding="utf-8").splitlines()))
    assert done == Counter(text for text in texts(range(ROWS)) if text)


def test_scores_of_another_input_are_not_used_and_that_is_said(bakery_run, tmp_path: Path) -> None:
    source, log, output = tmp_path / "in.csv", tmp_path / "log", tmp_path / "out.csv"
    write(source, texts(range(300)))
    assert job(bakery_run.path, source, output, log, "kept", "2").returncode == -9
    before = len(log.read_text(encoding="utf-8").splitlines())
    assert before > 0
    write(source, [text.replace("warm", "cold") for text in texts(range(300))])
    last = job(bakery_run.path, source, output, log)
    n, resumed, _, (note,) = json.loads(last.stdout)
    assert (resumed, len(log.read_text(encoding="utf-8").splitlines())) == (0, before + n)
    assert "the input changed" in note
    assert str(tmp_path / "out.csv.partial") in note
    assert not (tmp_path / "out.csv.partial").exists()
