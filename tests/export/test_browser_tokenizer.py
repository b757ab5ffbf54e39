"""Where the page's tokenizer differs from the model's, that is known, and parts that it does not know are refused."""

import base64
import io
import json

import pytest
import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Tokenizer

from encoders import minilm_folder
from tunelet.errors import ExportError
from tunelet.export._browser_tokenizer import unlike

WORDPIECE = json.loads((minilm_folder() / "tokenizer.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def charsmap() -> str:
    """The map of characters that SentencePiece puts into its models by default."""
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["warm rye loaf", "cold and soggy"] * 20), model_writer=made, vocab_size=30,
        hard_vocab_limit=False, minloglevel=3,
    )  # fmt: skip
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(made.getvalue())
    return base64.b64encode(model.normalizer_spec.precompiled_charsmap).decode()


def test_a_tokenizer_of_word_pieces_is_read_alike():
    assert unlike(WORDPIECE) == ""


def test_characters_that_a_map_treats_in_its_own_way_are_found(charsmap):
    by_map = {"type": "Precompiled", "precompiled_charsmap": charsmap}
    normalizer = {"type": "Sequence", "normalizers": [{"type": "Lowercase"}, by_map]}
    found = unlike(WORDPIECE | {"normalizer": normalizer})
    assert "\u200d" in found  # the joiner of emoji, of which the page's tokenizer makes a blank
    assert not set(found) & set("abcxyzäöüé .,!?🙂日本語")
    tokenizer = Tokenizer.from_str(json.dumps(WORDPIECE | {"normalizer": normalizer}))
    assert tokenizer.normalizer.normalize_str("\u200d") != " "


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("model", {"type": "WordLevel"}),
        ("pre_tokenizer", {"type": "Sequence", "pretokenizers": [{"type": "UnicodeScripts"}]}),
        ("pre_tokenizer", {"type": "Split", "behavior": "MergedWithNext"}),
        ("normalizer", {"type": "Nmt"}),
    ],
)
def test_what_the_page_does_not_know_is_refused(part, content):
    with pytest.raises(ExportError, match="cannot read texts as this model does") as refused:
        unlike(WORDPIECE | {part: content})
    assert "to='onnx'" in refused.value.hint
