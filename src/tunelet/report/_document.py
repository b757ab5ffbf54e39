"""A report before it is a page: sections of blocks, in plain values. HTML and PDF show the same ones."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from tunelet.report._canvas import Figure


@dataclass(frozen=True)
class Text:
    """A paragraph; a `note` stands out."""

    text: str
    note: bool = False
    kind: str = "text"


@dataclass(frozen=True)
class Table:
    """Rows of cells; the first `words` columns are left-aligned, numbers stand at the right."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str
    words: int = 1
    kind: str = "table"


@dataclass(frozen=True)
class Figures:
    """Pictures side by side, where there is room."""

    figures: tuple[Figure, ...]
    kind: str = "figures"


@dataclass(frozen=True)
class Code:
    """Lines to type, or the content of a file, in a fixed-width font."""

    text: str
    kind: str = "code"


@dataclass(frozen=True)
class Quotes:
    """Texts of the data that are quoted, one after the other."""

    quotes: tuple["Quote", ...]
    kind: str = "quotes"


@dataclass(frozen=True)
class Quote:
    """One text of the data.

    Attributes:
        about: a line on its label and on what was predicted.
        beginning: its first characters, or the whole of a short text.
        whole: the whole text, where it is longer than the beginning; None: it is not.
        words: a line on the words that decided; "": nobody explained the text.
        marked, marked_whole: beginning and whole in HTML, escaped, with these words coloured; "" likewise.
    """

    about: str
    beginning: str
    whole: str | None
    words: str = ""
    marked: str = ""
    marked_whole: str = ""


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    text: str
    kind: str = "heading"


@dataclass(frozen=True)
class Folded:
    """A file that opens when it is asked for; print leaves it out."""

    summary: str
    text: str
    kind: str = "folded"


Block = Text | Table | Figures | Code | Quotes | Heading | Folded


@dataclass(frozen=True)
class Section:
    """A section of a report: its heading and its blocks in order."""

    heading: str
    blocks: tuple[Block, ...]

    @property
    def anchor(self) -> str:
        """The id of the section, for links within the page."""
        return "-".join("".join(c if c.isalnum() else " " for c in self.heading.lower()).split())


@dataclass(frozen=True)
class Document:
    """A report as plain values, which HTML and PDF are rendered from.

    Attributes:
        title: of the page.
        subtitle: one line on model, data and seeds.
        findings: sentences above the sections, the most important first.
        sections: in their order.
        figures_of_merit: name -> value, three or four numbers at the top.
    """

    title: str
    subtitle: str
    findings: tuple[str, ...]
    sections: tuple[Section, ...]
    figures_of_merit: Mapping[str, str] = field(default_factory=dict)

    @property
    def figures(self) -> list[Figure]:
        """All pictures of all sections, in their order."""
        blocks = [block for section in self.sections for block in section.blocks]
        return [figure for block in blocks if isinstance(block, Figures) for figure in block.figures]

    def without_quotes(self) -> "Document":
        """The same document with a notice in place of each block of quoted texts."""
        notice = Text("Texts are not shown here.")
        sections = tuple(
            replace(section, blocks=tuple(notice if isinstance(block, Quotes) else block for block in section.blocks))
            for section in self.sections
        )
        return replace(self, sections=sections)

    def plain(self) -> dict[str, Any]:
        """The document as JSON values, in which pictures have no SVG and quoted texts no HTML."""
        plain = asdict(self)
        for section in plain["sections"]:
            for block in section["blocks"]:
                for figure in block.get("figures", ()):
                    del figure["svg"]
                for quoted in block.get("quotes", ()):
                    del quoted["marked"], quoted["marked_whole"]
        return plain


QUOTED = 400  # characters of a text that are shown at once


def quote(about: str, text: str) -> Quote:
    """Quote a text of the data, with its beginning cut at a word."""
    text = text.strip()
    if len(text) <= QUOTED:
        return Quote(about, text, None)
    beginning = text[:QUOTED].rsplit(None, 1)[0] or text[:QUOTED]
    return Quote(about, f"{beginning} …", text)


def facts_table(rows: Sequence[tuple[str, str]], caption: str) -> Table:
    """A table of two columns without headings, names and values, both left-aligned."""
    return Table(("", ""), tuple(rows), caption, words=2)
