"""The reader of `tfidf.json` that goes along gives, in the standard library alone, what the run's TF-IDF gives."""

import ast
import json
import runpy
import shutil
import subprocess
import sys
from importlib import resources

import numpy as np
import pytest

from tunelet.classifier import TfidfFile
from tunelet.evaluation import train_baseline
from tunelet.run import Task

READER = str(resources.files("tunelet.export.shipped").joinpath("tfidf.py"))
TEXTS = [
    "Warm rye loaf, warm and crisp", "A cold loaf; burnt!", "warm", "İstanbul'da çok güzel", "ab a abc  abcd",
    "crisp  \t crisp\n\ncrisp",
    "naïve café", "日本語 の テキスト", "x", "loaf-loaf_loaf 12 12", "unknown wordsonly", "...",
]  # fmt: skip


ASKED = [*TEXTS, "", "a warm new loaf of rye", "ABCD İ ß \u017f \ufb01", "word " * 400]


def written(place, tfidf, scale, task):
    path = place / "tfidf.json"
    path.write_text(json.dumps(TfidfFile.of(tfidf, scale, task).to_dict()), encoding="utf-8")
    return path


def in_python(path, texts):
    reader = runpy.run_path(READER)["Tfidf"](str(path))
    return [reader.logits(text) for text in texts]


def in_javascript(path, texts):
    if (node := shutil.which("node")) is None:
        pytest.skip("Node is not installed")
    static = resources.files("tunelet.page").joinpath("static")
    for name in ("tfidf.js", "white_space.js"):
        path.with_name(name).write_text(static.joinpath(name).read_text(encoding="utf-8"), encoding="utf-8")
    path.with_name("package.json").write_text('{"type": "module"}', encoding="utf-8")
    path.with_name("texts.json").write_text(json.dumps(texts), encoding="utf-8")
    path.with_name("run.js").write_text(
        """import { readFileSync } from "node:fs";
import { tfidf } from "./tfidf.js";
const [content, texts] = ["tfidf.json", "texts.json"].map((name) => JSON.parse(readFileSync(name, "utf8")));
console.log(JSON.stringify(texts.map(tfidf(content))));
""",
        encoding="utf-8",
    )
    done = subprocess.run([node, "run.js"], cwd=path.parent, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def task_of(*names):
    return Task(
        label_names=names,
        text_columns=("text",),
        label_column="label",
        clean_markup=True,
        positive=None,
        threshold=None,
    )


@pytest.mark.parametrize("read", [in_python, in_javascript])
@pytest.mark.parametrize("classes", [2, 3])
def test_it_gives_the_logits_of_the_run(read, classes, tmp_path):
    labels = np.arange(len(TEXTS)) % classes
    tfidf = train_baseline(TEXTS, labels, TEXTS, labels, classes)
    path = written(tmp_path, tfidf, 0.7, task_of(*"abc"[:classes]))
    np.testing.assert_allclose(read(path, ASKED), 0.7 * tfidf.logits(ASKED), atol=1e-6)


@pytest.mark.parametrize("read", [in_python, in_javascript])
def test_it_gives_the_falling_logits_of_ratings_and_the_numbers(read, ratings_run, numbers_run, tmp_path):
    texts = ["splendid splendid dismal table", "dismal river", "", "7 letters, all of them splendid"]
    for run, outputs in ((ratings_run, 4), (numbers_run, 1)):
        tfidf, task = run.baseline, run.task
        expected = task.output.ordered(0.7 * tfidf.logits(texts))
        assert expected.shape == (len(texts), outputs)
        path = written(tmp_path, tfidf, 0.7, task)
        np.testing.assert_allclose(read(path, texts), expected, rtol=1e-5, atol=1e-5)
        again = TfidfFile.of(tfidf, 0.7, task).baseline(task)
        np.testing.assert_allclose(again.logits(texts), 0.7 * tfidf.logits(texts), rtol=1e-5)


def test_logits_of_ratings_that_rise_are_put_in_order(ratings_run, tmp_path):
    path = written(tmp_path, ratings_run.baseline, 1.0, ratings_run.task)
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | {"bias": content["bias"][::-1]}), encoding="utf-8")
    for read in (in_python, in_javascript):
        (row,) = read(path, ["table"])
        assert row == sorted(row, reverse=True)


def test_texts_without_words_are_counted_by_characters_alone(tmp_path):
    texts, labels = ["!! ?", "?! !", "!!!", "???"], np.array([0, 1, 0, 1])
    tfidf = train_baseline(texts, labels, texts, labels, 2)
    assert {kind.analyzer for kind in tfidf.kinds} == {"char"}
    path = written(tmp_path, tfidf, 1.0, task_of("a", "b"))
    np.testing.assert_allclose(in_python(path, texts), tfidf.logits(texts), atol=1e-6)


def test_it_imports_nothing_but_the_standard_library():
    with open(READER, encoding="utf-8") as file:  # noqa: PTH123
        tree = ast.parse(file.read())
    named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in named} <= sys.stdlib_module_names
