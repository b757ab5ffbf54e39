"""Windows of a text go through the model packed with all others, and give what each gives by itself, padded, pooled."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from classifiers import NAMES, classifier_of, disturb
from tunelet.checkpoint import find_checkpoint
from tunelet.data import Batch
from tunelet.errors import ModelError
from tunelet.model import embedded_texts, saved_classifier
from tunelet.recipe import ModelSettings

pytestmark = pytest.mark.slow
POOLINGS = ("mean", "max", "learned")
LENGTHS = (5, 40, 40, 39, 1, 33, 64)
WINDOWS = (1, 3, 1, 2)


def batch_of(classifier) -> Batch:
    ids = np.random.default_rng(0).integers(1000, classifier.base.config.vocab_size, sum(LENGTHS))
    return Batch(ids.astype(np.int64), LENGTHS, np.arange(len(WINDOWS)), windows=WINDOWS)


def loss_of(logits: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(logits, torch.arange(len(WINDOWS)) % 3)


def gradients_of(classifier) -> dict[str, torch.Tensor]:
    gradients = {name: parameter.grad for name, parameter in classifier.trained_parameters().items()}
    assert all(gradient is not None for gradient in gradients.values())
    for parameter in classifier.trained_parameters().values():
        parameter.grad = None
    return gradients


def one_by_one(classifier, batch: Batch, pooling: str) -> torch.Tensor:
    """Each window alone through the plain model, one row without padding; pooled as the definition says."""
    pieces = torch.from_numpy(batch.token_ids).split(list(batch.lengths))
    rows = [
        classifier.module(input_ids=ids[None], attention_mask=torch.ones(1, len(ids), dtype=torch.int64)).logits
        for ids in pieces
    ]
    texts = torch.cat(rows).float().split(list(WINDOWS))
    if pooling == "mean":
        return torch.stack([text.sum(dim=0) / len(text) for text in texts])
    if pooling == "max":
        return torch.stack([text.max(dim=0).values for text in texts])
    sharpness = dict(classifier.windows.named_parameters())["log_sharpness"].exp()
    return torch.stack([(sharpness * text).exp().mean(dim=0).log() / sharpness for text in texts])


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize(
    ("architecture", "head"), [("distilbert", None), ("bert", "mean"), ("modernbert", "mean"), ("deberta-v2", "mean")]
)
def test_values_and_gradients_are_those_of_each_window_alone(tiny_checkpoint, architecture, pooling, head):
    def made(packing: str):
        classifier = classifier_of(
            tiny_checkpoint(architecture), packing, pooling=head, window_pooling=pooling, targets="all-linear", rank=4
        )
        disturb(classifier)
        return classifier

    plain, ours = made("padded"), made("auto")
    batch = batch_of(ours)
    expected = one_by_one(plain, batch, pooling)
    loss_of(expected).backward()
    theirs = gradients_of(plain)
    for classifier in (ours, made("padded")):
        logits = classifier.logits(batch)
        loss_of(logits).backward()
        torch.testing.assert_close(logits, expected, rtol=0, atol=1e-5)
        found = gradients_of(classifier)
        assert found.keys() == theirs.keys()
        assert ("windows.log_sharpness" in found) == (pooling == "learned")
        for name, gradient in theirs.items():
            least = 1e-3 if name.startswith("windows.") else 1e-12  # of one number, which may be all rounding
            assert (found[name] - gradient).norm() <= 1e-4 * gradient.norm().clamp_min(least), name


@pytest.mark.parametrize("method", ["lora", "head"])
def test_what_frozen_layers_make_of_windows_is_kept_for_each(tiny_checkpoint, method):
    adapter = {"method": "head"} if method == "head" else {"targets": "all-linear", "rank": 4, "layers": 1}
    classifier = classifier_of(tiny_checkpoint("bert"), pooling="mean", **adapter)
    disturb(classifier)
    batch = batch_of(classifier)
    captured = classifier.frozen_forward(batch)
    of_texts = np.array([sum(LENGTHS[:1]), sum(LENGTHS[1:4]), LENGTHS[4], sum(LENGTHS[5:])])
    rows, width, dtype = classifier.frozen_shape(of_texts, np.array(WINDOWS))
    assert len(rows) == len(WINDOWS)
    assert (captured.shape, captured.dtype) == ((rows.sum(), width), dtype)
    torch.testing.assert_close(classifier.logits(batch, captured), classifier.logits(batch), rtol=0, atol=1e-6)


def test_the_vectors_that_a_probe_is_solved_on_give_the_mean_of_the_logits(tiny_checkpoint):
    classifier = classifier_of(tiny_checkpoint("bert"), pooling="mean", method="head")
    disturb(classifier)
    batch = batch_of(classifier)
    head = classifier.head
    with torch.no_grad():
        from_vectors = classifier.vectors(batch) @ head.weight.T + head.bias
        torch.testing.assert_close(classifier.logits(batch), from_vectors, rtol=0, atol=1e-5)
    assert torch.equal(classifier.vectors_by_layer(batch)[-1], classifier.vectors(batch))


def test_texts_of_one_window_have_the_bits_that_they_have_without_windows(tiny_checkpoint):
    for pooling in POOLINGS:
        classifier = classifier_of(tiny_checkpoint("bert"), pooling="mean", window_pooling=pooling)
        disturb(classifier)
        batch = batch_of(classifier)
        texts = Batch(batch.token_ids, LENGTHS, np.arange(len(LENGTHS)), windows=(1,) * len(LENGTHS))
        plain = Batch(batch.token_ids, LENGTHS, np.arange(len(LENGTHS)))
        assert torch.equal(classifier.logits(texts), classifier.logits(plain))


@pytest.mark.parametrize("method", ["lora", "full"])
def test_what_is_learned_is_saved_and_loaded(tiny_checkpoint, tmp_path, method):
    folder = tiny_checkpoint("bert")
    adapter = {"targets": "all-linear"} if method == "lora" else {"method": "full"}
    classifier = classifier_of(folder, pooling="mean", window_pooling="learned", **adapter)
    disturb(classifier)
    assert classifier.is_head("windows.log_sharpness")
    classifier.save(tmp_path)
    settings = ModelSettings(precision="float32", device="cpu", window_pooling="learned")

    def load():
        checkpoint = find_checkpoint(str(folder))
        return saved_classifier(checkpoint, tmp_path, NAMES, settings, method, seed=3, pooling="mean")

    again = load()
    batch = batch_of(classifier)
    with classifier.prediction_mode(), torch.no_grad():
        trained = classifier.logits(batch)
    with again.prediction_mode():
        assert torch.equal(again.logits(batch), trained)
    assert not again.trained_parameters()
    (tmp_path / "windows.safetensors").unlink()
    with pytest.raises(ModelError, match="no pooling of windows"):
        load()


@pytest.mark.parametrize("packing", ["auto", "padded"])
@pytest.mark.parametrize("pooling", ["mean", "learned"])
def test_a_text_in_windows_can_be_changed_from_its_embeddings_on(tiny_checkpoint, pooling, packing):
    classifier = classifier_of(tiny_checkpoint("bert"), packing, pooling="mean", window_pooling=pooling)
    disturb(classifier)
    lengths = (40, 39, 39)
    ids = np.random.default_rng(1).integers(1000, 30_000, sum(lengths))
    expected = classifier.logits(Batch(ids, lengths, np.zeros(1, dtype=np.int64), windows=(3,)))
    with embedded_texts(classifier, ids, windows=lengths) as copies:
        embeddings = copies.embeddings()
        logits = copies.logits(torch.stack([embeddings, 0.5 * embeddings]))
    assert logits.shape == (2, 3)
    torch.testing.assert_close(logits[:1], expected, rtol=0, atol=1e-5)
    assert (logits[1] - logits[0]).abs().max() > 1e-3
