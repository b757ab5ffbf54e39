"""What is gone through in chunks is what is read whole: the same columns, rows and errors, and never more at once."""

import csv
import gzip
import io
import os
import random
import weakref
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from tunelet.data import FileSettings, read_tables, streamed
from tunelet.data.readers import _decompression
from tunelet.data.readers.streams import _arrow, _chunk, _text
from tunelet.errors import DataError

ALIKE = {
    "plain.csv": b"id,text\n1,a fine film\n2,a dull one\n",
    "no end.csv": b"id,text\n1,a fine film\n2,a dull one",
    "windows.csv": b'id,text\r\n1,"a\r\nfine film"\r\n\r\n2,a dull one\r\n',
    "old mac.csv": b"id,text\r1,a fine film\r2,a dull one\r",
    "semicolon.csv": b"id;text\n1;a, b\n2;c, d\n",
    "declared.csv": b"sep=|\nid|text\n1|a fine film\n2|a dull one\n",
    "backslash.csv": b'id,text\n1,"a \\"fine\\" film, really"\n2,"a dull one"\n',
    "two backslashes.csv": b'id,text\n1,"C:\\\\temp\\\\"\n2,"a \\"dull\\" one"\n',
    "spreadsheet.csv": b"id,text,,\n1,a fine film\n2,a dull one,,\n",
    "joined.csv": b"\xef\xbb\xbfid,text\n1,a fine film\n\xef\xbb\xbfid,text\n2,a dull one\n",
    "headless.csv": b"A film that I shall not soon forget.,1\nA film that I have forgotten already.,0\n",
    "one column.csv": b'text\n"a"\n""\n"b"\n',
    "wide.csv": "id,text\n1,fine\n2,käse \U0001f600\n".encode("utf-16"),
    "quoted.tsv": b'id\ttext\n1\t"a\n""fine""\tfilm"\n',
    "marks.tsv": b'id\ttext\n1\t5" of "fine film\n2\tanother "one\n',
    "empty fields, marks.tsv": b'id\ttext\n1\t5" of fine film\n\t\n\n \t \n \n2\tanother "one\n',
    "empty fields.tsv": b'id\ttext\n\t\n1\t"a"\n\n \t \n2\tb\n',
    "empty fields.csv": b'id,text\n,\n1,"a"\n\n , \n2,b\n',
    "swallowing.tsv": b'id\ttext\n1\t"a\n2\tb"\n3\tc\n',
    "a.txt": b"a fine film\r\n\r\n\xe2\x80\xa8 one, two\rthree\n",
    "a.jsonl": (
        b'{"id": 1, "text": "a"}\n\n  {"text": null, "more": [1, {"x": 2}]}\r\n\xef\xbb\xbf{"text": "\\ud83d\\ude00"}'
    ),
}
BROKEN = {
    "open quote.csv": b'id,text\n1,a\n2,"b\n3,c\n',
    "uneven.csv": b"id,text\n1,a\n2,b,c\n",
    "uneven.tsv": b"id\ttext\n1\ta\n2\n",
    "twice.csv": b"text,text\na,b\n",
    "header.csv": b"id,text\n",
    "empty.csv": b"\n \n",
    "nul.csv": b"id,text\n1,a\0\n",
    "latin.csv": b'id,text\n1,"a\nb"\n2,caf\xe9\n',
    "latin.txt": b"a\ncaf\xe9\n",
    "cut.txt": "käse".encode()[:2],
    "packed.csv": b"\x1f\x8b\x08\x00",
    "not packed.csv.gz": b"id,text\n1,a\n",
    "cut.csv.gz": gzip.compress(b"id,text\n" + b"1,a\n" * 99)[:-9],
    "tabs.csv": b'id\ttext\n1\ta\n2\t"b" c\n',
    "semicolons.csv": b"id;text, in full\n1;so, so, so\n2;fine; really\n",
    "broken.jsonl": b'{"text": "a"}\n{"text": }\n',
    "list.jsonl": b'{"text": "a"}\n[1]\n',
    "deep.jsonl": b'{"text": ' + b"[" * 5_000 + b"\n",
    "digits.jsonl": b'{"text": ' + b"1" * 5_000 + b"}\n",
    "long.csv": b"id,text\n1," + b"a" * 300 + b"\n",
    "long.txt": b"a" * 300,
    "long.jsonl": b'{"text": "' + b"a" * 300 + b'"}\n',
    "not.parquet": b"id,text\n",
    "cut.parquet": b"PAR1\0\0\0\0PAR1",
}
SHORT = FileSettings(max_cell=200)


def columns(path: Path, **options: object) -> dict[str, list[object]]:
    """What going through a file in chunks gives, all together."""
    with streamed(str(path), ["text"], **options) as found:
        rows = found.rows
        chunks = list(rows.chunks())
        assert sum(chunk.rows for chunk in chunks) == rows.rows
        assert [chunk.start for chunk in chunks] == [sum(c.rows for c in chunks[:at]) for at in range(len(chunks))]
        return {name: [value for chunk in chunks for value in chunk.column(name)] for name in rows.columns}


@pytest.fixture(params=[1, 3, 2**20], ids=["bytes", "threes", "pieces"])
def _piece(request, monkeypatch):
    """Files come in pieces of so many bytes: a line's end, a character and a cell are all cut somewhere."""
    monkeypatch.setattr(_decompression, "PIECE", request.param)
    monkeypatch.setattr(_text, "PIECE", request.param)


@pytest.mark.usefixtures("_piece")
@pytest.mark.parametrize("name", ALIKE)
def test_a_file_in_chunks_holds_what_it_holds_as_a_whole(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(ALIKE[name])
    tables, _, _ = read_tables(str(tmp_path / name), ["text"], labelled=False)
    assert columns(tmp_path / name) == dict(tables["train"].columns)
    with streamed(str(tmp_path / name), ["text"]) as found:
        head = found.rows.head
        assert (head.format, head.headless) == (tables["train"].format, tables["train"].headless)
        assert head.dropped == tables["train"].dropped


@pytest.mark.usefixtures("_piece")
@pytest.mark.parametrize("name", BROKEN)
def test_what_is_refused_whole_is_refused_in_the_same_words(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(BROKEN[name])
    with pytest.raises(DataError) as whole:
        read_tables(str(tmp_path / name), ["text"], labelled=False, files=SHORT)
    with pytest.raises(DataError) as in_chunks:
        columns(tmp_path / name, files=SHORT)
    assert (in_chunks.value.message, in_chunks.value.hint) == (whole.value.message, whole.value.hint)


def test_rows_of_random_cells_survive_any_dialect(tmp_path: Path) -> None:
    draw = random.Random(5)
    pieces = ["a", " ", '"', '""', ",", ";", "\t", "\n", "\r\n", "\r", "\\", "é", "0", "", "\u2028", "\x0b"]
    for dialect in range(60):
        # A row of blank cells at its end may be one that a spreadsheet left: the last is a word.
        rows = [["".join(draw.choices(pieces, k=draw.randrange(6))) for _ in range(3)] + ["z"] for _ in range(20)]
        written = io.StringIO(newline="")
        csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator=draw.choice(["\n", "\r\n"])).writerows(
            [["one", "text", "three", "four"], *rows]
        )
        path = tmp_path / f"{dialect}.csv"
        path.write_bytes(written.getvalue().encode())
        assert list(map(list, zip(*columns(path).values(), strict=True))) == rows


@pytest.mark.parametrize("name", ["a.csv.gz", "a.csv.zst", "a.jsonl.gz", "a.txt.zst"])
def test_compressed_files_are_gone_through_too(tmp_path: Path, name: str) -> None:
    plain = {
        "csv": b"text\na film\nanother\n",
        "jsonl": b'{"text": "a film"}\n{"text": "another"}\n',
        "txt": b"a film\nanother\n",
    }
    content = plain[name.split(".")[1]]
    packed = gzip.compress(content) if name.endswith(".gz") else zstandard.compress(content)
    (tmp_path / name).write_bytes(packed)
    assert columns(tmp_path / name) == {"text": ["a film", "another"]}


def test_an_encoding_that_is_named_is_used_where_the_file_is_not_utf_8(tmp_path: Path) -> None:
    for encoding in ("cp1252", "utf-8"):
        (tmp_path / "a.csv").write_bytes("id,text\n1,café\n".encode(encoding))
        assert columns(tmp_path / "a.csv", files=FileSettings(encoding="cp1252"))["text"] == ["café"]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt"])
@pytest.mark.parametrize(("named", "mark"), [("semicolon", ";"), ("tab", "\t")])
def test_a_delimiter_that_is_named_is_obeyed_as_in_a_whole_file(
    tmp_path: Path, name: str, named: str, mark: str
) -> None:
    files = FileSettings(delimiter=named)
    (tmp_path / name).write_text(f"text,1{mark}label,2,3\nfine,1{mark}good,2,3\n")
    tables, _, _ = read_tables(str(tmp_path / name), ["text"], labelled=False, files=files)
    assert list(tables["train"].columns) == ["text,1", "label,2,3"]
    assert columns(tmp_path / name, files=files) == dict(tables["train"].columns)


def test_a_format_that_is_named_wins_over_the_ending(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("one, two\nthree\n")
    assert columns(tmp_path / "a.log", form="txt") == {"text": ["one, two", "three"]}
    with pytest.raises(DataError, match="there is no format 'doc'"):
        columns(tmp_path / "a.log", form="doc")


@pytest.fixture(params=["a.csv", "a.jsonl", "a.txt", "a.parquet"])
def long_file(request, tmp_path: Path) -> Path:
    """A file of 1,000 rows, of which some are long."""
    path = tmp_path / request.param
    texts = [f"text {n} " + "long " * (200 if n % 97 == 0 else 3) for n in range(1000)]
    if path.suffix == ".parquet":
        pq.write_table(pa.table({"text": texts, "n": list(range(1000))}), path, row_group_size=700)
    elif path.suffix == ".jsonl":
        path.write_text("".join(f'{{"text": "{text}"}}\n' for text in texts))
    else:
        path.write_text("".join(f"{text}\n" for text in (["text", *texts] if path.suffix == ".csv" else texts)))
    return path


def test_no_more_than_a_chunk_is_held(long_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (_chunk, _arrow):
        monkeypatch.setattr(module, "CHUNK_ROWS", 50)
        monkeypatch.setattr(module, "CHUNK_SIZE", 10_000)
    alive: list[weakref.ref[object]] = []
    rows = 0
    with streamed(str(long_file)) as found:
        for chunk in found.rows.chunks():
            texts = chunk.column("text")
            assert chunk.rows <= 50
            assert sum(map(len, map(str, texts))) <= 10_000
            rows += chunk.rows
            alive.append(weakref.ref(chunk))
            assert sum(reference() is not None for reference in alive) <= 2
    assert rows == 1000


def test_the_reader_is_never_far_ahead_of_what_it_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_decompression, "PIECE", 1000)
    monkeypatch.setattr(_chunk, "CHUNK_ROWS", 50)
    (tmp_path / "a.csv").write_text(
        "text\n" + "".join(f"a text of some words, {n:04}\n".replace(",", "") for n in range(5000))
    )
    read = 0

    def counted(file, plain=_decompression.plain):
        nonlocal read
        for piece in plain(file):
            read += len(piece)
            yield piece

    monkeypatch.setattr(_text, "plain", counted)
    with streamed(str(tmp_path / "a.csv")) as found:
        read = given = 0
        for chunk in found.rows.chunks():
            given += sum(len(line) + 1 for line in chunk.lines)
            assert read - given <= 1000 + 50 * 30


def test_a_file_that_changes_between_two_passes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text\na film\n")
    with streamed(str(path)) as found:
        path.write_text("text\na film\nanother\n")
        with pytest.raises(DataError, match="changed while it was read"):
            list(found.rows.chunks())


def test_a_gigabyte_of_nothing_is_refused_before_it_is_held(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.csv.gz", "wb", compresslevel=1) as file:
        file.write(b"text\n")
        for _ in range(40):
            file.write(b" x" * 2**19)
    with pytest.raises(DataError, match=r"a cell of row 2|a line"):
        columns(tmp_path / "a.csv.gz", files=FileSettings(max_cell=10_000))


def test_equal_texts_that_take_a_file_little_and_memory_much_come_in_small_chunks(tmp_path: Path) -> None:
    rows, length = 3_000, 50_000
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["a " * (length // 2)]))
    pq.write_table(pa.table({"text": texts.cast(pa.string())}), tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").stat().st_size < 200_000
    with streamed(str(tmp_path / "a.parquet")) as found:
        sizes = [chunk.arrow.nbytes for chunk in found.rows.chunks()]
    assert sum(sizes) >= rows * length
    assert max(sizes) <= 1.1 * _chunk.CHUNK_SIZE


def test_pipes_devices_and_folders_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "device.csv").symlink_to("/dev/zero")
    for name in ("pipe.csv", "device.csv"):
        with pytest.raises(DataError, match="neither a file nor a folder"):
            columns(tmp_path / name)
    with pytest.raises(DataError, match="neither a file nor a folder"):
        columns(tmp_path / "pipe.csv", form="jsonl")
