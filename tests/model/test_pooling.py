"""What the head reads of a text: as the recipe says, as the checkpoint says of itself, or as it is measured."""

import json
import os
import re
import shutil

import pytest
from safetensors.torch import load_file, save_file

from tunelet.checkpoint import find_checkpoint
from tunelet.data import prepare, read
from tunelet.experiment import choose_head
from tunelet.model import declared_pooling, head_pooling, load_tokenizer
from tunelet.recipe import Recipe, with_settings

OLD = {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": False, "pooling_mode_max_tokens": False}


@pytest.fixture
def folder(tiny_checkpoint, tmp_path):
    return shutil.copytree(tiny_checkpoint("bert"), tmp_path / "checkpoint")


def declared(folder, pooling=None, **config):
    """What a checkpoint with this 1_Pooling/config.json says, and with these entries in its config."""
    if pooling is not None:
        (folder / "1_Pooling").mkdir()
        content = pooling if isinstance(pooling, bytes) else json.dumps(pooling).encode()
        (folder / "1_Pooling" / "config.json").write_bytes(content)
    before = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(before | config))
    found = declared_pooling(find_checkpoint(str(folder)))
    return None if found is None else (found.value, found.reason)


@pytest.mark.parametrize(
    ("said", "pooling"),
    [
        (OLD | {"pooling_mode_mean_tokens": True}, "mean"),
        (OLD | {"pooling_mode_cls_token": True}, "first"),
        ({"word_embedding_dimension": 32, "pooling_mode": "mean"}, "mean"),
        ({"word_embedding_dimension": 32, "pooling_mode": "cls"}, "first"),
        ({"pooling_mode": ["mean"]}, "mean"),
    ],
    ids=["old mean", "old first", "new mean", "new first", "a list of one"],
)
def test_a_sentence_transformers_folder_says_its_pooling_in_either_spelling(folder, said, pooling):
    value, reason = declared(folder, said)
    assert value == pooling
    assert "1_Pooling/config.json" in reason


@pytest.mark.parametrize(("said", "pooling"), [("mean", "mean"), ("cls", "first")])
def test_a_config_with_classifier_pooling_says_it(folder, said, pooling):
    value, reason = declared(folder, classifier_pooling=said)
    assert value == pooling
    assert "classifier_pooling" in reason


def test_sentence_transformers_words_win_over_the_config(folder):
    assert declared(folder, {"pooling_mode": "mean"}, classifier_pooling="cls")[0] == "mean"


@pytest.mark.parametrize(
    "said",
    [
        OLD | {"pooling_mode_max_tokens": True},
        OLD | {"pooling_mode_max_tokens": True, "pooling_mode_mean_tokens": True},
        OLD | {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True},
        OLD | {"pooling_mode_cls_token": True, "pooling_mode_lasttoken": True},
        OLD,
        {"pooling_mode": "max"},
        {"pooling_mode": ["cls", "mean"]},
        {"pooling_mode": "lasttoken", "pooling_mode_mean_tokens": True},
    ],
    ids=str,
)
def test_a_pooling_that_is_neither_first_nor_mean_says_nothing(folder, said):
    assert declared(folder, said) is None


@pytest.mark.parametrize(
    "said",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe{}", b'{"pooling_mode": {"mean": true}}', b'{"pooling_mode": 1}',
        b'{"pooling_mode_mean_tokens": "yes"}', b'{"pooling_mode_mean_tokens": 1}', b"[" * 100_000, b"\0" * 9_000_000,
    ],
    ids=lambda said: str(said[:34]),
)  # fmt: skip
def test_an_odd_file_of_poolings_says_nothing(folder, said):
    assert declared(folder, said) is None


@pytest.mark.parametrize("odd", ["pipe", "folder", "link to nowhere", "device", "file for the folder"])
def test_what_is_no_file_says_nothing_and_keeps_nobody_waiting(folder, odd):
    place = folder / "1_Pooling" / "config.json"
    if odd == "file for the folder":
        place.parent.write_text("{}")
    else:
        place.parent.mkdir()
    if odd == "pipe":
        os.mkfifo(place)
    elif odd == "folder":
        place.mkdir()
    elif odd == "link to nowhere":
        place.symlink_to("nowhere")
    elif odd == "device":
        place.symlink_to("/dev/zero")
    assert declared(folder) is None


@pytest.mark.parametrize(
    ("changes", "pooling"),
    [
        ({"training.probe": False}, None),
        ({"training.probe": False, "model.pooling": "mean"}, "mean"),
        ({}, "first"),
        ({"training.probe": False, "adapter.method": "head"}, "first"),
        ({"adapter.method": "full", "model.pooling": "mean"}, "mean"),
    ],
    ids=str,
)
def test_the_architectures_own_head_reads_the_first_token_where_nothing_is_solved(changes, pooling):
    assert head_pooling(with_settings(Recipe(), {"model.pooling": "first"} | changes)) == pooling


def test_where_nothing_is_said_cross_validation_on_training_texts_decides(folder):
    """In this encoder no token sees another: the first, which is the same in all texts, tells nothing of them."""
    weights = load_file(folder / "model.safetensors")
    cut = {name: value * 0 if "attention.output.dense" in name else value for name, value in weights.items()}
    save_file(cut, folder / "model.safetensors", metadata={"format": "pt"})
    checkpoint = find_checkpoint(str(folder))
    assert declared_pooling(checkpoint) is None
    words = {"good": "a joy", "bad": "a pain"}
    rows = [(f"{words[label]} to see, number {n}", label) for n in range(40) for label in words]
    prepared = prepare(read(rows), limit=None, balanced=False, validation_size=0.2, drop_duplicates=True, seed=1)
    recipe = with_settings(Recipe(), {"model.device": "cpu", "model.precision": "float32"})
    found = choose_head(checkpoint, prepared, recipe, load_tokenizer(folder), several=False)
    assert found.pooling.value == "mean"
    mean, first = (float(number) for number in re.findall(r"0\.\d{3}", found.pooling.reason))
    assert mean < 0.2 < 0.65 < first < 0.75
    assert found.layers.reason
