"""What a process that classifies loads: nothing that trains, reports, draws or talks to a terminal."""

import subprocess
import sys

import pytest

from command_line import environment
from tunelet import BaselineClassifier, Classifier

pytestmark = pytest.mark.slow

# Rooms above the classifier, and the libraries that they need. That transformers itself imports accelerate, and
# scikit-learn pandas and rich where they are installed, is theirs.
TRAINING = ("training", "experiment", "comparison", "report", "publish", "inspection", "console", "cli", "bench")
LIBRARIES = (
    "datasets", "matplotlib", "typst", "typer", "evaluate", "tensorboard", "mlflow", "optuna", "ray",
    "transformers.trainer", "transformers.training_args", "transformers.data.data_collator",
    "torch._inductor.compile_fx", "sentence_transformers", "sklearn.linear_model",
)  # fmt: skip

_CODE = """
import sys, tunelet
classifier = tunelet.{kind}.load(sys.argv[1])
classifier.predict(["warm rye loaf", "cold burnt roll"])
print([name for name in {names!r} if name in sys.modules])
"""


def loaded(kind: type, run: object, names: tuple[str, ...]) -> str:
    code = _CODE.format(kind=kind.__name__, names=names)
    done = subprocess.run(
        [sys.executable, "-c", code, str(run)], capture_output=True, text=True, check=True, env=environment()
    )
    return done.stdout.strip()


def test_a_classifier_is_loaded_and_asked_without_training_code(bakery_run):
    names = (*(f"tunelet.{room}" for room in TRAINING), *LIBRARIES)
    assert loaded(Classifier, bakery_run.path, names) == "[]"


def test_a_baseline_is_loaded_and_asked_without_torch(bakery_run):
    names = ("torch", "transformers", "peft", *(f"tunelet.{room}" for room in ("model", "kernels", *TRAINING)))
    assert loaded(BaselineClassifier, bakery_run.path, names) == "[]"
