"""Checkpoints that say anything: refused in one line that names the file, before memory or time are spent on them."""

import json
import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tunelet.checkpoint import find_checkpoint
from tunelet.errors import ModelError
from tunelet.model import SequenceClassifier, load_tokenizer, new_classifier
from tunelet.recipe import AdapterSettings, ModelSettings

MIB = 2**20


@pytest.fixture
def folder(tmp_path: Path, tiny_checkpoint: Callable[[str], Path]) -> Path:
    """A tiny BERT to spoil."""
    return Path(shutil.copytree(tiny_checkpoint("bert"), tmp_path / "encoder"))


def load(folder: Path, *, random_weights: bool = False) -> SequenceClassifier:
    checkpoint = find_checkpoint(str(folder), random_weights=random_weights)
    load_tokenizer(checkpoint.path)
    settings = ModelSettings(random_weights=random_weights, packing="padded")
    return new_classifier(checkpoint, ("a", "b"), settings, AdapterSettings(), seed=1)


def refused(folder: Path, *, random_weights: bool = False) -> str:
    with pytest.raises(ModelError) as caught:
        load(folder, random_weights=random_weights)
    line = str(caught.value)
    assert str(folder) in line
    assert caught.value.hint
    assert len(line) < 1000
    return line


def change(file: Path, **values: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


@pytest.mark.parametrize(
    ("values", "clause"),
    [
        ({"num_attention_heads": -2}, "num_attention_heads is -2, expected a whole number from 1"),
        ({"num_attention_heads": 3}, "a hidden size of 32 cannot be shared among 3 heads"),
        ({"num_hidden_layers": 10**9}, "num_hidden_layers is 1000000000, expected"),
        ({"num_hidden_layers": 999}, "they do not belong together"),
        ({"num_hidden_layers": 10**400}, "num_hidden_layers is an integer of more than 60 digits"),
        ({"num_hidden_layers": 5}, "weights of the layers are missing or misshapen"),
        ({"hidden_size": 0}, "hidden_size is 0"),
        ({"hidden_size": 10**9}, "hidden_size is 1000000000"),
        ({"hidden_size": "32"}, "hidden_size is '32', expected a whole number"),
        ({"hidden_size": 32.0}, "hidden_size is 32.0, expected a whole number"),
        ({"hidden_size": True}, "hidden_size is True"),
        ({"hidden_size": [32]}, "hidden_size is [32]"),
        ({"hidden_size": {"a": 1}}, "hidden_size"),
        ({"hidden_size": 64}, "missing or misshapen"),
        ({"intermediate_size": 128}, "missing or misshapen"),
        ({"vocab_size": 100}, "has the id 100; the model's vocabulary has 100"),
        ({"vocab_size": 40_000}, "1 weight of the embeddings is missing or misshapen"),
        ({"vocab_size": 10**8}, "vocab_size is 100000000"),
        ({"vocab_size": None}, "vocab_size"),
        ({"max_position_embeddings": 0}, "max_position_embeddings is 0, expected a whole number from 8"),
        ({"max_position_embeddings": 80}, "1 weight of the embeddings is missing or misshapen"),
        ({"max_position_embeddings": 10**7}, "they do not belong together"),
        ({"type_vocab_size": 0}, "type_vocab_size is 0"),
        ({"pad_token_id": 10**6}, "pad_token_id is 1000000, outside the vocabulary"),
        ({"hidden_dropout_prob": 5}, "hidden_dropout_prob is 5, expected a number from 0 to 1"),
        ({"attention_probs_dropout_prob": float("nan")}, "attention_probs_dropout_prob is nan"),
        ({"classifier_dropout": "x"}, "classifier_dropout"),
        ({"layer_norm_eps": float("inf")}, "layer_norm_eps is inf"),
        ({"num_labels": 10**9}, "num_labels is 1000000000"),
        ({"chunk_size_feed_forward": 10**30}, "chunk_size_feed_forward is 1"),
        ({"task_specific_params": {"deep": [{"er": 1e300}]}}, "er is 1e+300"),
        ({"is_decoder": True}, "expected an encoder"),
        ({"hidden_act": "nope"}, "not an encoder that can be loaded"),
        ({"hidden_act": 5}, "not an encoder that can be loaded (Validation error for field 'hidden_act'"),
        ({"quantization_config": 5}, "not an encoder that can be loaded"),
        ({"dtype": "nope"}, "not an encoder that can be loaded"),
        ({"id2label": [1, 2]}, "not an encoder that can be loaded"),
        ({"auto_map": 5, "model_type": "own"}, "which tunelet never runs"),
        ({"model_type": "nope"}, "not an encoder that can be loaded"),
    ],
)
def test_a_config_that_cannot_be_built_is_refused(folder: Path, values: dict[str, Any], clause: str) -> None:
    change(folder / "config.json", **values)
    assert clause in refused(folder)


@pytest.mark.parametrize(
    "values",
    [
        {"hidden_size": 2**17},
        {"num_hidden_layers": 1000, "hidden_size": 4096},
        {"max_position_embeddings": 10**7, "hidden_size": 1024},
    ],
)
def test_random_weights_have_a_limit(folder: Path, values: dict[str, Any]) -> None:
    change(folder / "config.json", **values)
    assert "random weights may have 2,000,000,000" in refused(folder, random_weights=True)


def test_random_weights_need_a_vocabulary_that_holds_the_tokenizer(folder: Path) -> None:
    change(folder / "config.json", vocab_size=100)
    assert "has the id 100" in refused(folder, random_weights=True)


def test_a_config_decides_nothing_that_is_tunelets_own(folder: Path, tiny_checkpoint: Callable[[str], Path]) -> None:
    change(
        folder / "config.json", return_dict=False, output_hidden_states=True, problem_type="regression", num_labels=7
    )
    config = load(folder).base.config
    assert (config.return_dict, config.output_hidden_states, config.num_labels) == (True, False, 2)
    assert config.problem_type == "single_label_classification"


@pytest.mark.parametrize(
    ("place", "value", "clause"),
    [
        (("model", "vocab", "film"), 4 * 10**9, "has the id 4,000,000,000; the model's vocabulary has 30,522"),
        (("model", "vocab", "film"), 30_522, "has the id 30,522; the model's vocabulary has 30,522"),
        (("model", "vocab", "film"), -1, "an id is no whole number from 0 on: -1"),
        (("model", "vocab", "film"), "7", "an id is no whole number"),
        (("model", "vocab", "film"), 1.5, "an id is no whole number"),
        (("added_tokens", 0, "id"), 4 * 10**9, "has the id 4,000,000,000"),
        (("added_tokens",), 5, "no usable tokenizer"),
        (("model", "vocab", "[UNK]"), None, "no usable tokenizer"),
        (("model", "type"), "Nope", "no usable tokenizer"),
        (("model", "vocab"), [["a", 1.0]], "no usable tokenizer"),
        (("model",), 5, "no usable tokenizer"),
    ],
)
def test_a_tokenizer_that_cannot_be_used_is_refused(
    folder: Path, place: tuple[Any, ...], value: Any, clause: str
) -> None:
    content = json.loads((folder / "tokenizer.json").read_text())
    inner = content
    for key in place[:-1]:
        inner = inner[key]
    if value is None:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    (folder / "tokenizer.json").write_text(json.dumps(content))
    assert clause in refused(folder)


def test_a_vocabulary_of_lines_longer_than_the_embeddings_is_refused(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    with (folder / "vocab.txt").open("a") as file:
        file.write("one\nmore\n")
    assert "vocab.txt has the id 30,523; the model's vocabulary has 30,522" in refused(folder)


def test_a_tokenizer_alone_has_a_limit_too(folder: Path, tmp_path: Path) -> None:
    content = json.loads((folder / "tokenizer.json").read_text())
    content["model"]["vocab"]["film"] = 4 * 10**9
    (tmp_path / "alone").mkdir()
    (tmp_path / "alone" / "tokenizer.json").write_text(json.dumps(content))
    with pytest.raises(ModelError, match="has the id 4,000,000,000; 10,000,000 ids at most"):
        load_tokenizer(tmp_path / "alone")


def test_ids_beyond_the_embeddings_never_reach_the_model(folder: Path) -> None:
    import numpy as np

    from tunelet.data import Batch

    classifier = load(folder)
    batch = Batch(token_ids=np.array([101, 30_522, 102], dtype=np.int32), lengths=(3,), rows=np.array([0]))
    with pytest.raises(ModelError, match="the tokenizer gives the id 30,522, the model's vocabulary has 30,522"):
        classifier.logits(batch)


FILES = ("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt", "model.safetensors")


@pytest.mark.parametrize("name", [*FILES, "special_tokens_map.json", "generation_config.json"])
@pytest.mark.parametrize("kind", ["a device", "a pipe or a socket", "a folder", "nothing"])
def test_what_stands_in_place_of_a_file_is_not_opened(folder: Path, name: str, kind: str) -> None:
    path = folder / name
    path.unlink(missing_ok=True)
    if kind == "a device":
        path.symlink_to("/dev/zero")
    elif kind == "a folder":
        path.mkdir()
    elif kind == "nothing":
        path.symlink_to("/nowhere")
    else:
        os.mkfifo(path)
    expected = "cannot be read" if kind == "nothing" else f"expected a file, found {kind}"
    assert f"{path}: {expected}" in refused(folder)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"])
@pytest.mark.parametrize(
    "content",
    [b"", b"[1]", b'{"a":' * 100_000, b'{"model_type": "bert", "a": ' + b"9" * 5000 + b"}", b"\0" * 100, b"\xff\xfe{"],
    ids=["empty", "a list", "deep", "digits", "NUL", "UTF-16"],
)
def test_json_that_is_none_is_one_line(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    refused(folder)


def test_a_file_beyond_the_limit_is_not_read(folder: Path) -> None:
    for name in ("vocab.txt", "tokenizer.json", "config.json"):  # as they are looked at, the last first
        with (folder / name).open("r+b") as file:
            file.truncate(65 * MIB)  # sparse: it takes no room
        assert f"{folder / name}: expected at most 64.0 MiB" in refused(folder)


def entry(dtype: str, shape: list[Any], places: list[Any]) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": places}


@pytest.mark.parametrize(
    ("header", "clause"),
    [
        ({"a": entry("F32", [1], [-4, 0])}, "the entry of 'a' in its header is not readable"),
        ({"a": entry("F32", [1], [0, 4]), "b": entry("F32", [1], [0, 4])}, "'b' begins at 0, expected 4"),
        ({"a": entry("F32", [1], [4, 8])}, "'a' begins at 4, expected 0"),
        ({"a": entry("F32", [10**18], [0, 4 * 10**18])}, "truncated"),
        ({"a": entry("F32", [2**62, 2**62], [0, 8])}, "do not fit together"),
        ({"a": entry("F32", [-1, -1], [0, 4])}, "not readable"),
        ({"a": entry("F32", [1.5], [0, 6])}, "not readable"),
        ({"a": entry("F32", [2], [0, 4])}, "do not fit together"),
        ({"a": entry("F32", [1], [8, 4])}, "do not fit together"),
        ({"a": entry("F31", [1], [0, 4])}, "not readable"),
        ({"a": 5}, "not readable"),
        ({"a": entry("F32", [1] * 100_000, [0, 4])}, "not readable"),
        (b'{"a": 1, "a": 1}', "the same key stands there twice"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too many digits"),
        ({}, "they do not belong together"),
    ],
    ids=range(16),
)
def test_a_header_that_contradicts_itself_is_refused(folder: Path, header: Any, clause: str) -> None:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    held = (
        max((0, *(item["data_offsets"][1] for item in header.values() if item != 5))) if isinstance(header, dict) else 0
    )
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + bytes(min(held, 8)))
    assert clause in refused(folder)


def test_an_encoder_that_reads_no_text_of_any_length_is_refused(
    tmp_path: Path, tiny_checkpoint: Callable[[str], Path]
) -> None:
    folder = Path(shutil.copytree(tiny_checkpoint("roberta"), tmp_path / "encoder"))
    (folder / "model.safetensors").unlink()
    change(folder / "config.json", max_position_embeddings=8, pad_token_id=1)  # whose positions begin after the padding
    with pytest.raises(ModelError, match="the encoder reads 6 tokens of a text, expected 8 or more"):
        load(folder, random_weights=True)
