"""How a file is read can be typed: its encoding, and other limits."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from command_line import QUICK, call, refused

pytestmark = pytest.mark.slow

TEXTS = [
    (f"Булочка была {word}, визит {n}", label)
    for n in range(12)
    for word, label in (("вкусной", "good"), ("сухой", "bad"))
]
TABLE = "text,label\n" + "".join(f'"{text}",{label}\n' for text, label in TEXTS)


def test_an_encoding_is_named_for_each_command_and_not_taken_over(
    capsys: pytest.CaptureFixture[str], in_folder: Path, tiny_checkpoint: Callable[[str], Path]
) -> None:
    (in_folder / "a.csv").write_bytes(TABLE.encode("cp1251"))
    train = ["train", "a.csv", "--model", tiny_checkpoint("distilbert"), "--out", "run", *QUICK]
    refused(call(capsys, *train), "not UTF-8", "--encoding cp1251")
    done = call(capsys, *train, "--encoding", "cp1251")
    assert done.status == 0, done.stderr

    refused(call(capsys, "evaluate", "run", "a.csv"), "--encoding cp1251")
    done = call(capsys, "evaluate", "run", "a.csv", "--encoding", "cp1251", "--json")
    assert json.loads(done.stdout)["n"] == 24

    predict = ["predict", "run", "--input", "a.csv", "--output", "b.csv"]
    refused(call(capsys, *predict), "--encoding cp1251")
    done = call(capsys, *predict, "--set", "data.encoding=cp1251")
    assert done.status == 0, done.stderr
    with (in_folder / "b.csv").open(encoding="utf-8", newline="") as file:
        assert [row["text"] for row in csv.DictReader(file)] == [text for text, _ in TEXTS]

    (in_folder / "c.csv").write_text('text\tn\n"fresh" roll\t1\n', encoding="utf-8")
    predict = ["predict", "run", "--input", "c.csv", "--output", "d.csv"]
    refused(call(capsys, *predict), "row 2", "--set data.delimiter=tab")
    done = call(capsys, *predict, "--set", "data.delimiter=tab")
    assert done.status == 0, done.stderr

    refused(call(capsys, "evaluate", "run", "a.csv", "--encoding", "klingon"), "no encoding 'klingon'", "cp1252")
    refused(call(capsys, "evaluate", "run", "a.csv", "--set", "training.epochs=5"), "training.epochs", "data.encoding")


def test_a_limit_says_what_to_type_and_typing_it_helps(
    capsys: pytest.CaptureFixture[str], in_folder: Path, tiny_checkpoint: Callable[[str], Path]
) -> None:
    (in_folder / "a.csv").write_text(TABLE + f'"{"слово " * 200}",good\n', encoding="utf-8")
    train = ["train", "a.csv", "--model", tiny_checkpoint("distilbert"), "--out", "run", *QUICK]
    refused(call(capsys, *train, "--set", "data.max_cell=1000"), "row 26", "--set data.max_cell=10000")
    refused(call(capsys, *train, "--set", "data.max_bytes=1024"), "--set data.max_bytes=2048")
    assert call(capsys, *train, "--set", "data.max_cell=10000").status == 0
