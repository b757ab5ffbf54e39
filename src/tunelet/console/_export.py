"""The screen of `tunelet export`: what was written, and how far it is from the run."""

import shlex
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from tunelet._words import bytes_in_words, counted, interval, number, points

if TYPE_CHECKING:
    from tunelet.export import Exported
    from tunelet.run import FigureRecord, QuantisedRecord


def export_screen(console: Console, exported: "Exported") -> None:
    """What was compared on which texts, sizes and speeds, where the export lies, and what to type next."""
    parity, record = exported.parity, exported.record
    for name, line in (
        ("checked", f"on {counted(parity.texts, 'text')}: {parity.source}, against the run in float32"),
        ("parity", _parity(exported)),
        ("figure", _figure(parity.figure)),
        *(("int8", _quantised(way)) for way in record.quantised),
        ("size", (f"{bytes_in_words(parity.bytes)}; the run's weights, whole and in float32, "
                 f"{bytes_in_words(parity.reference_bytes)}")),
        ("speed", f"{parity.texts_per_second:,.1f} texts/s; the run, {parity.reference_texts_per_second:,.1f}"),
        *(("note", note) for note in exported.notes),
        ("export", str(exported.folder)),
        *([("page", f"python -m http.server --bind 127.0.0.1 --directory {shlex.quote(str(exported.folder))}")]
          if record.is_page else []),
        ("classify", (f"tunelet.Classifier.load({str(exported.folder)!r}); others: {shlex.quote(str(exported.folder))}"
                     "/README.md")),
    ):  # fmt: skip
        console.print(f"{name:<9} {escape(line)}", highlight=False, soft_wrap=True)


def _parity(exported: "Exported") -> str:
    apart = f"{exported.apart}; " if exported.apart else ""
    return f"{apart}{points(exported.parity.agreement, 2)} of the labels are the same"


def _figure(figure: "FigureRecord | None") -> str:
    if figure is None:
        return "the texts have no labels"
    bounds = interval(figure.difference_ci, signed=True)
    return (
        f"{figure.words} {number(figure.export)}, the run's {number(figure.source)} on the same texts: "
        f"{number(figure.difference, '+.4f')}{bounds and f' ({bounds})'}"
    )


def _quantised(way: "QuantisedRecord") -> str:
    kept = "kept: " if way.kept else ""
    return f"{kept}{way.name}: log loss {way.log_loss:.4f}, {points(way.agreement)} of the labels are the same"
