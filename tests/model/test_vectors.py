"""What a frozen encoder makes of texts is kept by content: what differs is another entry, what is damaged goes."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from classifiers import classifier_of
from tunelet import _array_cache
from tunelet.data import tokenise
from tunelet.model import has_text_vectors, load_tokenizer, text_vectors, text_vectors_by_layer

TEXTS = ("a fine film", "no", "the rest of it was long, and longer than that")


@pytest.fixture(scope="module")
def frozen(tiny_checkpoint):
    """Classifiers, each made once, and the tokenizer."""
    folder = tiny_checkpoint("distilbert")
    tokenizer, made = load_tokenizer(folder), {}

    def find(**wanted):
        key = repr(wanted)
        made[key] = made.get(key) or classifier_of(folder, **wanted)
        return made[key], tokenizer

    return find


@pytest.fixture
def made(frozen, tmp_path):
    """Makes vectors with the cache; says whether the encoder ran."""

    def make(texts=TEXTS, *, weights="w", pooling="mean", precision="float32", cache=tmp_path, **adapter):
        classifier, tokenizer = frozen(pooling=pooling, precision=precision, **adapter)
        tokens = tokenise(texts, tokenizer, max_length=16)
        ran = []
        there = has_text_vectors(classifier, tokens, weights=weights, cache=cache)
        found = text_vectors(classifier, tokens, weights=weights, cache=cache, advance=ran.append)
        assert sum(ran) in (0, tokens.total)
        assert there or ran  # where it says that they are there, they may be damaged; else the encoder runs
        return found, bool(ran)

    return make


def entries(cache: Path) -> list[Path]:
    return sorted(path for path in (cache / "vectors").iterdir() if not path.name.startswith("."))


def test_the_second_time_they_come_from_the_disk_in_the_same_bits(made, tmp_path):
    first, ran = made()
    again, ran_again = made()
    assert (ran, ran_again) == (True, False)
    assert isinstance(again, np.memmap)
    assert again.dtype == np.float32
    assert again.shape == (len(TEXTS), 32)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(again, made(cache=None)[0])


def test_whether_they_are_there_is_known_without_making_them(frozen, tmp_path):
    classifier, tokenizer = frozen(pooling="mean", precision="float32")
    tokens = tokenise(TEXTS, tokenizer, max_length=16)
    assert not has_text_vectors(classifier, tokens, weights="w", cache=tmp_path)
    assert not has_text_vectors(classifier, tokens, weights="w", cache=None)
    text_vectors(classifier, tokens, weights="w", cache=tmp_path)
    assert has_text_vectors(classifier, tokens, weights="w", cache=tmp_path)
    assert not has_text_vectors(classifier, tokens, weights="others", cache=tmp_path)


def test_they_are_those_that_the_head_reads_in_the_order_of_the_texts(made):
    turned, _ = made(TEXTS[::-1], cache=None)
    np.testing.assert_allclose(made(cache=None)[0], turned[::-1], atol=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        {"texts": (*TEXTS[:2], "other words")}, {"texts": TEXTS[:2]}, {"texts": TEXTS[::-1]}, {"weights": "other"},
        {"pooling": "first"}, {"pooling": "both"}, {"precision": "bfloat16"},
    ],
    ids=str,
)  # fmt: skip
def test_whatever_decides_about_them_makes_another_entry(made, tmp_path, change):
    made()
    assert made(**change)[1]
    assert len(entries(tmp_path)) == 2
    assert not made()[1]
    assert not made(**change)[1]


def test_what_will_be_trained_does_not_matter_to_them(made, tmp_path):
    made(targets="all-linear")
    assert not made(rank=2)[1]
    assert not made(method="head")[1]


@pytest.mark.parametrize("name", ["vectors.npy", "sha256.json"])
@pytest.mark.parametrize("damage", ["emptied", "cut", "a bit", "missing"])
def test_a_damaged_entry_is_made_again(made, tmp_path, name, damage):
    whole = np.array(made()[0])
    (entry,) = entries(tmp_path)
    path = entry / name
    content = bytearray(path.read_bytes())
    content[-5] ^= 4
    {
        "emptied": lambda: path.write_bytes(b""),
        "cut": lambda: path.write_bytes(bytes(content[: len(content) // 2])),
        "a bit": lambda: path.write_bytes(bytes(content)),
        "missing": path.unlink,
    }[damage]()
    found, ran = made()
    assert ran
    np.testing.assert_array_equal(found, whole)
    assert not made()[1]
    assert entries(tmp_path) == [entry]


def test_an_entry_of_too_few_texts_is_made_again(made, tmp_path):
    whole = np.array(made()[0])
    (entry,) = entries(tmp_path)
    _array_cache.remove_entry(entry)
    assert _array_cache.store_arrays({"vectors": whole[:2]}, entry)  # its digest is right
    found, ran = made()
    assert ran
    np.testing.assert_array_equal(found, whole)


@pytest.mark.parametrize("refusal", ["mkdtemp", "save"])
def test_a_cache_that_cannot_be_written_is_done_without(made, tmp_path, monkeypatch, refusal):
    def refused(*args, **options):
        raise OSError(28, "No space left on device")

    expected, _ = made(cache=None)
    monkeypatch.setattr(_array_cache.tempfile if refusal == "mkdtemp" else np, refusal, refused)
    found, ran = made()
    assert ran
    np.testing.assert_array_equal(found, expected)
    assert not entries(tmp_path)


def test_a_file_in_the_place_of_the_cache_is_done_without(made, tmp_path):
    (tmp_path / "cache").write_text("no folder")
    found, ran = made(cache=tmp_path / "cache")
    assert ran
    assert found.shape == (3, 32)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_those_after_each_layer_are_those_of_an_encoder_of_so_many_layers(tiny_checkpoint, tmp_path, precision):
    folder = tiny_checkpoint("bert")
    tokens = tokenise(TEXTS, load_tokenizer(folder), max_length=16)
    whole = classifier_of(folder, pooling="mean", precision=precision)
    found = text_vectors_by_layer(whole, tokens, weights="w", cache=tmp_path)
    assert sorted(found) == [2, 3]
    for layers, vectors in found.items():
        encoder = classifier_of(folder, pooling="mean", precision=precision, model_layers=layers)
        assert has_text_vectors(encoder, tokens, weights="w", cache=tmp_path)
        np.testing.assert_array_equal(vectors, text_vectors(encoder, tokens, weights="w", cache=None))


def test_those_after_each_layer_are_computed_once_and_again_where_one_is_gone(tiny_checkpoint, tmp_path, monkeypatch):
    folder = tiny_checkpoint("bert")
    tokens = tokenise(TEXTS, load_tokenizer(folder), max_length=16)
    classifier = classifier_of(folder, pooling="mean", precision="float32")
    ran, compute = [], classifier.vectors_by_layer
    monkeypatch.setattr(type(classifier), "vectors_by_layer", lambda _, batch: ran.append(1) or compute(batch))
    first = text_vectors_by_layer(classifier, tokens, weights="w", cache=tmp_path)
    assert ran.pop()
    again = text_vectors_by_layer(classifier, tokens, weights="w", cache=tmp_path)
    assert not ran
    for number, vectors in first.items():
        np.testing.assert_array_equal(vectors, again[number])
    shutil.rmtree(entries(tmp_path)[0])
    assert text_vectors_by_layer(classifier, tokens, weights="w", cache=tmp_path).keys() == first.keys()
    assert ran
