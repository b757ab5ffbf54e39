"""transformers.js, from its npm package in Node, gives tunelet's probabilities under tunelet's names."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import tunelet
from tunelet import Classifier

pytestmark = pytest.mark.slow

TEXTS = ["warm rye loaf", "a cold and soggy one", "burnt " * 90, "Is it? İstanbul café 日本語", "x"]
SCRIPT = (Path(__file__).parents[2] / "measurements" / "transformers_js.mjs").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def node_folder(tmp_path_factory) -> Path:
    """A folder with transformers.js; the scripts of packages, which fetch more, are not run."""
    folder = tmp_path_factory.mktemp("node")
    if (npm := shutil.which("npm")) is None:
        pytest.skip("npm is not installed")
    (folder / "package.json").write_text("{}")
    asked = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "@huggingface/transformers@4"]
    done = subprocess.run(asked, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the npm registry is out of reach: {done.stderr[-200:]}")
    (folder / "classify.mjs").write_text(SCRIPT, encoding="utf-8")
    return folder


@pytest.mark.parametrize("to", ["onnx", "onnx-int8"])
def test_it_agrees_on_short_and_long_texts(to, blended_run, node_folder, tmp_path):
    out = tmp_path / "out"
    exported = tunelet.export(blended_run, to=to, out=out, without_tfidf=True, tolerance=0.5)
    (tmp_path / "texts.json").write_text(json.dumps(TEXTS), encoding="utf-8")
    command = ["node", "classify.mjs", str(out), str(tmp_path / "texts.json")]
    done = subprocess.run(command, cwd=node_folder, capture_output=True, text=True, check=True)
    answers = json.loads(done.stdout.partition("ANSWERS")[2])
    names = exported.record.label_names
    assert {one["label"] for each in answers for one in each} == set(names)
    found = [[{one["label"]: one["score"] for one in each}[name] for name in names] for each in answers]
    # One by one, for activations are quantised over all texts of a batch.
    classifier = Classifier.load(out)
    expected = np.concatenate([classifier.probabilities([text]) for text in TEXTS])
    np.testing.assert_allclose(found, expected, atol=1e-4 if to == "onnx" else 1e-2)
