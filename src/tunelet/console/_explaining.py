"""The screen of `tunelet explain`: the text with its words marked, and what their contributions sum to.

On a terminal with colours a word that speaks for the label is bold on blue, one that speaks against it underlined on
orange, so that colour is not the only sign. Elsewhere the number stands in brackets before the word.
"""

import itertools
from collections.abc import Sequence

from rich.console import Console
from rich.style import Style
from rich.text import Text

from tunelet._words import counted
from tunelet.explain import Explanation, Piece, account, pieces, strongest

_FOR = ("#cfe3f1", "#9cc8e3", "#66aad4", "#3391c8")  # by level, each with black letters on it
_AGAINST = ("#f8dfcc", "#f0b990", "#e8935a", "#e07a30")
_SHOWN = 6  # strongest words that are listed
_UNREAD = 60  # characters of a part that was not read, at each end


def explanations_screen(console: Console, explanations: Sequence[Explanation]) -> None:
    """Each explained text after the other."""
    coloured = console.is_terminal and not console.no_color
    for number, each in enumerate(each for whole in explanations for each in whole.each):
        if number:
            console.print()
        _show(console, each, coloured=coloured)


def _show(console: Console, explanation: Explanation, *, coloured: bool) -> None:
    if explanation.label is None:
        _say(console, Text("no label: there is nothing to read"))
        return
    probability = "" if explanation.probability is None else f"  {explanation.probability:.4f}"
    title = Text(f"{explanation.label}{probability}", style="bold")
    if explanation.remark:
        title.append(f"  ({explanation.remark})", style="not bold")
    _say(console, title)
    for field in pieces(explanation):
        text = Text()
        for read, group in itertools.groupby(field, key=lambda piece: piece.read):
            part = list(group)
            text.append_text(_marked(part, coloured=coloured) if read else _unread(part))
        _say(console, text)
    words = ", ".join(f"{word.text} {word.contribution:+.2f}" for word in strongest(explanation, _SHOWN))
    _say(console, Text(f"strongest: {words}"))
    _say(console, Text(account(explanation)))
    if coloured:
        legend = Text()
        legend.append("bold on blue", style=_style(3))
        legend.append(f" {explanation.speaks_for}, ")
        legend.append("underlined on orange", style=_style(-3))
        legend.append(f" {explanation.speaks_against}")
        _say(console, legend)


def _marked(field: Sequence[Piece], *, coloured: bool) -> Text:
    text = Text()
    for piece in field:
        if piece.level and coloured:
            text.append(piece.text, style=_style(piece.level))
        elif piece.level:
            text.append(f"[{piece.contribution:+.2f} {piece.text}]")
        else:
            text.append(piece.text)
    return text


def _unread(field: Sequence[Piece]) -> Text:
    """The ends of a part that the encoder does not read."""
    whole = "".join(piece.text for piece in field).strip()
    shown = whole if len(whole) <= 2 * _UNREAD else f"{whole[:_UNREAD]} ... {whole[-_UNREAD:]}"
    return Text(f" [not read, {counted(len(whole), 'character')}: {shown}] ", style="dim")


def _style(level: int) -> Style:
    ground = (_FOR if level > 0 else _AGAINST)[abs(level) - 1]
    return Style(color="black", bgcolor=ground, bold=level > 0, underline=level < 0)


def _say(console: Console, text: Text) -> None:
    console.print(text, markup=False, emoji=False, highlight=False, soft_wrap=True)
