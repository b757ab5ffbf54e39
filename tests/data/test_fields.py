"""Texts of several columns are read together, in training and ever after, as a tokenizer reads a pair."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from encoders import make_checkpoint, minilm_folder
from tunelet.data import Batch, gather, normalise, read, tokenise
from tunelet.data._encode import _shares
from tunelet.data._fields import join_fields, joined, shown_fields, split_fields
from tunelet.errors import DataError
from tunelet.model import load_tokenizer

ROWS: list[dict[str, Any]] = [
    {"title": "Soup", "body": "It was <b>cold</b>.", "label": "bad"},
    {"title": None, "body": "Warm bread.", "label": "good"},
    {"title": "Tea", "body": "  ", "label": "good"},
    {"title": "", "body": None, "label": "bad"},
]


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return load_tokenizer(minilm_folder())


def test_the_columns_named_are_read_together_in_their_order() -> None:
    reading = read(ROWS, text=["body", "title"])
    assert [split_fields(text) for text in reading.splits["train"].texts] == [
        ["It was cold.", "Soup"], ["Warm bread.", ""], ["", "Tea"]
    ]  # fmt: skip
    assert reading.text_columns == ("body", "title")
    assert reading.text_column.value == "body + title"
    assert reading.label_column is not None
    assert reading.label_column.value == "label"
    assert reading.dropped == {"train": {"empty text": 1}}  # where all columns are


def test_a_list_of_one_column_is_that_column() -> None:
    assert read(ROWS, text=["body"]).splits["train"] == read(ROWS, text="body").splits["train"]


@pytest.mark.parametrize(
    ("names", "known", "expected"),
    [
        (["title", "nothing"], {}, "there is no column 'nothing' for the texts"),
        (["title", "Title"], {}, "named twice"),
        (["title", "label"], {"label": "label"}, "named for the texts and for the labels"),
        (["title"], {"text": ("title", "body")}, "trained on 'title' and 'body', found 1 name"),
        (["title", "body"], {"text": "body"}, "trained on 'body', found 2 names"),
        (None, {"text": ("heading", "body")}, "reads 'heading' and 'body' together, the data has no 'heading'"),
    ],
)
def test_columns_that_cannot_be_read_together_are_refused(names: Any, known: Any, expected: str) -> None:
    with pytest.raises(DataError, match=expected) as caught:
        read(ROWS, text=names, known=known)
    assert caught.value.hint


def test_the_columns_that_a_run_was_trained_on_are_read_together_unasked() -> None:
    assert read(ROWS, labelled=False, known={"text": ("title", "body")}).text_columns == ("title", "body")


def test_copies_meet_whatever_the_columns_and_readers_see_paragraphs() -> None:
    text = join_fields(["Soup", "It was cold."])
    assert normalise(text) == "soup it was cold."
    assert shown_fields(text) == "Soup\n\nIt was cold."
    assert split_fields(join_fields(["a\x1fb", "c"])) == ["a b", "c"]


@pytest.mark.parametrize(
    "item", [("Soup", "cold"), ["Soup", "cold"], {"title": "Soup", "body": "cold", "id": 3}, "Soup\x1fcold"]
)
def test_a_row_may_be_given_in_any_form(item: Any) -> None:
    assert split_fields(joined(item, ("title", "body"), "text 0")) == ["Soup", "cold"]


@pytest.mark.parametrize("item", ["Soup", ("Soup",), {"title": "Soup"}, ("a", "b", "c"), ("a", 3), 5, None])
def test_a_row_without_its_columns_is_refused(item: Any) -> None:
    with pytest.raises(DataError, match=r"text 7: .*'title' and 'body'.*tuple of 2 texts"):
        joined(item, ("title", "body"), "text 7")


def test_two_fields_are_encoded_as_the_tokenizer_encodes_a_pair(tokenizer: Any) -> None:
    pairs = [("A title", "and a body"), ("", "only this"), ("only that", "")]
    tokens = tokenise([join_fields(pair) for pair in pairs], tokenizer, max_length=64, several_fields=True)
    for row, pair in enumerate(pairs):
        expected = {name: found[0] for name, found in tokenizer([pair[0]], [pair[1]]).items()}
        alone = tokens.text(row)
        assert alone.token_ids.tolist() == expected["input_ids"]
        assert alone.first_lengths is not None
        assert alone.first_lengths[0] == len(expected["token_type_ids"]) - sum(expected["token_type_ids"])
    assert tokens.truncated == 0


def test_of_fields_that_are_too_long_together_the_longest_are_cut(tokenizer: Any) -> None:
    text = join_fields(["one two three", " ".join(f"w{n}" for n in range(50)), "x " * 90])
    tokens = tokenise([text], tokenizer, max_length=40, truncation="head", several_fields=True)
    expected = tokenizer("one two three", add_special_tokens=False)["input_ids"]
    assert tokens.lengths.tolist() == [40]
    assert tokens.token_ids[1:4].tolist() == expected
    assert tokens.token_ids.tolist().count(tokenizer.sep_token_id) == 3
    assert tokens.truncated == 1


@pytest.mark.parametrize(
    ("lengths", "room", "shares"), [([3, 4], 10, [3, 4]), ([3, 40], 10, [3, 7]), ([9, 9], 10, [5, 5]), ([], 5, [])]
)
def test_room_goes_to_the_short_first(lengths: list[int], room: int, shares: list[int]) -> None:
    assert _shares(lengths, room) == shares


def test_the_cache_keeps_fields_apart_from_plain_texts(tokenizer: Any, tmp_path: Path) -> None:
    texts = [join_fields(["A title", "and a body"])]
    pair = tokenise(texts, tokenizer, max_length=64, several_fields=True, cache=tmp_path)
    again = tokenise(texts, tokenizer, max_length=64, several_fields=True, cache=tmp_path)
    plain = tokenise(texts, tokenizer, max_length=64, cache=tmp_path)
    assert again.first_lengths is not None
    assert np.array_equal(pair.first_lengths, again.first_lengths)  # type: ignore[arg-type]
    assert plain.first_lengths is None
    assert pair.total == plain.total + 1


@pytest.mark.parametrize("architecture", ["bert", "albert", "roberta", "distilbert"])
@pytest.mark.parametrize("packing", ["packed", "padded"])
def test_a_pair_gets_the_logits_that_plain_transformers_give_it(
    architecture: str, packing: str, tokenizer: Any, tmp_path: Path
) -> None:
    from transformers import AutoModelForSequenceClassification

    from tunelet.checkpoint import find_checkpoint
    from tunelet.model import new_classifier
    from tunelet.recipe import AdapterSettings, ModelSettings

    make_checkpoint(architecture, tmp_path)
    model = ModelSettings(precision="float32", packing=packing, device="cpu")  # type: ignore[arg-type]
    classifier = new_classifier(find_checkpoint(str(tmp_path)), ("a", "b"), model, AdapterSettings(), seed=3)
    pairs = [("A title", "and a body"), ("Another, which is longer", "short"), ("", "x")]
    tokens = tokenise([join_fields(pair) for pair in pairs], tokenizer, max_length=64, several_fields=True)
    batch: Batch = gather(tokens, np.arange(3))
    with torch.no_grad():
        found = classifier.logits(batch)
        plain = classifier.base
        if classifier.packing is not None:
            plain = AutoModelForSequenceClassification.from_pretrained(tmp_path, num_labels=2)
            state = {
                re.sub(r"base_model\.model\.|\.base_layer|\.modules_to_save\.default", "", name): value
                for name, value in classifier.module.state_dict().items()
                if "lora_" not in name and "original_module" not in name
            }
            plain.load_state_dict(state)
        for row, (one, other) in enumerate(pairs):
            encoded = tokenizer(one, other, return_tensors="pt")
            if architecture == "distilbert":  # it knows no segments
                encoded.pop("token_type_ids")
            expected = plain.eval()(**encoded).logits[0]
            assert torch.allclose(found[row], expected, atol=2e-4), (found[row], expected)
