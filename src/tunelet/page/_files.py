"""The files of the page, from its folder `static` and from what the package knows: colours, names of columns."""

import json
from functools import cache
from importlib.resources import files as resources
from typing import Literal

from tunelet._version import __version__
from tunelet.data import NO_TEXT_WORDS, TEXT_NAMES
from tunelet.report import css_variables

Source = Literal["http", "browser"]
_SOURCES: dict[Source, str] = {"http": "source_http.js", "browser": "source_browser.js"}
_OF_HTTP = ("token.js",)  # what only that source imports


@cache
def files(source: Source) -> dict[str, bytes]:
    """The page for a source: relative path -> content. `index.html` comes first; all else lies in the folder `page`.

    `page/source.js` is what the page asks: `source_http.js` speaks to the service that the page came from, and
    `source_browser.js` runs the model in the browser. What they export stands at the head of the first.
    """
    static = {entry.name: entry.read_bytes() for entry in (resources("tunelet.page") / "static").iterdir()}
    index = static.pop("index.html").replace(b"{{version}}", __version__.encode())
    chosen = static.pop(_SOURCES[source])
    left_out = {*_SOURCES.values(), *(() if source == "http" else _OF_HTTP)}
    made = {"source.js": chosen, "colours.css": _colours(), "names.js": _names()}
    kept = {name: content for name, content in static.items() if name not in left_out}
    return {"index.html": index, **{f"page/{name}": content for name, content in sorted((kept | made).items())}}


def _colours() -> bytes:
    """The report's colours: light or dark as the reader's system is, or as the page's button says."""
    light, dark = css_variables(dark=False), css_variables(dark=True)
    return (
        f":root {{ color-scheme: light; {light} }}\n"
        "@media (prefers-color-scheme: dark) {\n"
        f"  :root:not([data-theme='light']) {{ color-scheme: dark; {dark} }}\n"
        "}\n"
        f":root[data-theme='dark'] {{ color-scheme: dark; {dark} }}\n"
    ).encode()


def _names() -> bytes:
    """By which names a column of texts is recognised: what `data` knows, for columns.js."""
    return (
        f"export const TEXT_NAMES = {json.dumps(TEXT_NAMES)};\n"
        f"export const NO_TEXT_WORDS = new Set({json.dumps(sorted(NO_TEXT_WORDS))});\n"
    ).encode()
