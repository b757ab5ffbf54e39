"""A real browser for tests that look at pages; they skip where chromium is not installed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LOOKS_AT_PAGES = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="pages are not looked at: chromium is not installed"),
]
_QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


@contextmanager
def started_browser() -> Iterator[Any]:
    """A browser of playwright that asks no other host for anything."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_QUIET))
        yield started
        started.close()
