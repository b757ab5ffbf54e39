# ruff: noqa: RUF001
"""Text that is not UTF-8 is refused with the encoding that its bytes look like, and read when that is named."""

from pathlib import Path

import pytest

from tunelet.data import FileSettings, read
from tunelet.errors import DataError

TEXTS = {
    "cp1252": ("Das Brötchen war schön und süß", "Le café était très agréable", "El niño comió piñas"),
    "cp1250": ("Zażółć gęślą jaźń, bardzo dobry chleb", "Příliš žluťoučký kůň úpěl ďábelské ódy"),
    "cp1251": ("Булочка была отличная, пришёл снова", "Хлеб был чёрствый и невкусный"),
    "koi8-r": ("Булочка была отличная, пришёл снова", "Хлеб был чёрствый и невкусный"),
    "cp1253": ("Το ψωμί ήταν πολύ καλό σήμερα", "Δεν θα ξαναέρθω ποτέ"),
    "cp1255": ("הלחם היה טוב מאוד היום", "לא אחזור לכאן"),
    "cp1256": ("كان الخبز جيدا جدا اليوم", "لن أعود مرة أخرى"),
    "cp932": ("パンはとても美味しかったです", "もう行きません、まずいです"),
    "gb18030": ("面包非常好吃，我会再来的", "服务很差，再也不来了"),
    "big5": ("麵包非常好吃，我會再來的", "服務很差，再也不來了"),
    "cp949": ("빵이 정말 맛있었어요", "다시는 오지 않을 거예요"),
    "utf-16-le": ("Булочка была отличная", "A plain text"),
    "utf-16-be": ("A plain text", "Another one"),
}


def write(path: Path, texts: tuple[str, ...], encoding: str) -> Path:
    rows = [f'"{text}",{"good" if at % 2 else "bad"}' for at, text in enumerate(texts * 2)]
    path.write_bytes("\r\n".join(["text,label", *rows]).encode(encoding))
    return path


@pytest.mark.parametrize("encoding", TEXTS)
def test_the_hint_names_the_encoding_and_reading_with_it_gives_the_texts(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "a.csv", TEXTS[encoding], encoding)
    with pytest.raises(DataError) as caught:
        read(path)
    assert caught.value.hint.endswith(f"encoding={encoding!r}")
    assert read(path, files=FileSettings(encoding=encoding)).splits["train"].texts == TEXTS[encoding] * 2


def test_curly_quotes_and_a_euro_alone_are_those_of_windows(tmp_path: Path) -> None:
    for text in ("It’s 5 €", "“great”", "5 €"):
        with pytest.raises(DataError) as caught:
            read(write(tmp_path / "a.csv", (text, "no"), "cp1252"))
        assert "encoding='cp1252'" in caught.value.hint


def test_the_error_shows_a_word_to_judge_the_encoding_by(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cp1251 \\('Булочка'\\)"):
        read(write(tmp_path / "a.csv", TEXTS["cp1251"], "cp1251"))


def test_a_file_put_together_from_two_encodings_is_not_decoded_by_one_of_them(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("text,label\nTrès bon café,good\n".encode() + "Très mauvais café,bad\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"row 3; other rows are UTF-8") as caught:
        read(path)
    assert "encoding=" not in str(caught.value)


def test_bytes_of_no_encoding_still_get_a_hint(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,label\n" + bytes(range(128, 256)) + b",good\n")
    with pytest.raises(DataError) as caught:
        read(path)
    assert "encoding=" in caught.value.hint


def test_utf_8_and_byte_order_marks_win_over_the_encoding_named(tmp_path: Path) -> None:
    settings = FileSettings(encoding="cp1252")
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"):
        path = write(tmp_path / "a.csv", TEXTS["cp1252"], encoding)
        assert read(path, files=settings).splits["train"].texts == TEXTS["cp1252"] * 2


def test_seven_bit_encodings_are_read_when_they_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", TEXTS["cp932"], "iso2022_jp")
    assert read(path, files=FileSettings(encoding="iso2022_jp")).splits["train"].texts == TEXTS["cp932"] * 2


def test_a_wrong_encoding_names_the_byte_and_the_likely_one(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", TEXTS["cp1251"], "cp1251")
    with pytest.raises(DataError, match=r"is not CP932: byte 0x.*like cp1251"):
        read(path, files=FileSettings(encoding="cp932"))


@pytest.mark.parametrize("name", ["klingon", "rot13", "base64", "idna", "unicode_escape\0", "undefined", "x" * 300])
def test_an_encoding_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(DataError) as caught:
        FileSettings(encoding=name)
    assert "encoding='cp1252'" in caught.value.hint


def test_text_files_in_folders_are_read_in_the_encoding_named(tmp_path: Path) -> None:
    for label, text in zip(("bad", "good"), TEXTS["cp1251"], strict=True):
        (tmp_path / label).mkdir()
        (tmp_path / label / "10001").write_bytes(text.encode("cp1251"))
    with pytest.raises(DataError, match="like cp1251"):
        read(tmp_path)
    assert read(tmp_path, files=FileSettings(encoding="cp1251")).splits["train"].texts == TEXTS["cp1251"]


@pytest.mark.parametrize("named", ["utf-16-le", "utf-16-be", "cp932", "ascii"])
def test_a_file_of_plain_letters_is_never_made_noise_by_the_encoding_named(tmp_path: Path, named: str) -> None:
    path = write(tmp_path / "a.csv", ("A plain text", "Another one"), "ascii")
    assert read(path, files=FileSettings(encoding=named)).splits["train"].texts[0] == "A plain text"
