"""Colours of figures and pages, by role, in a light and a dark form; the same roles are CSS variables of the page.

A figure is drawn once, in marker colours that occur nowhere else. For a page they become CSS variables, so that one
picture follows the reader's light or dark mode; for print they become the light form. The series are Okabe and Ito's
(2008), which readers with colour-blindness can tell apart, darkened or lightened where contrast needs it.
"""

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Role:
    """The colour of a role in a figure or on a page.

    Attributes:
        marker: the colour that figures are drawn with, to be replaced.
        light: the colour in light mode and in print.
        dark: the colour in dark mode.
    """

    marker: str
    light: str
    dark: str


ROLES = {
    "paper": Role("#010203", "#ffffff", "#14171c"),
    "ink": Role("#010204", "#1c2430", "#e6e9ee"),
    "quiet": Role("#010205", "#5a6675", "#9aa5b4"),
    "line": Role("#010206", "#d5dae1", "#343c47"),
    "series-1": Role("#010207", "#0072b2", "#56b4e9"),
    "series-2": Role("#010208", "#d55e00", "#ff8c42"),
    "series-3": Role("#010209", "#00835f", "#2cc79a"),
    "series-4": Role("#01020a", "#a8578a", "#e39ac6"),
    "series-5": Role("#01020b", "#8a6d00", "#e8c547"),
    "series-6": Role("#01020c", "#5b4bb5", "#a99cf5"),
}
SERIES = tuple(name for name in ROLES if name.startswith("series-"))


def for_page(svg: str) -> str:
    """The SVG with CSS variables in place of marker colours, which follow the reader's light or dark mode."""
    for name, role in ROLES.items():
        svg = svg.replace(role.marker, f"var(--{name})")
    return svg


def for_print(svg: str) -> str:
    """The SVG with light colours in place of marker colours."""
    for role in ROLES.values():
        svg = svg.replace(role.marker, role.light)
    return svg


def for_file(svg: str, title: str, alternative: str) -> str:
    """The SVG as a file of its own: light colours on a background, with title and description."""
    head, _, body = for_print(svg).partition(">")
    ground = f'<rect width="100%" height="100%" fill="{ROLES["paper"].light}"/>'
    text = f"<title>{escape(title)}</title><desc>{escape(alternative)}</desc>"
    return f'{head} role="img">{text}{ground}{body}'


def css_variables(*, dark: bool) -> str:
    """CSS declarations of all roles' colours, for dark or for light mode."""
    return " ".join(f"--{name}: {role.dark if dark else role.light};" for name, role in ROLES.items())
