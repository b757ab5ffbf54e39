"""The reader of `tfidf.json` that goes along gives, in the standard library alone, what the run's TF-IDF gives."""

import ast
import json
import runpy
import sys
from importlib import resources

import numpy as np
import pytest

from tunelet.classifier import TfidfFile
from tunelet.evaluation import train_baseline

READER = str(resources.files("tunelet.export.shipped").joinpath("tfidf.py"))
TEXTS = [
    "Warm rye loaf, warm and crisp", "A cold loaf; burnt!", "warm", "İstanbul'da çok güzel", "ab a abc  abcd",
    "crisp  \t crisp\n\ncrisp",
    "naïve café", "日本語 の テキスト", "x", "loaf-loaf_loaf 12 12", "unknown wordsonly", "...",
]  # fmt: skip


@pytest.mark.parametrize("classes", [2, 3])
def test_it_gives_the_logits_of_the_run(classes, tmp_path):
    labels = np.arange(len(TEXTS)) % classes
    tfidf = train_baseline(TEXTS, labels, TEXTS, labels, classes)
    path = tmp_path / "tfidf.json"
    path.write_text(json.dumps(TfidfFile.of(tfidf, 0.7).to_dict()), encoding="utf-8")
    reader = runpy.run_path(READER)["Tfidf"](str(path))
    texts = [*TEXTS, "", "a warm new loaf of rye", "ABCD İ ß \u017f \ufb01", "word " * 400]
    np.testing.assert_allclose([reader.logits(text) for text in texts], 0.7 * tfidf.logits(texts), atol=1e-6)


def test_texts_without_words_are_counted_by_characters_alone(tmp_path):
    texts, labels = ["!! ?", "?! !", "!!!", "???"], np.array([0, 1, 0, 1])
    tfidf = train_baseline(texts, labels, texts, labels, 2)
    assert {kind.analyzer for kind in tfidf.kinds} == {"char"}
    path = tmp_path / "tfidf.json"
    path.write_text(json.dumps(TfidfFile.of(tfidf, 1.0).to_dict()), encoding="utf-8")
    reader = runpy.run_path(READER)["Tfidf"](str(path))
    np.testing.assert_allclose([reader.logits(text) for text in texts], tfidf.logits(texts), atol=1e-6)


def test_it_imports_nothing_but_the_standard_library():
    with open(READER, encoding="utf-8") as file:  # noqa: PTH123
        tree = ast.parse(file.read())
    named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in named} <= sys.stdlib_module_names
