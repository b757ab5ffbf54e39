"""A run that reads two columns together is exported as a model of pairs of texts."""

import re
import runpy
import sys

import numpy as np
import pandas as pd
import pytest

import tunelet
from brief import BRIEF
from tunelet import Classifier

pytestmark = pytest.mark.slow

WORDS = {"fresh": ("warm", "crisp"), "stale": ("cold", "burnt")}
PAIRS = [("warm loaf", "a rye of lunch"), ("cold", "and soggy &amp; sour"), ("short", "of the day")]
SETTINGS = {"data.max_length": 24, "training.epochs": 1, **BRIEF, "data.validation": "held-out"}


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """A table in a file: titles, and bodies of which some are long."""
    rows = [
        (f"{WORDS[label][n % 2]} loaf {n}", f"of baker {n}" + " and more of it" * (9 if n % 4 == 0 else 0), label)
        for n in range(30)
        for label in WORDS
    ]
    path = tmp_path_factory.mktemp("pairs") / "pairs.csv"
    pd.DataFrame(rows, columns=["title", "body", "label"]).to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("architecture", "to", "kept"),
    [("bert", "onnx", "head+tail"), ("distilbert", "onnx", "tail"), ("bert", "merged", "head+tail")],
)
def test_its_answers_are_those_of_the_run(architecture, to, kept, pairs, tiny_checkpoint, tmp_path, monkeypatch):
    settings = (
        SETTINGS
        | {"data.truncation": kept}
        | {"model.pooling": "first", "training.probe": False, "evaluation.baseline": to == "onnx"}
    )
    run = tunelet.train(
        pairs, model=tiny_checkpoint(architecture), text=["title", "body"], label="label", settings=settings,
        out=tmp_path / "run", quiet=True,
    )  # fmt: skip
    exported = tunelet.export(run, to=to, out=tmp_path / "out")
    assert exported.parity.largest_difference < 1e-5
    assert exported.parity.longer > 0
    classifier = Classifier.load(exported.folder)
    expected = Classifier.load(run.path, device="cpu").probabilities(PAIRS)
    np.testing.assert_allclose(classifier.probabilities(PAIRS), expected, atol=5e-3)
    if to == "merged":
        return
    (lines,) = re.findall(
        r"```python\n(.*?)```", (exported.folder / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    script = tmp_path / "lines.py"
    script.write_text(lines.replace('[("one", "other")]', repr(PAIRS)), encoding="utf-8")
    monkeypatch.chdir(exported.folder)
    monkeypatch.syspath_prepend(str(exported.folder))
    try:
        found = runpy.run_path(str(script))["probabilities"]
    finally:
        for module in ("clean", "tfidf"):
            sys.modules.pop(module, None)
    np.testing.assert_allclose(found, classifier.probabilities(PAIRS), atol=1e-5)
