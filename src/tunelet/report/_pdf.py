"""A document as a typeset PDF, by typst. The document reaches it as data, never as markup, so no text can be code."""

import json
import tempfile
from importlib import resources
from pathlib import Path

from tunelet._version import __version__
from tunelet.report._document import Document
from tunelet.report._palette import for_print


def render_pdf(document: Document) -> bytes:
    """The PDF: A4, fonts within."""
    import typst

    with tempfile.TemporaryDirectory(prefix="tunelet-report-") as folder:
        root = Path(folder)
        source = resources.files("tunelet.report") / "templates" / "report.typ"
        (root / "report.typ").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
        values = document.plain() | {"version": __version__}
        (root / "document.json").write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
        for figure in document.figures:
            (root / f"{figure.name}.svg").write_text(for_print(figure.svg), encoding="utf-8")
        made: bytes = typst.compile(root / "report.typ", root=root)
        return made
