"""Folders in the aclImdb layout, and folders with a file per part."""

from pathlib import Path

import pytest

from tunelet.data import read
from tunelet.errors import DataError


def lay(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


ACL = {
    "train/pos/0_9.txt": "Good<br />film",
    "train/pos/1_8.txt": " ",
    "train/neg/0_2.txt": "Bad film",
    "train/neg/._0_2.txt": b"\0\xff",
    "train/unsup/0_0.txt": "Who knows",
    "train/urls_pos.txt": "http",
    "test/pos/0_10.txt": "Fine",
    "test/neg/0_1.txt": "Awful",
    "imdb.vocab": "the",
}


def test_the_imdb_layout_gives_its_parts_with_folder_names_as_labels(tmp_path: Path) -> None:
    reading = read(lay(tmp_path, ACL))
    assert reading.format == "aclImdb folder (unsup left out)"
    assert list(reading.splits) == ["train", "test"]
    assert reading.splits["train"].texts == ("Bad film", "Good\nfilm")
    assert reading.splits["train"].labels == ("neg", "pos")
    assert reading.splits["train"].ids == ("neg/0_2", "pos/0_9")
    assert reading.dropped["train"] == {"empty text": 1}


def test_one_part_of_that_layout_is_read_as_training_data(tmp_path: Path) -> None:
    assert read(lay(tmp_path, ACL) / "test").splits["train"].labels == ("neg", "pos")


def test_a_folder_of_loose_texts_serves_where_no_labels_are_needed(tmp_path: Path) -> None:
    folder = lay(tmp_path, ACL) / "train" / "unsup"
    assert read(folder, labelled=False).splits["train"].texts == ("Who knows",)
    with pytest.raises(DataError, match="outside of any label's folder"):
        read(folder)


def test_a_file_per_part_is_read_whatever_its_format_and_name_of_the_part(tmp_path: Path) -> None:
    files = {
        "train.csv": "text,label\na,x\nb,y\n",
        "dev.tsv": "text\tlabel\nc\tx\n",
        "test.jsonl": '{"text": "d", "label": "y"}\n',
        "README.md": "",
    }
    reading = read(lay(tmp_path, files))
    assert {part: examples.texts for part, examples in reading.splits.items()} == {
        "train": ("a", "b"),
        "validation": ("c",),
        "test": ("d",),
    }


def test_shards_of_a_part_are_joined(tmp_path: Path) -> None:
    files = {f"train-0000{shard}-of-00002.csv": f"text,label\nt{shard},x\n" for shard in range(2)}
    assert read(lay(tmp_path, files)).splits["train"].texts == ("t0", "t1")


def test_a_test_part_without_labels_is_left_out_and_counted(tmp_path: Path) -> None:
    reading = read(lay(tmp_path, {"train.csv": "text,label\na,x\nb,y\n", "test.csv": "text\nc\nd\n"}))
    assert list(reading.splits) == ["train"]
    assert reading.dropped["test"] == {"no label": 2}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"sub/x.bin": ""}, "holds no texts"),
        ({"data/good/1.md": "a", "data/bad/2.md": "b"}, "pass the folder in it: "),
        ({"recipe.toml": "", "metrics.json": "", "predictions.parquet": ""}, "is the folder of a run, expected data"),
        ({"reviews.csv": "text,label\na,1\n"}, "pass a file: "),
        ({"test.csv": "text,label\na,1\n"}, "pass a file: "),
        ({"train.csv": "text,label\na,1\n", "train.json": "[]"}, "2 files for train: train.csv, train.json"),
        ({"train.csv": "text,label\na,1\nb,0\n", "test.csv": "body,label\na,1\n"}, "test part has no column 'text'"),
        ({"a/1.txt": "ok", "b/1.txt": b"caf\xe9"}, "byte 0xe9 at offset 3, row 1"),
        ({"a/1.txt": "ok", "b/1.txt": b"caf\0"}, "NUL byte at offset 3"),
    ],
)
def test_a_bad_folder_ends_in_one_line(tmp_path: Path, files: dict[str, str | bytes], expected: str) -> None:
    with pytest.raises(DataError) as caught:
        read(lay(tmp_path, files))
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
