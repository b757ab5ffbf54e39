"""Files of unknown origin are read to a limit, or refused in one clause; nothing waits and nothing floods."""

import os
from pathlib import Path

import pytest

from tunelet._foreign import ForeignFileError, read_bytes, read_json_object, read_text


def test_a_regular_file_is_read_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text('{"a": 1}')
    (tmp_path / "link.json").symlink_to("real.json")
    assert read_json_object(tmp_path / "link.json") == {"a": 1}


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ForeignFileError, match="found a pipe"):
        read_bytes(tmp_path / "pipe")


@pytest.mark.parametrize("target", ["/dev/zero", "/dev/null"])
def test_a_link_to_a_device_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(ForeignFileError, match="found a device"):
        read_bytes(tmp_path / "link")


def test_no_more_than_the_limit_is_read(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(2**40)  # sparse: a terabyte by its name alone
    with pytest.raises(ForeignFileError, match="at most 64"):
        read_bytes(tmp_path / "large")


@pytest.mark.parametrize("name", ["no\0name", "half a \ud800 pair", "n" * 5000])
def test_names_that_no_file_has_are_one_clause(name: str) -> None:
    with pytest.raises(ForeignFileError, match="cannot be read"):
        read_bytes(Path(name))


@pytest.mark.parametrize(
    "content", [b"[" * 200_000, b'{"a": ' * 200_000, b"9" * 5000, b"{", b"[]", b"\xff\xfe", b"", b"null"]
)
def test_broken_json_is_one_clause(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.json").write_bytes(content)
    with pytest.raises(ForeignFileError):
        read_json_object(tmp_path / "broken.json")


def test_text_that_is_not_utf_8_names_the_byte(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    with pytest.raises(ForeignFileError, match="not UTF-8 at byte 3"):
        read_text(tmp_path / "latin")
