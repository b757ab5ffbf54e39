"""The files of the page, from its folder `static` and from what the package knows: colours, names of columns."""

import json
from functools import cache
from importlib.resources import files as resources

from jinja2 import Environment, StrictUndefined

from tunelet._version import __version__
from tunelet.data import KNOWN_NAMES, NO_TEXT_WORDS, TEXT_NAMES
from tunelet.page._policy import Source, policy
from tunelet.report import css_variables

_SOURCES: dict[Source, str] = {"http": "source_http.js", "browser": "source_browser.js"}
# What only one of them imports.
_OF: dict[Source, tuple[str, ...]] = {
    "http": ("token.js",),
    "browser": (
        "opened.js", "worker.js", "check.js", "model.js", "clean.js", "deciding.js", "tfidf.js", "leave_out.js",
    ),
}  # fmt: skip


@cache
def files(source: Source) -> dict[str, bytes]:
    """The page for a source: relative path -> content. `index.html` comes first; all else lies in the folder `page`.

    `page/source.js` is what the page asks: `source_http.js` speaks to the service that the page came from, and
    `source_browser.js` runs the model in the browser. What they export stands at the head of the first.
    """
    static = {entry.name: entry.read_bytes() for entry in (resources("tunelet.page") / "static").iterdir()}
    index = _index(static.pop("index.html").decode("utf-8"), source)
    chosen = static.pop(_SOURCES[source])
    left_out = {*_SOURCES.values(), *(name for other, names in _OF.items() if other != source for name in names)}
    made = {"source.js": chosen, "colours.css": _colours(), "names.js": _names()}
    kept = {name: content for name, content in static.items() if name not in left_out}
    return {
        "index.html": index,
        **{f"page/{name}": content for name, content in sorted((kept | made).items())},
    }


def _index(template: str, source: Source) -> bytes:
    """The page itself. In a folder it says what headers would, and what to do where the file itself is opened."""
    in_folder = source == "browser"
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True)
    made = environment.from_string(template).render(
        version=__version__, in_folder=in_folder, policy=policy(source) if in_folder else None
    )
    return made.encode("utf-8")


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
    """By which names columns, and those of texts, are recognised: what `data` knows, for columns.js and header.js."""
    return (
        f"export const KNOWN_NAMES = new Set({json.dumps(sorted(KNOWN_NAMES))});\n"
        f"export const TEXT_NAMES = {json.dumps(TEXT_NAMES)};\n"
        f"export const NO_TEXT_WORDS = new Set({json.dumps(sorted(NO_TEXT_WORDS))});\n"
    ).encode()
