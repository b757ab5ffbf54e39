"""Delimiters, quotation marks and headers of CSV, TSV and delimited text, as programs and people write them."""

from pathlib import Path

import pytest

from tunelet.data import FileSettings, Reading, read, read_tables
from tunelet.errors import DataError


def reading_of(tmp_path: Path, content: str, name: str = "a.csv", **arguments: object) -> Reading:
    path = tmp_path / name
    path.write_bytes(content.encode())
    return read(path, **arguments)  # type: ignore[arg-type]


def rows_of(reading: Reading) -> list[tuple[str, str]]:
    part = reading.splits["train"]
    return list(zip(part.texts, part.labels, strict=True))


ROWS = [("A good film, really", "good"), ("A bad; film", "bad")]


@pytest.mark.parametrize("first", ["sep={}\r\n", "SEP={}\n", '"sep={}"\r\n', "\ufeffsep={}\n"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("name", ["a.csv", "a.txt"])
def test_the_line_that_tells_excel_the_delimiter_is_obeyed_and_no_row(
    tmp_path: Path, first: str, delimiter: str, name: str
) -> None:
    rows = "".join(f'"{text}"{delimiter}{label}\r\n' for text, label in ROWS)
    reading = reading_of(tmp_path, f"{first.format(delimiter)}text{delimiter}label\r\n{rows}", name)
    assert rows_of(reading) == ROWS
    assert reading.splits["train"].ids == ("0", "1")


def test_row_numbers_in_errors_count_that_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="row 4 holds 3 fields"):
        reading_of(tmp_path, "sep=;\ntext;label\na;x\nb;y;z\n")
    with pytest.raises(DataError, match="broken at row 4"):
        reading_of(tmp_path, 'sep=;\ntext;label\na;x\n"b" c;y\n')


def test_a_text_that_begins_like_that_line_is_a_text(tmp_path: Path) -> None:
    assert rows_of(reading_of(tmp_path, "text,label\nsep=;,x\nb,y\n")) == [("sep=;", "x"), ("b", "y")]


@pytest.mark.parametrize(
    "content",
    [
        "text;score;label\nSehr gut;1,5;good\nSchlecht;4,0;bad\n",
        '1,5;"Sehr gut, wirklich";good\n4,0;Schlecht;bad\n2,5;Auch gut;good\n',
        "text;label;price,net\nSehr gut;good;1,5\nSchlecht;bad;2,5\n",
        "text;label\nGut, sehr;good\nSchlecht, leider;bad\n",
    ],
)
def test_commas_in_numbers_and_sentences_are_no_delimiters_where_semicolons_fit(tmp_path: Path, content: str) -> None:
    assert reading_of(tmp_path, content, label="label" if "label" in content else "3").format.startswith(
        "CSV, semicolon"
    )


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt"])
@pytest.mark.parametrize(("named", "mark"), [("comma", ","), ("semicolon", ";"), ("tab", "\t"), ("bar", "|")])
def test_a_delimiter_that_is_named_is_obeyed_whatever_a_file_is_called(
    tmp_path: Path, name: str, named: str, mark: str
) -> None:
    other = ";" if mark == "," else ","
    path = tmp_path / name
    path.write_text(f"text{other}1{mark}label{other}2{other}3\nfine{other}1{mark}good{other}2{other}3\n")
    tables, _, _ = read_tables(str(path), labelled=False, files=FileSettings(delimiter=named))
    assert list(tables["train"].columns) == [f"text{other}1", f"label{other}2{other}3"]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ('text\tlabel\n"Fine" film\tgood\n5" deep\tbad\n', "tab"),
        ("id;text, in full;label\n1;So, so, so;bad\n2;Fine; really;good\n", "semicolon"),
    ],
)
def test_rows_that_do_not_fit_propose_another_delimiter_where_there_is_one(
    tmp_path: Path, content: str, named: str
) -> None:
    with pytest.raises(DataError) as refusal:
        reading_of(tmp_path, content)
    assert f"settings={{'data.delimiter': '{named}'}}" in refusal.value.hint
    for files in (FileSettings(), FileSettings(delimiter="comma")):
        with pytest.raises(DataError) as refusal:
            reading_of(tmp_path, "text,label\na,x,more\n", files=files)
        assert "data.delimiter" not in refusal.value.hint


def test_tabs_that_are_named_make_a_tsv_whose_quotation_marks_are_marks(tmp_path: Path) -> None:
    content = 'text\tlabel\n"Fine" film\tgood\n5" deep\tbad\n'
    reading = reading_of(tmp_path, content, files=FileSettings(delimiter="tab"))
    assert rows_of(reading) == [('"Fine" film', "good"), ('5" deep', "bad")]


@pytest.mark.parametrize(
    "content",
    [
        r'"He said \"fine\", and left",good' + "\nDull,bad\n",
        r'"He said \"fine\", and\n\\left\\",good' + "\nDull,bad\n",
        '"He said \\"fine\\", and\nleft",good\r\nDull,bad\r\n',
        r"He said \"fine\",good" + "\n" + r'"\"Dull\"",bad' + "\n",
    ],
)
def test_quotation_marks_after_backslashes_are_read_where_doubling_does_not_fit(tmp_path: Path, content: str) -> None:
    reading = reading_of(tmp_path, f"text,label\n{content}")
    assert reading.splits["train"].texts[0].startswith('He said "fine"')
    assert reading.splits["train"].labels == ("good", "bad")
    assert "backslashes" in reading.format


def test_doubled_backslashes_are_one_only_where_rows_fit_no_other_way(tmp_path: Path) -> None:
    written = 'text,label\n"ends in a backslash\\\\",x\n"a \\"b\\"",y\n'
    assert rows_of(reading_of(tmp_path, written)) == [("ends in a backslash\\", "x"), ('a "b"', "y")]
    doubled = 'text,label\n"C:\\\\temp ""a""",x\nb,y\n'
    assert rows_of(reading_of(tmp_path, doubled))[0] == ('C:\\\\temp "a"', "x")


def test_a_file_that_fits_neither_way_keeps_its_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"row 2: .*double them"):
        reading_of(tmp_path, 'text,label\n"a" b \\"c\\",x\nd\n')


@pytest.mark.parametrize(
    "content",
    [
        "text,label,,\na,x,,\nb,y,,\n",
        "text,label,,\na,x\nb,y\n",
        "text,label\na,x,\nb,y,,,\n",
        "text,label, \na,x,\nb,y\n",
    ],
)
def test_empty_cells_at_the_end_of_rows_are_no_fields(tmp_path: Path, content: str) -> None:
    assert rows_of(reading_of(tmp_path, content)) == [("a", "x"), ("b", "y")]


@pytest.mark.parametrize("content", ["text,label\na\nb,y\n", "text,label\na,x,more\n", "text,label,,\na\n"])
def test_rows_with_too_few_or_too_many_cells_are_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(DataError, match="row 2 holds"):
        reading_of(tmp_path, content)


def test_a_header_that_occurs_again_is_dropped_and_counted_and_rows_keep_their_numbers(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, "\ufefftext,label\na,x\n\ufefftext,label\nb,y\n\ntext, label\nc,x\n")
    assert rows_of(reading) == [("a", "x"), ("b", "y"), ("c", "x")]
    assert reading.dropped["train"] == {"repeat of the header": 2}
    assert reading.splits["train"].ids == ("0", "2", "4")


def test_a_header_of_unusual_names_that_occurs_again_is_one_too(tmp_path: Path) -> None:
    reading = reading_of(
        tmp_path, "Frage,Urteil\nWie war es heute,gut\nFrage,Urteil\nWie war es gestern,schlecht\n" * 1
    )
    assert reading.dropped["train"] == {"repeat of the header": 1}


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        (
            (
                "How satisfied are you with our service and why?,Would you recommend us to a friend?\nVery much,yes\n"
                "Not at all I am afraid,no\nQuite,yes\n"
            ),
            ("How satisfied are you with our service and why?", "Would you recommend us to a friend?"),
        ),
        (
            (
                "Please describe in your own words what happened to you,How many stars do you give us\n"
                "It was very good,5\nIt was very bad,1\nIt was good,5\n"
            ),
            ("Please describe in your own words what happened to you", "How many stars do you give us"),
        ),
        (
            "Bemerkung,2019,2020\nEs war sehr gut hier,gut,gut\nEs war recht schlecht,gut,schlecht\n",
            ("Bemerkung", "2020"),
        ),
        ("Bemerkung,2019,2020\nEs war sehr gut hier,1,3\nEs war recht schlecht,3,1\n", ("Bemerkung", "2020")),
    ],
)
def test_a_header_of_questions_or_years_is_one_where_the_rows_below_differ(
    tmp_path: Path, content: str, columns: tuple[str, str]
) -> None:
    reading = reading_of(tmp_path, content) if "2020" not in columns else reading_of(tmp_path, content, label="2020")
    assert reading.label_column
    assert (reading.text_column.value, reading.label_column.value) == columns
    assert reading.format == "CSV, comma, header"


@pytest.mark.parametrize(
    "content",
    [
        (
            "How far is it from Denver to Aspen by car?,NUM\nWhat county is Modesto in?,LOC\nWho was Galileo?,HUM\n"
            "How long is it?,NUM\n"
        ),
        "1,A good film that I would watch again and again\n0,A bad film\n1,Fine\n",
        "2019,A good film,x\n2020,A bad film,y\n2021,Fine film,x\n",
        "A film that I would gladly see once more with you,positive\nBad film,negative\nGood film,positive\n",
        "17,What is it?,x\n18,It is a film,y\n19,No,x\n",
    ],
)
def test_a_first_row_like_those_below_is_data(tmp_path: Path, content: str) -> None:
    reading = reading_of(tmp_path, content, label=None, labelled=False, text="2" if content[0].isdigit() else "1")
    assert reading.format == "CSV, comma, no header"
    assert len(reading.splits["train"]) == content.count("\n")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_text_files_with_a_delimiter_are_tables(tmp_path: Path, delimiter: str) -> None:
    rows = "".join(f"a text number {at}{delimiter}{'xy'[at % 2]}\n" for at in range(4))
    assert len(reading_of(tmp_path, f"text{delimiter}label\n{rows}", "a.txt").splits["train"]) == 4
    assert len(reading_of(tmp_path, rows, "a.txt").splits["train"]) == 4


@pytest.mark.parametrize("content", ["A good film\nA bad film\n", "Well, good\nBad\n", "Good, I say\nBad, well, no\n"])
def test_a_text_file_without_a_delimiter_cannot_be_trained_on_but_classified(tmp_path: Path, content: str) -> None:
    with pytest.raises(DataError, match="no rows with a tab, comma, semicolon or bar") as caught:
        reading_of(tmp_path, content, "a.txt")
    assert "text and label" in caught.value.hint
    assert reading_of(tmp_path, content, "a.txt", labelled=False).splits["train"].texts == tuple(content.splitlines())


def test_a_cell_a_row_and_a_name_have_limits(tmp_path: Path) -> None:
    settings = FileSettings(max_cell=2000)
    for name in ("a.csv", "a.tsv", "a.txt"):
        comma = "," if name == "a.csv" else "\t"
        with pytest.raises(DataError, match=r"2,000.*max_cell"):
            reading_of(tmp_path, f"text{comma}label\nfine{comma}x\n{'w ' * 1001}{comma}y\n", name, files=settings)
        with pytest.raises(DataError, match="the name of column 1 holds 1,500 characters"):
            reading_of(tmp_path, f"{'q' * 1500}{comma}label\nfine{comma}x\nbad{comma}y\n", name, files=settings)
        with pytest.raises(DataError, match="20,000 columns, expected at most 10,000"):
            reading_of(tmp_path, comma.join(f"c{at}" for at in range(20_000)) + "\n", name)


def test_many_columns_within_the_limit_are_read(tmp_path: Path) -> None:
    others = ",".join(f"c{at}" for at in range(9_000))
    rows = "".join(f"A text number {at},{'xy'[at % 2]},{','.join('1' * 9_000)}\n" for at in range(4))
    assert len(reading_of(tmp_path, f"text,label,{others}\n{rows}").splits["train"]) == 4


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'text,label\na "film",good\n,\n\nb,bad\n'),
        ("a.csv", 'text;label\n"a ""film""";good\n;\n\nb;bad\n'),
        ("a.csv", 'text,label\n"a \\"film\\"",good\n,\n\nb,bad\n'),
        ("a.tsv", 'text\tlabel\n"a ""film"""\tgood\n\t\n\nb\tbad\n'),
        ("a.tsv", 'text\tlabel\r\n"a film\tgood\r\n\t\r\n\r\nb\tbad\r\n'),
        ("a.txt", 'text\tlabel\na "film\tgood\n\t\n\nb\tbad\n'),
    ],
)
def test_delimiters_alone_are_a_row_without_a_text_and_a_blank_line_is_none(
    tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / name).write_text(content, newline="")
    tables, _, _ = read_tables(str(tmp_path / name), [], labelled=True)
    assert tables["train"].columns["label"] == ["good", "", "bad"]
    reading = read(tmp_path / name)
    assert reading.dropped["train"] == {"empty text": 1}
    assert list(reading.splits["train"].labels) == ["good", "bad"]
