"""A copy or a pickle of a classifier is the path of its run, which is loaded again: in this process, or in another."""

import copy
import pickle
import shutil

import numpy as np
import pytest

from command_line import run_code
from tunelet import BaselineClassifier, Classifier
from tunelet.errors import RunError

pytestmark = pytest.mark.slow

TEXTS = ["warm rye loaf", "cold burnt roll", "plain toast"]


@pytest.mark.parametrize("kind", [Classifier, BaselineClassifier])
def test_a_copy_answers_in_the_same_bits(bakery_run, kind):
    classifier = kind.load(bakery_run)
    classifier.temperature = 1.25
    content = pickle.dumps(classifier)
    assert len(content) < 1000  # no weights
    for other in (pickle.loads(content), copy.deepcopy(classifier), copy.copy(classifier)):  # noqa: S301
        assert other is not classifier
        np.testing.assert_array_equal(other.probabilities(TEXTS), classifier.probabilities(TEXTS))


def test_a_pickle_answers_in_another_process_and_another_folder(bakery_run, tmp_path):
    classifier = Classifier.load(bakery_run, device="cpu")
    (tmp_path / "classifier").write_bytes(pickle.dumps(classifier))
    code = (
        "import pickle, sys, numpy\n"
        "classifier = pickle.load(open('classifier', 'rb'))\n"
        f"numpy.save('found.npy', classifier.probabilities({TEXTS!r}))"
    )
    done = run_code(code, cwd=tmp_path)
    assert done.status == 0, done.stderr
    np.testing.assert_array_equal(np.load(tmp_path / "found.npy"), classifier.probabilities(TEXTS))


def test_a_pickle_whose_run_is_gone_says_so(bakery_run, tmp_path):
    run = shutil.copytree(bakery_run.path, tmp_path / "run")
    content = pickle.dumps(Classifier.load(run))
    shutil.rmtree(run)
    with pytest.raises(RunError, match="no such run folder"):
        pickle.loads(content)  # noqa: S301
