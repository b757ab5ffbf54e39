"""Files are read on the page as `tunelet predict` reads them: the page's modules against the Python functions."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from browsers import LOOKS_AT_PAGES
from tunelet.data import RawTable
from tunelet.data.readers._delimited import parse_csv, parse_lines, parse_tsv
from tunelet.data.readers._delimiter import sniff_delimiter
from tunelet.data.readers._header import header_reason
from tunelet.data.readers._settings import FileSettings
from tunelet.errors import DataError

pytestmark = LOOKS_AT_PAGES
SETTINGS = FileSettings(max_cell=10_000)
MADE = [
    "1;great, really\n2;bad, sorry\n3;so, so",
    "warm loaf\ncold roll\nburnt toast\n",
    "the first text of all\nanother one\n",
    "review\na loaf\n",
    "customer_comment\na loaf\n",
    "text,label\na,1\ntext,label\nb,2\n",
    "\ufefftext,label\na,1\n\ufefftext , label\nb,2\n",
    'text\tlabel\n"a loaf\tgood\nb roll"\tbad\n',
    '"text"\t"label"\n"a loaf\tgood\nb roll"\t"bad"\n',
    'text\tlabel\n5" roll\t1\n"odd\t2\n',
    'text\tlabel\n"a" b\t1\n   \nfine\t2\r\r\n',
    'text,label\n"a \\"fine\\" loaf",1\n"plain, or not",2\n',
    'text;label\n"a \\"fine\\" loaf; so";1\n"C:\\\\";2\n',
    'text,label\n"a "fine" loaf",1\n',
    'text,label\n"a"b,1\n',
    'text,label\n"never closed,1\n',
    "text,label,,\na,1,,\nb,2\n",
    "text,label\na,1,,\nb,2, \n\nc,3\n",
    "text,label\na,1,x\n",
    "sep=;\ntext;label\na;1\n",
    "sep=;\ntext;label\na;1;2\n",
    "0,1\na,b\n",
    "1,5;a\n2,5;b\n",
    "2019,2020\nwarm,cold\n",
    "Is it a loaf?,label\nyes,1\nno,2\n",
    "What do you think of all our loaves?,x\nyes,1\nno,2\n",
    "1_0,a\nb,nan\n",
    ",,\n,,\n",
    "a\x1c,b\x85\n\u2028c,d\n",
    '""\n',
    "\n\n",
    "   \n",
    "日本語の文\n寿司はおいしい\n",
]
PIECES = [
    '"',
    '""',
    '\\"',
    "\\",
    *",;|\t\n\r ",
    "\r\n",
    ",",
    "\n",
    "a",
    "text",
    "label",
    "1",
    "1,5",
    "0",
    "2019",
    "warm loaf",
]
PIECES += ["é", "\U0001d518", "\x1c", "\ufeff", "yes", "?", "a sentence of more than five words"]


def drawn(seed: int, number: int) -> list[str]:
    """Texts of random pieces, and rows of random cells between one separator."""
    draw = random.Random(seed)
    cells = [one for one in PIECES if "\n" not in one and "\r" not in one] + ["", "b c", '"x, y"', '"u""v"', '"w\\"z;"']
    texts = ["".join(draw.choices(PIECES, k=draw.randrange(25))) for _ in range(number // 2)]
    for _ in range(number // 2):
        separator, width, again = draw.choice(",;|\t"), draw.randrange(1, 4), draw.random() < 0.3
        rows = [separator.join(draw.choices(cells, k=width)) for _ in range(draw.randrange(1, 7))]
        rows += rows[:1] * again
        texts.append(draw.choice(["\n", "\r\n"]).join(rows))
    return texts


CASES = MADE + drawn(3, 4000)
READ = """async ([ending, texts]) => {
    const { reader } = await load("read_file");
    const encoder = new TextEncoder();
    return texts.map((text) => {
        try {
            const table = reader("x" + ending, encoder.encode(text), [])();
            const column = (at) => Array.from({ length: table.length }, (_, row) => table.cell(row, at));
            const cells = table.columns.map((_, at) => column(at));
            return { names: table.columns, cells, header: table.header, separator: table.separator };
        } catch (error) {
            if (error.constructor.name !== "UnreadableError") throw error;
            return { refused: error.message };
        }
    });
}"""


def in_tunelet(parse: Callable[..., RawTable], text: str) -> RawTable | DataError:
    """The table, or why there is none."""
    text = text.removeprefix("\ufeff")
    if not text.strip():
        return DataError("it is empty", "expected rows")
    try:
        return parse(text, Path("x"), [], SETTINGS)
    except DataError as error:
        return error


@pytest.mark.parametrize(("ending", "parse"), [(".csv", parse_csv), (".tsv", parse_tsv), (".txt", parse_lines)])
def test_a_file_is_the_same_table_as_in_tunelet(call, ending, parse):
    read = 0
    for text, found in zip(CASES, call(READ, [ending, CASES]), strict=True):
        expected = in_tunelet(parse, text)
        if isinstance(expected, RawTable):
            read += 1
            assert found.get("cells") == list(expected.columns.values()), (text, found, expected)
            assert found["names"] == list(expected.columns), text
            assert ending == ".txt" or found["header"] is not bool(expected.headless), text
        elif "two columns" not in expected.message and "no rows" not in expected.message:
            assert "refused" in found, (text, expected.message, found)
    assert read > 500


def test_the_broken_row_is_named(call):
    broken = {
        "Row 2": 'text,label\n"a "fine" loaf",1\n',
        "Row 3": "text,label\na,1\nb,2,3\n",
        "Row 4": "sep=;\na;1\nb;2\nc\n",
    }
    for found, (place, _) in zip(call(READ, [".csv", list(broken.values())]), broken.items(), strict=True):
        assert place in found["refused"]


def test_the_separator_is_the_one_that_tunelet_finds(call):
    cases = [*CASES, "a;b, c\n" * 40_000, "x" * 300_000, "text|a;b,c\n" * 30]
    found = call('async texts => { const { sniffed } = await load("separator"); return texts.map(sniffed) }', cases)
    assert [one for one in zip(cases, found, map(sniff_delimiter, cases), strict=True) if one[1] != one[2]] == []


def test_whether_the_first_row_is_a_header_is_decided_as_in_tunelet(call):
    draw = random.Random(5)
    cells = [
        "text",
        "Label",
        "reviewText",
        "customer_comment",
        "warm",
        "loaf",
        "0",
        "1",
        "2",
        "2019",
        "1,5",
        "+3",
        "1e5",
    ]
    cells += [
        "inf",
        "1_000",
        "",
        " ",
        "x\x1cy",
        "Was it good, and would you buy it?",
        "is it?",
        "yes",
        "no",
        "ï",
        "a b",
        "\u0661",
    ]
    cells += ["a sentence that has more than five words in it", "b" * 51, "日本", "_", "id"]
    tables = [
        [draw.choices(cells, k=width) for _ in range(draw.randrange(1, 6))] for width in (1, 2, 3) for _ in range(2000)
    ]
    names = [draw.sample(["Warm", "loaf ", "note"], k=draw.randrange(2)) for _ in tables]
    found = call(
        """async all => {
            const { headerReason } = await load("header");
            return all.map(([rows, names]) => headerReason(rows, names));
        }""",
        list(zip(tables, names, strict=True)),
    )
    for rows, own, reason in zip(tables, names, found, strict=True):
        assert bool(reason) is bool(header_reason(rows, own)), (rows, own, reason)


def test_a_name_that_a_model_reads_makes_a_header(call):
    read = """async text => {
        const { reader } = await load("read_file");
        return reader("x.csv", new TextEncoder().encode(text), ["note"])().columns;
    }"""
    assert call(read, "note\nwarm loaf\n") == ["note"]
    assert call(read, "warm loaf\nnote\n") == ["column 1"]


WRITTEN = """async ([name, text, header]) => {
    const { reader } = await load("read_file");
    let table = reader(name, new TextEncoder().encode(text), [])();
    if (header !== null) table = table.withHeader(header);
    return [...table.written(["said", "n"], (row) => ['a "b"', row])].join("");
}"""


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("x.csv", 'text,n\n"a",1\n\nb,2', 'text,n,said,n_2\n"a",1,"a ""b""",0\n\nb,2,"a ""b""",1'),
        ("x.csv", "sep=;\r\ntext;n\r\nb;2\r\n", 'sep=;\r\ntext;n;said;n_2\r\nb;2;"a ""b""";0\r\n'),
        ("x.csv", "text,label,,\na,1,,\nb,2\n", 'text,label,said,n\na,1,"a ""b""",0\nb,2,"a ""b""",1\n'),
        ("x.csv", "text,n\na,1\ntext,n\n", 'text,n,said,n_2\na,1,"a ""b""",0\ntext,n,said,n_2\n'),
        ("x.csv", "warm loaf\ncold roll\n", 'warm loaf,"a ""b""",0\ncold roll,"a ""b""",1\n'),
        ("x.csv", 'text,n\n"a \\"c\\"",1\n', 'text,n,said,n_2\n"a \\"c\\"",1,"a \\"b\\"",0\n'),
        ("x.tsv", 'text\tn\n5" roll\t1\n"odd\t2\n', 'text\tn\tsaid\tn_2\n5" roll\t1\ta "b"\t0\n"odd\t2\ta "b"\t1\n'),
        ("x.txt", 'a, "c"\r\n\r\nb', 'text,said,n\n"a, ""c""","a ""b""",0\n,"a ""b""",1\nb,"a ""b""",2\n'),
    ],
)
def test_what_is_added_stands_in_the_dialect_of_the_file(call, name, text, expected):
    assert call(WRITTEN, [name, text, None]) == expected


def test_the_reader_has_the_last_word_on_the_first_row(call):
    assert call(WRITTEN, ["x.csv", "warm loaf\ncold roll\n", True]) == 'warm loaf,said,n\ncold roll,"a ""b""",0\n'


def test_a_file_without_the_separator_is_read_in_linear_time(call):
    """Characters that are looked at, not seconds: searches go no further than their record."""
    looked: Any = call(
        """async () => {
            const { csv, cellsOf } = await load("dialects");
            const find = String.prototype.indexOf;
            let looked = 0;
            String.prototype.indexOf = function (one, from = 0) {
                const at = find.call(this, one, from);
                looked += (at === -1 ? this.length : at) - from;
                return at;
            };
            try {
                const table = csv("質問は何ですか\\n".repeat(20000));
                for (let row = 0; row < 20000; row += 1) cellsOf(table, row);
            } finally {
                String.prototype.indexOf = find;
            }
            return looked;
        }"""
    )
    assert looked < 10 * 8 * 20_000
