"""What is measured by default, and what is told when it cannot be."""

import json

import pytest

from tunelet.bench.harness import _sources
from tunelet.bench.harness._sources import check_names, draw_sample, find_model
from tunelet.errors import BenchError, DataError, ModelError

pytestmark = pytest.mark.slow


def test_texts_come_from_the_data_that_is_named():
    sample = draw_sample("sample", 20, seed=3)
    assert sample.texts is not None
    assert len(sample.texts) == len(sample.labels) == 20
    assert sample.label_names == ("negative", "positive")
    assert draw_sample("sample", 20, seed=3) == sample
    assert draw_sample("sample", 20, seed=4) != sample


def test_without_data_lengths_are_made_and_texts_of_them(in_folder, subjects):
    sample = draw_sample(None, 30, seed=1)
    assert sample.texts is None
    sample.write(in_folder / "sample.json")
    assert set(json.loads((in_folder / "sample.json").read_text())) == {"lengths", "labels"}


def test_made_up_texts_have_the_lengths_asked_for(subjects):
    from tunelet.bench.harness._subject import _random_texts
    from tunelet.model import load_tokenizer

    subject, _ = subjects("distilbert", False)
    tokenizer = load_tokenizer(subject.checkpoint.path)
    lengths = [3, 17, 200]
    texts = _random_texts(tokenizer, lengths, seed=0)
    assert [len(tokenizer(text)["input_ids"]) for text in texts] == lengths


def test_a_folder_without_weights_gets_random_ones(tiny_checkpoint, tmp_path):
    whole = tiny_checkpoint("distilbert")
    assert find_model(str(whole))[1] is False
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"):
        (tmp_path / name).write_bytes((whole / name).read_bytes())
    checkpoint, random_weights = find_model(str(tmp_path))
    assert random_weights
    assert checkpoint.path == tmp_path.resolve()


def test_a_short_name_is_found_among_the_shared_configs(tiny_checkpoint, tmp_path, monkeypatch):
    config = tmp_path / "models" / "distilbert-base-uncased"
    config.mkdir(parents=True)
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"):
        (config / name).write_bytes((tiny_checkpoint("distilbert") / name).read_bytes())
    monkeypatch.setattr(_sources, "SHARED", tmp_path)
    assert find_model("distilbert")[1] is True
    assert find_model("minilm")[1] is False


def test_an_empty_folder_is_no_model(tmp_path):
    with pytest.raises(ModelError, match="found neither"):
        find_model(str(tmp_path))


def test_data_with_one_label_is_refused(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("text,label\n" + "\n".join(f"text number {n},good" for n in range(9)))
    with pytest.raises(DataError, match="two labels"):
        draw_sample(str(path), 5, seed=1)


def test_a_name_that_there_is_not_is_told_with_the_nearest():
    check_names("--arms", ("stock",), ("stock", "best"))
    with pytest.raises(BenchError, match="'stok'; did you mean 'stock'"):
        check_names("--arms", ("stok",), ("stock", "best"))
