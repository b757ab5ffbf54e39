"""A linear head on the first token, the mean or both: packed as padded, saved as trained, loaded without tunelet."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from classifiers import NAMES, classifier_of, disturb, logits_and_gradients, random_batch
from encoders import ARCHITECTURES, minilm_folder
from tunelet.checkpoint import find_checkpoint
from tunelet.data import evaluation_batches, gather, tokenise
from tunelet.model import load_tokenizer, saved_classifier
from tunelet.model._plain import refer_to_base
from tunelet.recipe import ModelSettings

pytestmark = pytest.mark.slow

POOLINGS = ("first", "mean", "both")
METHODS = {
    "lora": {"targets": "all-linear", "rank": 4},
    "top layer": {"targets": "all-linear", "rank": 4, "layers": 1},
    "head": {"method": "head"},
    "full": {"method": "full"},
    "lower layers": {"targets": "all-linear", "rank": 4, "model_layers": 2},
    "lower layers in full": {"method": "full", "model_layers": 2},
}
TEXTS = ("a film", "The queue was long, and nobody at the counter knew why!", "no", "fine words, and many of them " * 4)
TOLERANCE = 1e-5


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_packed_and_padded_agree(tiny_checkpoint, architecture, pooling):
    results = []
    for packing in ("auto", "padded"):
        classifier = classifier_of(tiny_checkpoint(architecture), packing, pooling=pooling, **METHODS["lora"])
        disturb(classifier)
        assert (classifier.packing is None) == (packing == "padded")
        assert classifier.head.weight.shape == (3, 32 * (2 if pooling == "both" else 1))
        batch = random_batch(classifier)
        results.append((*logits_and_gradients(classifier, batch), classifier.vectors(batch)))
    (packed, packed_gradients, packed_vectors), (padded, padded_gradients, padded_vectors) = results
    assert packed.std() > 1e-3  # logits that say something
    torch.testing.assert_close(packed, padded, rtol=0, atol=1e-5)
    torch.testing.assert_close(packed_vectors, padded_vectors, rtol=0, atol=1e-5)
    assert packed_gradients.keys() == padded_gradients.keys()
    assert any("lora_" in name for name in packed_gradients)
    for name, gradient in padded_gradients.items():
        difference = (packed_gradients[name] - gradient).norm() / gradient.norm().clamp_min(1e-12)
        assert difference <= 1e-4, name


@pytest.mark.parametrize("pooling", POOLINGS)
def test_the_head_reads_what_the_backbone_of_transformers_gives(tiny_checkpoint, pooling):
    from transformers import AutoModel

    classifier = classifier_of(tiny_checkpoint("bert"), pooling=pooling)
    batch = random_batch(classifier)
    plain = AutoModel.from_pretrained(tiny_checkpoint("bert"), dtype=torch.float32).eval()
    with torch.no_grad():
        ids = torch.from_numpy(batch.token_ids).split(list(batch.lengths))
        hidden = [plain(input_ids=text.unsqueeze(0)).last_hidden_state[0] for text in ids]
    firsts, means = (torch.stack(each) for each in zip(*((text[0], text.mean(dim=0)) for text in hidden), strict=True))
    expected = {"first": firsts, "mean": means, "both": torch.cat([firsts, means], dim=1)}[pooling]
    torch.testing.assert_close(classifier.vectors(batch), expected, rtol=0, atol=1e-5)
    weights = classifier.head
    torch.testing.assert_close(
        classifier.logits(batch).detach(), expected @ weights.weight.T + weights.bias, rtol=0, atol=1e-5
    )


def methods_of(architecture: str) -> list[str]:
    return [name for name in METHODS if (architecture, name) != ("albert", "top layer")]  # it has one layer, shared


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_what_was_kept_of_frozen_layers_goes_on_to_the_same_logits(tiny_checkpoint, architecture, pooling):
    for method in {"top layer", "head"} & set(methods_of(architecture)):
        classifier = classifier_of(tiny_checkpoint(architecture), pooling=pooling, **METHODS[method])
        disturb(classifier)
        if not classifier.frozen_layers:  # no kernels for this architecture: nothing is kept
            assert classifier.fused is None
            continue
        batch = random_batch(classifier)
        captured = classifier.frozen_forward(batch)
        rows, width, dtype = classifier.frozen_shape(np.array(batch.lengths))
        assert (captured.shape, captured.dtype) == ((rows.sum(), width), dtype)
        torch.testing.assert_close(classifier.logits(batch, captured), classifier.logits(batch), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("architecture", "method", "pooling"),
    [(name, method, "mean") for name in ARCHITECTURES for method in methods_of(name)]
    + [("bert", method, pooling) for method in METHODS for pooling in ("first", "both")],
)
def test_what_was_saved_predicts_the_same_bits(tiny_checkpoint, tmp_path, architecture, method, pooling):
    folder = tiny_checkpoint(architecture)
    classifier = classifier_of(folder, pooling=pooling, **METHODS[method])
    disturb(classifier)
    classifier.save(tmp_path)
    again = saved_classifier(
        find_checkpoint(str(folder)), tmp_path, NAMES,
        ModelSettings(precision="float32", device="cpu", layers=METHODS[method].get("model_layers", 0)),
        classifier.method, seed=3, pooling=pooling,
    )  # fmt: skip
    batch = random_batch(classifier)
    with classifier.prediction_mode():
        trained = classifier.logits(batch)
    with again.prediction_mode():
        assert torch.equal(again.logits(batch), trained)
    assert not again.trained_parameters()


def test_the_layers_with_an_adapter_are_the_ones_that_are_saved(tiny_checkpoint, tmp_path):
    classifier = classifier_of(tiny_checkpoint("bert"), pooling="mean", **METHODS["top layer"])
    classifier.save(tmp_path)
    targets = json.loads((tmp_path / "adapter_config.json").read_text())["target_modules"]
    assert targets
    assert all("layer.2." in name for name in targets)


@pytest.fixture(scope="module")
def saved(tiny_checkpoint, tmp_path_factory) -> dict[str, tuple[Path, Path, torch.Tensor, torch.Tensor]]:
    """Name to the folder that was saved, its base, and the logits and vectors of the texts that were to be had."""
    cases = [(name, "mean", "lora") for name in ARCHITECTURES]
    cases += [("bert", pooling, method) for method in METHODS for pooling in POOLINGS]
    cases += [("distilbert", "mean", method) for method in METHODS]
    made = {}
    for architecture, pooling, method in dict.fromkeys(cases):
        base = tiny_checkpoint(architecture)
        classifier = classifier_of(base, pooling=pooling, **METHODS[method])
        disturb(classifier)
        name = f"{architecture}-{pooling}-{method}"
        place = tmp_path_factory.mktemp("saved") / name
        classifier.save(place)
        tokenizer = load_tokenizer(base)
        tokenizer.save_pretrained(place)
        if is_adapter(place):
            refer_to_base(place, base)  # as in a run folder
        tokens = tokenise(TEXTS, tokenizer, max_length=classifier.max_length)
        (rows,) = evaluation_batches(tokens.lengths, token_budget=10_000)
        batch, order = gather(tokens, rows), np.argsort(rows)
        with classifier.prediction_mode():
            made[name] = place, base, classifier.logits(batch)[order], classifier.vectors(batch)[order]
    whole = made["bert-mean-lora"]
    pushed = shutil.copytree(whole[0], whole[0].with_name("pushed"))
    for name in ("config.json", "model.safetensors.index.json"):  # a folder on the Hub names its base alone
        (pushed / name).unlink()
    return made | {"bert-mean-pushed": (pushed, *whole[1:])}


@pytest.fixture(scope="module")
def loaded_plainly(saved, tmp_path_factory) -> dict[str, dict[str, list[list[float]]]]:
    """What Sentence Transformers and PEFT make of the texts, in one process that has no tunelet."""
    folder = tmp_path_factory.mktemp("plainly")
    task = {
        "texts": TEXTS,
        "folders": [str(place) for place, *_ in saved.values()],
        "backbones": {str(place): str(base) for place, base, *_ in saved.values() if is_adapter(place)},
        "out": str(folder / "out.json"),
    }
    (folder / "task.json").write_text(json.dumps(task))
    script = Path(__file__).parents[1] / "support" / "plain_loading.py"
    done = subprocess.run([sys.executable, script, folder / "task.json"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "out.json").read_text())


def is_adapter(place: Path) -> bool:
    return (place / "adapter_config.json").exists()


def test_sentence_transformers_alone_gives_the_same_probabilities(saved, loaded_plainly):
    assert len(saved) == len(loaded_plainly["logits"]) >= 20
    for name, (place, _, logits, _) in saved.items():
        theirs = torch.tensor(loaded_plainly["logits"][str(place)]).softmax(dim=1)
        ours = logits.softmax(dim=1)
        assert ours.std() > 1e-3, name
        torch.testing.assert_close(theirs, ours, rtol=0, atol=TOLERANCE, msg=name)


def test_peft_alone_loads_the_adapter_of_the_backbone(saved, loaded_plainly):
    adapters = {name: entry for name, entry in saved.items() if is_adapter(entry[0]) and "-mean-" in name}
    adapters = {name: entry for name, entry in adapters.items() if "lower" not in name}  # read after the last layer
    assert len(adapters) >= len(ARCHITECTURES)
    for name, (place, _, _, vectors) in adapters.items():
        theirs = torch.tensor(loaded_plainly["means"][str(place)])
        torch.testing.assert_close(theirs, vectors, rtol=0, atol=TOLERANCE, msg=name)


def test_the_folder_names_its_labels_and_holds_no_pickle(saved):
    for name, (place, *_) in saved.items():
        if name == "bert-mean-pushed":
            continue
        assert json.loads((place / "config.json").read_text())["id2label"] == {"0": "awful", "1": "fine", "2": "great"}
        assert not [*place.rglob("*.bin"), *place.rglob("*.pt")]


def test_minilm_is_read_by_the_mean_through_the_kernels():
    classifier = classifier_of(minilm_folder(), pooling="mean", targets="all-linear")
    assert classifier.fused is not None
    assert classifier.fused.pooling == "mean"
