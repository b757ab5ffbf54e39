"""The files of the page behind a plain web server, whose modules are called in a browser; there is no service."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from static_site import static_site
from tunelet.page import files

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def call(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Call]:
    """Call a function in JavaScript with an argument; `load(name)` in it gives a module of the page."""
    folder = tmp_path_factory.mktemp("page")
    for name, content in files("http").items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "blank.html").write_text("<!doctype html><title>blank</title>")
    page = browser.new_page()
    with static_site(folder) as address:
        page.goto(f"{address}blank.html")
        page.evaluate("() => { globalThis.load = (name) => import(`./page/${name}.js`) }")
        yield lambda script, argument=None: page.evaluate(script, argument)
    page.close()
