"""The page of a service, opened in a browser, and what a reader does on it."""

import csv
import io
from pathlib import Path
from typing import Any

from served import Running


class Visit:
    """A page that is watched: what it asks of other hosts, and what the console says."""

    def __init__(self, browser: Any, found: Running, *, token: str | None = None, **options: Any) -> None:
        self.context = browser.new_context(accept_downloads=True, **options)
        if token is not None:
            self.context.add_init_script(f"sessionStorage.setItem('tunelet-token', '{token}')")
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.elsewhere: list[str] = []
        self.said: list[str] = []
        own = (found.url, f"blob:{found.url}")
        self.page.on("request", lambda asked: None if asked.url.startswith(own) else self.elsewhere.append(asked.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(f"{found.url}/")

    def type(self, text: str) -> None:
        """Type a text and wait for the coloured words of all models."""
        self.page.get_by_label("Text", exact=True).fill(text)
        for card in self.page.locator(".card").all():
            card.locator(".legend").wait_for()

    def choose(self, name: str, content: bytes) -> None:
        self.page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": content})

    def score(self) -> None:
        self.page.get_by_role("button", name="Score").click()
        self.page.locator("table.counts").wait_for()

    def downloaded(self) -> tuple[str, bytes]:
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name="Download").click()
        return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def table(content: bytes, separator: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=separator))
