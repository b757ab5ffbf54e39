"""A figure for a page whose Content-Security-Policy lets no style through that stands in markup.

matplotlib writes styles; each of their declarations is also an attribute of SVG (SVG 1.1, section 6.1), and these are
no styles to a browser's policy.
"""

import re

from tunelet.report._canvas import Figure
from tunelet.report._palette import for_page

_STYLE = re.compile(r' style="([^"]*)"')
# What matplotlib says of all elements; on the root they inherit it.
_OF_ALL = re.compile(r"<style[^>]*>\*\{stroke-linejoin: ?round; ?stroke-linecap: ?butt\}</style>")


def for_strict_page(figure: Figure) -> str:
    """The SVG in the colours of the page's CSS variables, without a style in it; an SVG document by itself."""
    svg, found = _OF_ALL.subn("", for_page(figure.svg))
    if found:
        svg = svg.replace("<svg", '<svg stroke-linejoin="round" stroke-linecap="butt"', 1)
    return _STYLE.sub(lambda match: _attributes(match[1]), svg)


def _attributes(style: str) -> str:
    pairs = [declaration.partition(":")[::2] for declaration in style.split(";") if declaration.strip()]
    return "".join(f' {name.strip()}="{value.strip()}"' for name, value in pairs)
