"""Of a very long text only its ends are tokenised, and the kept tokens are those that the whole text would give."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from encoders import minilm_folder
from tunelet.data import read, tokenise
from tunelet.data._encode import _WIDEST
from tunelet.model import load_tokenizer

pytestmark = pytest.mark.slow

REVIEWS = read("sample").splits["train"].texts
CUTS = ("head", "tail", "head+tail")


def trained(model: Any, trainer: Any, before: Any, special: list[str]) -> PreTrainedTokenizerFast:
    """A tokenizer of another kind, trained on the sample."""
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer, tokenizer.decoder = before, decoders.ByteLevel()
    tokenizer.train_from_iterator(REVIEWS[:150], trainer(vocab_size=600, special_tokens=special, show_progress=False))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token=special[0] if special else None)


@pytest.fixture(scope="module", params=["WordPiece", "byte-level BPE", "Unigram"])
def tokenizer(request: pytest.FixtureRequest) -> Any:
    if request.param == "WordPiece":
        return load_tokenizer(minilm_folder())
    if request.param == "byte-level BPE":
        return trained(models.BPE(), trainers.BpeTrainer, pre_tokenizers.ByteLevel(add_prefix_space=False), [])

    def unigram(**arguments: Any) -> trainers.UnigramTrainer:
        return trainers.UnigramTrainer(unk_token="<unk>", **arguments)

    before = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    return trained(models.Unigram(), unigram, before, ["<unk>"])


def whole(text: str, tokenizer: Any, length: int, cut: str) -> list[int]:
    """The same from all tokens of the text."""
    bare = tokenizer("a", add_special_tokens=False)["input_ids"]
    full = tokenizer("a")["input_ids"]
    before = full.index(bare[0])
    prefix, suffix = full[:before], full[before + len(bare) :]
    ids = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    room = length - len(prefix) - len(suffix)
    if len(ids) > room:
        head = {"head": room, "tail": 0, "head+tail": room // 4}[cut]
        ids = ids[:head] + ids[len(ids) - (room - head) :]
    return [*prefix, *ids, *suffix]


PIECES = st.sampled_from(
    [
        "word ", "another, longer ", "\n\n", "  ", "\t", "don't", "3.14", "(so-called)", "naïve ", "映画を見た", "👩‍💻",
        "e\u0301", "\u00a0", "supercalifragilistic " * 3, "x" * 120 + " ", "…", "\u3000", "שלום ",
    ]
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(PIECES, st.integers(1, 60)), min_size=5, max_size=40),
    st.integers(8, 24),
    st.sampled_from(CUTS),
)
@example([("word ", 3), ("\n\n", 7), ("x" * 120 + " ", 2)], 8, "head")  # what 128 characters hold of a word is known
@example([("x" * 120 + " ", 2), ("\n\n", 7), ("word ", 200)], 8, "head")
def test_ends_give_the_tokens_of_the_whole(tokenizer: Any, pieces: Any, length: int, cut: Any) -> None:
    text = "".join(piece * times for piece, times in pieces)
    found = tokenise([text], tokenizer, max_length=length, truncation=cut)
    assert found.token_ids.tolist() == whole(text, tokenizer, length, cut)


@pytest.mark.parametrize("cut", CUTS)
def test_real_reviews_in_one_cell_give_the_tokens_of_the_whole(tokenizer: Any, cut: Any) -> None:
    texts = [" ".join(REVIEWS[start : start + size]) for start, size in ((0, 1), (3, 30), (50, 90), (200, 300))]
    found = tokenise(texts, tokenizer, max_length=48, truncation=cut)
    for row, text in enumerate(texts):
        assert found.text(row).token_ids.tolist() == whole(text, tokenizer, 48, cut)
    assert found.truncated == len(texts)


class Counting:
    """A tokenizer that counts the characters that it is given."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer, self.most, self.all = tokenizer, 0, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tokenizer, name)

    def __call__(self, texts: Any, *args: Any, **options: Any) -> Any:
        listed = [texts] if isinstance(texts, str) else texts
        self.most = max(self.most, sum(map(len, listed)))
        self.all += sum(map(len, listed))
        return self._tokenizer(texts, *args, **options)


@pytest.mark.parametrize("text", ["a film that I saw ", "\n", "x", "映画"], ids=["prose", "blank", "word", "no spaces"])
def test_a_huge_cell_is_not_tokenised_whole(text: str) -> None:
    counting: Any = Counting(load_tokenizer(minilm_folder()))
    tokenise([text * (20 * _WIDEST // len(text))], counting, max_length=128)
    assert counting.most <= 2 * _WIDEST
    assert counting.all <= 4 * _WIDEST


def test_many_long_texts_are_tokenised_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tunelet.data._encode._CHUNK_CHARACTERS", 10_000)
    counting: Any = Counting(load_tokenizer(minilm_folder()))
    tokens = tokenise(["a long word " * 300] * 20, counting, max_length=512)
    assert len(tokens) == 20
    assert counting.most <= 10_000


def test_what_a_tokenizer_does_not_know_is_counted(tmp_path: Path) -> None:
    tokenizer = load_tokenizer(minilm_folder())
    for _ in range(2):  # made, and from the cache
        tokens = tokenise(["a film 😀 😀", "ጣም ደስ ይላል", ""], tokenizer, max_length=32, cache=tmp_path)
        assert (tokens.content, tokens.unknown) == (7, 5)
