"""On a GPU a model gives the logits and gradients that it gives on a CPU, in each precision that it runs in there."""

import pytest
import torch

from classifiers import classifier_of, disturb, logits_and_gradients, random_batch
from encoders import ARCHITECTURES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here"),
]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("pooling", ["first", "mean", "both"])
@pytest.mark.parametrize("model", ARCHITECTURES)
def test_a_gpu_gives_what_a_processor_gives(tiny_checkpoint, model, pooling, precision):
    results = []
    for device, used in (("cpu", "float32"), ("cuda", precision)):
        classifier = classifier_of(tiny_checkpoint(model), precision=used, pooling=pooling, device=device, rank=4)
        disturb(classifier)
        assert classifier.device.type == device
        assert (classifier.packing is None) == (model == "deberta-v2" and device == "cuda")
        results.append(logits_and_gradients(classifier, random_batch(classifier, (5, 128, 1, 33, 64))))
    (expected, gradients), (found, found_gradients) = results
    exact = precision == "float32"
    spread = expected.std()
    assert (found.cpu() - expected).abs().max() <= (1e-4 if exact else 0.05) * spread.clamp_min(0.1)
    for name, gradient in gradients.items():
        difference = (found_gradients[name].cpu() - gradient).norm() / gradient.norm().clamp_min(1e-9)
        assert difference <= (1e-3 if exact else 0.1), (name, float(difference))


@pytest.mark.parametrize("model", ["distilbert", "modernbert", "deberta-v2"])
def test_merged_adapters_predict_what_the_adapters_predict(tiny_checkpoint, model):
    classifier = classifier_of(tiny_checkpoint(model), device="cuda", rank=4)
    disturb(classifier)
    batch = random_batch(classifier)
    with torch.no_grad():
        expected = classifier.logits(batch)
    with classifier.prediction_mode():
        found = classifier.logits(batch)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)
