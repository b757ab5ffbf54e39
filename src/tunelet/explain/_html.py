"""Explained texts in HTML: a fragment for other pages, and a page of its own.

Texts and labels are escaped, and what would turn the order of letters round is made visible. Colour is never the only
sign: what speaks for the label has a solid line below, what speaks against it a dashed one; each coloured word has its
number as a title, and a screen reader hears it behind the word.
"""

import itertools
import os
from collections.abc import Sequence
from html import escape
from pathlib import Path

from tunelet._arguments import checked
from tunelet._output import visible
from tunelet._version import __version__
from tunelet.errors import DataError
from tunelet.explain._pieces import LEVELS, Piece, pieces, strongest
from tunelet.run import Explanation, write_atomically

_COLOURS = {"light": ("0 114 178", "213 94 0"), "dark": ("86 180 233", "255 140 66")}  # for, against: Okabe and Ito's
_GROUNDS = {"light": ("#ffffff", "#1c2430", "#5a6675"), "dark": ("#14171c", "#e6e9ee", "#9aa5b4")}
_STRENGTHS = (0.12, 0.22, 0.33, 0.45)  # opacity of each level: text on it keeps a contrast above 4.5
_SHOWN = 10  # words of the table


def explanation_styles() -> str:
    """CSS of the fragments: what a page needs once."""
    shades = "".join(
        f".tl-explained .{name}-{level + 1} {{ background: rgb(var(--tl-{name}) / {strength}); }}\n"
        for name in ("for", "against")
        for level, strength in enumerate(_STRENGTHS)
    )
    light, dark = (f"--tl-for: {each[0]}; --tl-against: {each[1]};" for each in _COLOURS.values())
    return f""".tl-explained {{ {light} }}
@media (prefers-color-scheme: dark) {{ .tl-explained {{ {dark} }} }}
.tl-explained .tl-text {{ white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; line-height: 1.9; }}
.tl-explained mark {{ color: inherit; border-radius: .2em; padding: .1em .05em; }}
.tl-explained mark[class^="for"] {{ border-bottom: .15em solid rgb(var(--tl-for)); }}
.tl-explained mark[class^="against"] {{ border-bottom: .15em dashed rgb(var(--tl-against)); }}
.tl-explained .tl-unread {{ opacity: .75; font-style: italic; }}
.tl-explained .tl-heard {{ position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  user-select: none; }}
{shades}"""


def html_fragment(explanation: Explanation, most: int | None = None) -> str:
    """The text with its words coloured, as a `div`; the page around it has `explanation_styles` once.

    Args:
        explanation: what `Classifier.explain` returned.
        most: characters to show, about; None: all.
    """
    shown, left = [], most
    for field in pieces(explanation):
        kept, left = (field, left) if left is None else _beginning(field, left)
        shown.append(kept)
    fields = "".join(f'<p class="tl-text" dir="auto">{_field(field)}</p>' for field in shown if field)
    return f'<div class="tl-explained">{fields}</div>'


def _beginning(field: Sequence[Piece], most: int) -> tuple[list[Piece], int]:
    """The first pieces of a field, with an ellipsis where others follow, and the characters that are left to show."""
    kept: list[Piece] = []
    for piece in field:
        if len(piece.text) > most:
            return [*kept, Piece("…", 0, 0.0, piece.read)] if most else kept, 0
        kept.append(piece)
        most -= len(piece.text)
    return kept, most


@checked
def explanations_page(explanations: Sequence[Explanation], path: str | Path) -> Path:
    """Write explained texts as one HTML file without a script, which asks for no other file.

    >>> explained = tunelet.Classifier.load("runs/first").explain("A joy from start to end.")
    >>> tunelet.explanations_page(explained, "explained.html").name
    'explained.html'

    Args:
        explanations: what `Classifier.explain` returned.
        path: of the file, which must not exist.

    Returns:
        The path.

    Raises:
        DataError: the file exists, or cannot be written.
    """
    path = Path(path)
    check_page(path)
    page = html_page(explanations)
    write_atomically(path, lambda part: part.write_text(page, encoding="utf-8"), "html")
    return path


def check_page(path: Path) -> None:
    """Refuse a file that exists. Raises DataError."""
    if os.path.lexists(path):
        raise DataError(f"{path} exists already", "name another file, or remove it")


def html_page(explanations: Sequence[Explanation]) -> str:
    """The page that `explanations_page` writes."""
    light, dark = (f"--paper: {paper}; --ink: {ink}; --quiet: {quiet};" for paper, ink, quiet in _GROUNDS.values())
    listed = [(number, each) for number, whole in enumerate(explanations, 1) for each in whole.each]
    sections = "\n".join(_section(number, each) for number, each in listed)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="tunelet {__version__}">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>Which words decided</title>
<style>
:root {{ {light} }}
@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}
body {{ margin: 0 auto; max-width: 48rem; padding: 1rem 1.25rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }}
.quiet {{ color: var(--quiet); }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
th, td {{ text-align: left; padding: .2rem .9rem .2rem 0; }}
{explanation_styles()}</style>
</head>
<body>
<main>
<h1>Which words decided</h1>
<p>Words with a solid line below speak for the label, words with a dashed line against it; the stronger the colour, the
more. The numbers are shares of {_shares(explanations)}.</p>
{sections}
</main>
</body>
</html>
"""


def _shares(explanations: Sequence[Explanation]) -> str:
    """What the words are shares of."""
    quantities = dict.fromkeys(each.quantity for each in explanations)
    odds = Explanation.quantity
    return " or ".join(f"the {name} of the label" if name == odds else f"the {name}" for name in quantities)


def _section(number: int, explanation: Explanation) -> str:
    if explanation.label is None:
        return f"<section><h2>{number}. no label</h2><p>There is nothing to read.</p></section>"
    rows = "".join(
        f'<tr><th scope="row"><bdi>{_safe(word.text)}</bdi></th><td>{word.contribution:+.3f}</td></tr>'
        for word in strongest(explanation, _SHOWN)
    )
    probability = "" if explanation.probability is None else f", probability {explanation.probability:.3f}"
    label = f"<bdi>{_safe(explanation.label)}</bdi>{probability}"
    remark = f'<p class="quiet">{_safe(explanation.remark)}</p>\n' if explanation.remark else ""
    return f"""<section><h2>{number}. {label}</h2>
{remark}{html_fragment(explanation)}
<table><caption class="quiet">the strongest words</caption><tbody>{rows}</tbody></table>
<p class="quiet">{escape(account(explanation))}</p></section>"""


def account(explanation: Explanation) -> str:
    """What the contributions sum to, in a sentence."""
    value, reference = explanation.value, explanation.reference_value
    if value is None or reference is None or explanation.completeness_error is None:
        return "There is nothing to read."
    without = f"the text of {explanation.reference} alone" if explanation.reference else "a text without known terms"
    sum_ = sum(word.contribution for word in explanation.words)
    exact = f"{100 * explanation.completeness_error:.2f} % off"
    exact += f" after {explanation.steps} steps" if explanation.steps else ""
    quantity = explanation.quantity.capitalize()
    return f"{quantity} {value:+.3f}: {reference:+.3f} of {without}, and {sum_:+.3f} of the words ({exact})."


def _field(field: Sequence[Piece]) -> str:
    parts = []
    for read, group in itertools.groupby(field, key=lambda piece: piece.read):
        inner = "".join(map(_piece, group))
        parts.append(
            inner if read else f'<span class="tl-unread" title="too long: not read">[not read: {inner}]</span>'
        )
    return "".join(parts)


def _piece(piece: Piece) -> str:
    text = _safe(piece.text)
    if not piece.level:
        return text
    name, number = "for" if piece.level > 0 else "against", f"{piece.contribution:+.3f}"
    return (
        f'<mark class="{name}-{min(LEVELS, abs(piece.level))}" title="{number}">{text}'
        f'<span class="tl-heard"> ({number})</span></mark>'
    )


def _safe(text: str) -> str:
    return escape(visible(text))
