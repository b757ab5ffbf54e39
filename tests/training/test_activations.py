"""Activations of frozen layers: computed once, whatever fits is kept, and training is the same as without."""

import numpy as np
import pytest
import torch

from encoders import make_checkpoint
from toy import fitted, toy_data
from tunelet.checkpoint import find_checkpoint
from tunelet.data import gather
from tunelet.errors import ModelError
from tunelet.model import new_classifier
from tunelet.recipe import AdapterSettings, ModelSettings
from tunelet.training import Activations

pytestmark = pytest.mark.slow

SETTINGS = {"epochs": 3, "batch_size": 8, "learning_rate": 2e-3}
SIZE = 64 * 12 * 384 * 4  # bytes of the toy texts' hidden states in float32


@pytest.fixture(scope="module")
def without(tmp_path_factory):
    """A run that computes the frozen layers anew each time."""
    return fitted(tmp_path_factory.mktemp("without"), adapter={"layers": 2}, activations_gib=0.0, **SETTINGS)


@pytest.mark.parametrize("share", [1.0, 0.4], ids=["all kept", "some kept"])
def test_a_run_is_the_same_with_kept_activations(tmp_path, without, share):
    kept = fitted(tmp_path, adapter={"layers": 2}, activations_gib=share * SIZE / 2**30, **SETTINGS)
    for name, parameter in without[0].trained_parameters().items():
        torch.testing.assert_close(parameter, kept[0].trained_parameters()[name], rtol=1e-3, atol=1e-5)
    for expected, found in zip(without[2], kept[2], strict=True):
        assert found.get("loss", 0) == pytest.approx(expected.get("loss", 0), abs=1e-5)
    assert not list(tmp_path.rglob("activations-*"))


def test_only_the_topmost_layers_are_adapted(without):
    adapted = {name.split(".layer.")[1].split(".")[0] for name in without[0].trained_parameters() if "lora_" in name}
    assert adapted == {"1", "2"}
    assert without[0].frozen_layers == 1


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize(("method", "rows"), [("lora", 12), ("head", 1)])
def test_what_is_kept_gives_the_logits_of_the_whole_model(tmp_path, precision, method, rows):
    layers = {"layers": 1} if method == "lora" else {}
    classifier = classifier_of(tmp_path, "distilbert", precision, method=method, **layers)
    data = toy_data(20)
    kept = Activations(classifier, data.train, limit=20 * rows * 32 * 4, folder=tmp_path)
    assert kept.kept == 20
    assert kept.size == 20 * rows * 32 * (2 if precision == "bfloat16" else 4)
    batch = gather(data.train, np.array([3, 19, 0, 7]))
    with torch.no_grad():
        torch.testing.assert_close(
            classifier.logits(batch, kept.hidden(batch)), classifier.logits(batch), rtol=1e-5, atol=1e-5
        )


def test_a_disk_that_refuses_is_done_without(tmp_path):
    classifier = classifier_of(tmp_path, "distilbert", "float32", layers=1)
    (tmp_path / "file").touch()
    data = toy_data(4)
    kept = Activations(classifier, data.train, limit=2**20, folder=tmp_path / "file")
    batch = gather(data.train, np.array([1, 2]))
    assert kept.kept == kept.size == 0
    assert kept.hidden(batch).shape == (2 * 12, 32)


def test_too_many_layers_and_shared_layers_are_refused(tmp_path):
    with pytest.raises(ModelError, match=r"adapter\.layers is 4, but the model has 3 layers"):
        classifier_of(tmp_path / "a", "distilbert", "float32", layers=4)
    with pytest.raises(ModelError, match="share their weights"):
        classifier_of(tmp_path / "b", "albert", "float32", layers=1)


def classifier_of(folder, architecture, precision, **adapter):
    return new_classifier(
        find_checkpoint(str(make_checkpoint(architecture, folder / "model"))),
        ("no", "yes"),
        ModelSettings(precision=precision, device="cpu"),
        AdapterSettings(**adapter),
        seed=1,
    )
