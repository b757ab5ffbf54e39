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
    """What to type, or a file."""

    text: str
    kind: str = "code"


@dataclass(frozen=True)
class Quotes:
    """Texts of the data: each a line about it, its beginning, and the whole where that is longer."""

    quotes: tuple["Quote", ...]
    kind: str = "quotes"


@dataclass(frozen=True)
class Quote:
    """One text.

    Attributes:
        about: what was predicted of it.
        beginning: one line or more of it.
        whole: all of it, where the beginning is not.
    """

    about: str
    beginning: str
    whole: str | None


@dataclass(frozen=True)
class Heading:
    """Of a part of a section."""

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
    """A heading and what stands under it."""

    heading: str
    blocks: tuple[Block, ...]

    @property
    def anchor(self) -> str:
        """For links within the page."""
        return "-".join("".join(c if c.isalnum() else " " for c in self.heading.lower()).split())


@dataclass(frozen=True)
class Document:
    """A report.

    Attributes:
        title: of the page.
        subtitle: what it is about, in a line.
        findings: sentences that come first.
        sections: the rest.
        figures_of_merit: name -> value, three or four numbers at the top.
    """

    title: str
    subtitle: str
    findings: tuple[str, ...]
    sections: tuple[Section, ...]
    figures_of_merit: Mapping[str, str] = field(default_factory=dict)

    @property
    def figures(self) -> list[Figure]:
        """All pictures in their order."""
        blocks = [block for section in self.sections for block in section.blocks]
        return [figure for block in blocks if isinstance(block, Figures) for figure in block.figures]

    def without_quotes(self) -> "Document":
        """The same without texts of the data."""
        told = Text("Texts are not shown here.")
        sections = tuple(
            replace(section, blocks=tuple(told if isinstance(block, Quotes) else block for block in section.blocks))
            for section in self.sections
        )
        return replace(self, sections=sections)

    def plain(self) -> dict[str, Any]:
        """As JSON values, pictures by name."""
        plain = asdict(self)
        for section in plain["sections"]:
            for block in section["blocks"]:
                for figure in block.get("figures", ()):
                    del figure["svg"]
        return plain


QUOTED = 400  # characters of a text that are shown at once


def quote(about: str, text: str) -> Quote:
    """A text of the data, its beginning cut at a word."""
    text = text.strip()
    if len(text) <= QUOTED:
        return Quote(about, text, None)
    beginning = text[:QUOTED].rsplit(None, 1)[0] or text[:QUOTED]
    return Quote(about, f"{beginning} …", text)


def facts_table(rows: Sequence[tuple[str, str]], caption: str) -> Table:
    """Names and values, both in words."""
    return Table(("", ""), tuple(rows), caption, words=2)
