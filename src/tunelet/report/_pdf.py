"""A document as a typeset PDF, by typst, which gets it as data and never as markup, so that no text can be code."""

import json
from importlib import resources

from tunelet._version import __version__
from tunelet.report._document import Document
from tunelet.report._palette import for_print


def render_pdf(document: Document) -> bytes:
    """The PDF, on A4, with its fonts. No input is written to the disk, for it may hold texts of the data."""
    import typst

    values = document.plain() | {"version": __version__}
    files = {
        "main": (resources.files("tunelet.report") / "templates" / "report.typ").read_bytes(),
        "document.json": json.dumps(values, ensure_ascii=False).encode("utf-8"),
        **{f"{figure.name}.svg": for_print(figure.svg).encode("utf-8") for figure in document.figures},
    }
    content: bytes = typst.compile(files)  # type: ignore[call-overload]  # its stubs know of one file
    return content
