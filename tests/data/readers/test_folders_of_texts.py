"""Class folders of texts without extension, names of parts, and what is left out."""

from pathlib import Path

import pytest

from tunelet.data import FileSettings, read
from tunelet.errors import DataError

TABLE = "text,label\na,x\nb,y\n"


def lay(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def test_texts_without_extension_are_read_from_class_folders(tmp_path: Path) -> None:
    files = {"sci.space/60151": "Orbit", "sci.space/60152": "Moon", "rec.autos/10": "Car", "rec.autos/.DS_Store": "\0"}
    reading = read(lay(tmp_path, files))
    assert reading.splits["train"].labels == ("rec.autos", "sci.space", "sci.space")
    assert reading.splits["train"].ids == ("rec.autos/10", "sci.space/60151", "sci.space/60152")


def test_texts_without_extension_may_lie_below_parts(tmp_path: Path) -> None:
    files = {
        f"{part}/{label}/{at}": f"A text {part} {label}" for part in ("train", "dev") for label in "ab" for at in "12"
    }
    assert {part: len(examples) for part, examples in read(lay(tmp_path, files)).splits.items()} == {
        "train": 4,
        "validation": 4,
    }


def test_folders_of_other_files_are_no_classes(tmp_path: Path) -> None:
    files = {"src/Makefile": "all:", "src/main.c": "int main", "bin/tool.sh": "exit"}
    with pytest.raises(DataError, match="holds no texts"):
        read(lay(tmp_path, files))


@pytest.mark.parametrize("name", ["validation", "validate", "valid", "val", "dev", "development", "eval", "Evaluation"])
def test_every_usual_name_of_the_validation_part_is_known(tmp_path: Path, name: str) -> None:
    reading = read(lay(tmp_path, {"train.csv": TABLE, f"{name}.csv": "text,label\nc,x\n"}))
    assert reading.splits["validation"].texts == ("c",)
    assert reading.notes == ()


def test_what_is_no_part_is_named_in_a_note(tmp_path: Path) -> None:
    reading = read(lay(tmp_path, {"train.csv": TABLE, "extra.csv": TABLE, "more.jsonl": "", "LICENSE.txt": "MIT"}))
    assert reading.notes == ("left out: extra.csv, more.jsonl are not called train, validation or test",)
    texts = {f"{part}/{label}/1.txt": "A text" for part in ("train", "holdout") for label in "ab"}
    assert "holdout" in read(lay(tmp_path / "texts", texts)).notes[0]


def test_splits_of_a_data_set_that_are_no_parts_are_named() -> None:
    import datasets

    rows = datasets.Dataset.from_dict({"text": ["a", "b"], "label": ["x", "y"]})
    reading = read(datasets.DatasetDict({"train": rows, "eval": rows, "extra": rows}))
    assert list(reading.splits) == ["train", "validation"]
    assert "extra" in reading.notes[0]


def test_a_part_without_labels_is_named_as_left_out(tmp_path: Path) -> None:
    reading = read(lay(tmp_path, {"train.csv": TABLE, "test.csv": "text\nc\nd\n"}))
    assert any("test part" in note and "left out" in note for note in reading.notes)


@pytest.mark.parametrize(
    "files",
    [
        {"train.csv": TABLE, "val.csv": TABLE, "dev.csv": TABLE},
        {f"{part}/{label}/1.txt": "A text" for part in ("train", "val", "dev") for label in "ab"},
    ],
)
def test_two_sources_for_one_part_are_refused(tmp_path: Path, files: dict[str, str]) -> None:
    with pytest.raises(DataError, match=r"2 (files|folders) for validation: dev"):
        read(lay(tmp_path, files))


def test_texts_in_folders_have_the_limits_of_files(tmp_path: Path) -> None:
    folder = lay(tmp_path, {"a/1.txt": "word " * 300, "b/1.txt": "word"})
    with pytest.raises(DataError, match="max_cell"):
        read(folder, files=FileSettings(max_cell=1000))
    with pytest.raises(DataError, match="max_bytes"):
        read(folder, files=FileSettings(max_bytes=1024))
    assert len(read(folder).splits["train"]) == 2
