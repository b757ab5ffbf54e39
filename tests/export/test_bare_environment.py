"""The lines of the README run where onnxruntime and tokenizers, with what these bring along, are all there is."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tunelet import Classifier

pytestmark = pytest.mark.slow

TEXTS = ["warm rye loaf", "a <b>cold</b> and soggy one &amp; more", "burnt " * 90]


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("bare") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    asked = [str(python), "-m", "pip", "install", "-q", "onnxruntime", "tokenizers"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"PyPI is out of reach: {done.stderr[-200:]}")
    return python


def test_they_give_the_probabilities(graph, bare_python):
    (lines,) = re.findall(r"```python\n(.*?)```", (graph.folder / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    lines = lines.replace('["your text"]', repr(TEXTS)) + "import sys\nprint(json.dumps(probabilities.tolist()))\n"
    lines += "assert not {'torch', 'transformers', 'tunelet', 'scipy', 'sklearn'} & set(sys.modules)\n"
    env = {"PYTHONPATH": "", "PATH": ""}
    done = subprocess.run(
        [str(bare_python), "-B", "-c", lines], cwd=graph.folder, env=env, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout.strip().splitlines()[-1])
    np.testing.assert_allclose(found, Classifier.load(graph.folder).probabilities(TEXTS), atol=1e-6)
