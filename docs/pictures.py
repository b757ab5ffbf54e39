"""The pictures in the README and the docs, all real: a run as a terminal shows it, its report, and the page of it.

    make pictures

Trains on the sample with MiniLM, and writes into docs/pictures train.svg with rich, and with Chromium report.png and
page.png, the page of `tunelet serve`.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.text import Text

_COLUMNS = 100
_FOLDER = Path(__file__).parent / "pictures"
_CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
_TEXT = (
    "I had high hopes for this film, and for the first hour it was a delight: funny, warm and beautifully shot. "
    "Then the plot falls apart, and the ending is a predictable mess. Still, the cast is wonderful."
)


def terminal(command: list[str], output: str, path: Path) -> None:
    """What a command printed, with its colours, as SVG."""
    console = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text("$ " + " ".join(command), style="bold"))
    console.print(Text.from_ansi(output))
    path.write_text(console.export_svg(title="tunelet"), encoding="utf-8")


@contextmanager
def opened(address: str, height: int) -> Iterator[Page]:
    """A page in a browser, in light colours."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1100, "height": height}, color_scheme="light")
        page.goto(address)
        yield page
        browser.close()


def top(report: Path, path: Path) -> None:
    """The top of a report, as a browser shows it."""
    with opened(report.as_uri(), 1500) as page:
        page.screenshot(path=path)


def tried(run: Path, path: Path) -> None:
    """The page of a service, with a text and its coloured words."""
    command = [sys.executable, "-m", "tunelet", "serve", str(run), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as service:
        try:
            found = next(filter(None, (re.search(r"http://[\d.:]+", line) for line in service.stderr or ())))
            with opened(found[0], 1250) as page:
                page.get_by_label("Text", exact=True).fill(_TEXT)
                page.locator(".legend").wait_for()
                page.locator("figure svg").wait_for()
                page.screenshot(path=path, animations="disabled")
        finally:
            service.terminate()


def main() -> None:
    _FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        command = ["tunelet", "train", "sample", "--model", "minilm", "--out", "runs/demo"]
        # in colour, but without what moves
        terminal_settings = {
            "COLUMNS": str(_COLUMNS),
            "FORCE_COLOR": "1",
            "TERM": "xterm-256color",
            "TTY_INTERACTIVE": "0",
        }
        environment = os.environ | terminal_settings | {"HF_HUB_OFFLINE": "1"}
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=scratch,
            env=environment,
            check=True,
            stderr=subprocess.PIPE,
            text=True,
        )
        terminal(command, done.stderr, _FOLDER / "train.svg")
        subprocess.run(
            [sys.executable, "-m", "tunelet", "report", "runs/demo"], cwd=scratch, check=True, stdout=subprocess.DEVNULL
        )
        top(Path(scratch) / "runs" / "demo" / "report.html", _FOLDER / "report.png")
        tried(Path(scratch) / "runs" / "demo", _FOLDER / "page.png")


if __name__ == "__main__":
    main()
