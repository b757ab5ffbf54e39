"""A process that loads a classifier and then forks, as `gunicorn --preload` does: its children answer."""

import os
import shutil
import subprocess
import sys

import pytest
from transformers import AutoModel, DistilBertConfig

import tunelet
from brief import BRIEF
from command_line import environment

pytestmark = pytest.mark.slow

TEXTS = [(f"a warm loaf, visit {n}", "good") if n % 2 else (f"cold and late, visit {n}", "bad") for n in range(40)]
SETTINGS = {
    "training.epochs": 1,
    **BRIEF,
    "data.validation": "held-out",
    "evaluation.baseline": False,
    "adapter.rank": 32,
}

_PARENT = """
import os, sys, time
import numpy as np
import tunelet

texts = ["a warm loaf", "cold, late and dear " * 9] * 40

def in_child(classifier, file):
    child = os.fork()
    if child == 0:
        np.save(file, classifier.probabilities(texts))
        os._exit(0)
    for _ in range(400):
        if os.waitpid(child, os.WNOHANG)[0]:
            return np.load(file)
        time.sleep(0.1)
    os.kill(child, 9)
    sys.exit("the child has not answered")

run, file = sys.argv[1:]
classifier = tunelet.Classifier.load(run)
loaded = in_child(classifier, file)
own = classifier.probabilities(texts)
predicted = in_child(classifier, file)
assert (loaded == own).all(), "the child of a process that has loaded gave other probabilities"
assert (predicted == own).all(), "the child of a process that has predicted gave other probabilities"
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_children_of_a_process_that_loaded_or_predicted_answer_as_it_does(tiny_checkpoint, tmp_path):
    """Also where the environment tells tokenizers to use threads, which a fork loses."""
    encoder = shutil.copytree(tiny_checkpoint("distilbert"), tmp_path / "wide")
    # Its head has more numbers than PyTorch leaves to one thread when it copies them.
    config = DistilBertConfig(dim=256, n_heads=4, hidden_dim=256, n_layers=2, max_position_embeddings=160)
    AutoModel.from_config(config).save_pretrained(encoder)
    run = tunelet.train(TEXTS, model=encoder, settings=SETTINGS, out=tmp_path / "run", quiet=True)
    done = subprocess.run(
        [sys.executable, "-c", _PARENT, run.path, tmp_path / "found.npy"],
        env=environment(OMP_NUM_THREADS="2", OMP_WAIT_POLICY="passive", TOKENIZERS_PARALLELISM="true"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "fork" not in done.stderr  # no warning of tokenizers
