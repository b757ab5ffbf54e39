"""Files are decompressed in pieces and under limits; only regular files are opened."""

import bz2
import gzip
import lzma
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
import zstandard

from tunelet.data import FileSettings, read
from tunelet.errors import DataError

pytestmark = pytest.mark.slow

CSV = b"text,label\nA fine film,good\nA dull one,bad\n"


def zipped(**members: bytes) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".zst": zstandard.compress,
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
    ".zip": lambda content: zipped(**{"table.csv": content}),
}
PACKED = pytest.mark.parametrize("suffix", PACKERS)


def refusal(path: Path, settings: FileSettings | None = None) -> str:
    with pytest.raises(DataError) as caught:
        read(path, files=settings or FileSettings())
    assert caught.value.hint
    assert "\n" not in str(caught.value)
    return str(caught.value)


@PACKED
def test_a_compressed_table_is_read_and_its_format_says_so(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.csv{suffix}"
    path.write_bytes(PACKERS[suffix](CSV))
    reading = read(path)
    assert reading.splits["train"].labels == ("good", "bad")
    assert reading.format.startswith("CSV, comma, header, ")


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".xz", ".bz2"])
def test_a_file_of_several_compressed_streams_is_read_whole(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.csv{suffix}"
    path.write_bytes(PACKERS[suffix](CSV) + PACKERS[suffix](b"One more,good\n"))
    assert len(read(path).splits["train"]) == 3


@PACKED
def test_a_compressed_file_cut_short_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.csv{suffix}"
    path.write_bytes(PACKERS[suffix](CSV)[:-9])
    assert "is broken" in refusal(path)


@PACKED
def test_what_a_small_file_decodes_to_is_limited(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.csv{suffix}"
    path.write_bytes(PACKERS[suffix](CSV + b"One more text,good\n" * 20_000))
    error = refusal(path, FileSettings(max_bytes=200_000))
    assert "holds more than 195 KiB" in error
    assert "data.max_bytes" in error
    assert len(read(path, files=FileSettings(max_bytes=6_000_000)).splits["train"]) == 20_002


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are those of POSIX")
def test_bombs_are_refused_in_little_memory(tmp_path: Path) -> None:
    """Half a gibibyte from each file, in a process that may have a quarter of one more than it starts with."""
    one_letter, commas = b"a" * 2**24, b"," * 2**24

    def pieces(head: bytes, piece: bytes) -> bytes:
        target = BytesIO()
        with zstandard.ZstdCompressor().stream_writer(target, closefd=False) as packed:
            packed.write(head)
            for _ in range(30):
                packed.write(piece)
        return target.getvalue()

    (tmp_path / "letter.csv.zst").write_bytes(pieces(b"text,label\n", one_letter))
    (tmp_path / "letter.json.zst").write_bytes(pieces(b'[{"text": "', one_letter))
    (tmp_path / "commas.csv.zst").write_bytes(pieces(b"text,label\n", commas))
    (tmp_path / "objects.jsonl.zst").write_bytes(pieces(b"", b"{}\n" * 2**22))
    (tmp_path / "letter.txt.gz").write_bytes(gzip.compress(one_letter, 1) * 30)
    code = """
import pathlib, resource, sys
from tunelet.data import read
from tunelet.errors import DataError
import zstandard, psutil, json, csv
used = psutil.Process().memory_info().vms
resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, used + 2**28))
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    try:
        read(path)
    except DataError as error:
        print(path.name, str(error))
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 5, done.stdout
    assert all("--set" in line or "settings=" in line or "memory" in line for line in lines)


def test_an_archive_may_hold_what_systems_leave_in_it_beside_the_table(tmp_path: Path) -> None:
    path = tmp_path / "kaggle.zip"
    left = {
        "__MACOSX/._train.csv": b"\0\5",
        ".DS_Store": b"\0",
        "data/train.csv": CSV,
        "data/LICENSE": b"MIT",
        "README.txt": b"Read, me",
    }
    path.write_bytes(zipped(**left))
    reading = read(path)
    assert (len(reading.splits["train"]), reading.format) == (2, "CSV, comma, header, zip")


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"a.csv": CSV, "b.csv": CSV}, "found a.csv, b.csv"),
        ({"a.pdf": b"%PDF-"}, "found a.pdf"),
        ({}, "found nothing"),
        ({"a.csv": b""}, "is empty"),
        ({"a.zip": zipped(**{"b.csv": CSV})}, "found a.zip"),
    ],
)
def test_an_archive_of_several_tables_or_none_says_what_it_holds(
    tmp_path: Path, members: dict[str, bytes], expected: str
) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(**members))
    assert expected in refusal(path)


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped(**{"a.csv": CSV}))
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(mark) + offset] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    assert "encrypted" in refusal(tmp_path / "a.zip")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_no_pipe_and_no_device_is_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    (tmp_path / "b.csv").symlink_to("/dev/zero")
    for name in ("a.csv", "b.csv"):
        assert "neither a file nor a folder" in refusal(tmp_path / name)
    for label in ("good", "bad"):
        (tmp_path / "texts" / label).mkdir(parents=True)
        (tmp_path / "texts" / label / "1.txt").write_text("A text")
    (tmp_path / "texts" / "good" / "2.txt").symlink_to("/dev/zero")
    assert "expected a file, found a device" in refusal(tmp_path / "texts")
    (tmp_path / "texts" / "good" / "2.txt").unlink()
    os.mkfifo(tmp_path / "texts" / "good" / "2.txt")
    assert stat.S_ISFIFO((tmp_path / "texts" / "good" / "2.txt").stat().st_mode)
    assert "expected a file, found a pipe" in refusal(tmp_path / "texts")


@pytest.mark.parametrize(
    "name", ["a\0.csv", "x" * 5000 + ".csv", "caf\udce9.csv", "no\udcffwhere/a.csv", "~nobody-here/a.csv"]
)
def test_a_path_that_no_file_can_have_is_refused(name: str) -> None:
    with pytest.raises(DataError) as caught:
        read(name)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://example.org/reviews.csv", "curl -L -O"),
        ("https://me:SECRET@example.org/a.csv", "https://example.org/a.csv is an address"),
        ("HTTP://example.org/reviews.csv", "reads local files"),
        ("https://huggingface.co/datasets/stanfordnlp/imdb/tree/main", "hub:stanfordnlp/imdb"),
        ("hf://datasets/stanfordnlp/imdb", "hub:stanfordnlp/imdb"),
        ("s3://bucket/reviews.csv", "copy it"),
        ("file:///tmp/reviews.csv", "type the path: /tmp/reviews.csv"),
    ],
)
def test_an_address_is_recognised_as_one(address: str, expected: str) -> None:
    with pytest.raises(DataError) as caught:
        read(address)
    assert expected in str(caught.value)
