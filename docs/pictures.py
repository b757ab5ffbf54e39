"""The pictures in the README: a run as a terminal shows it, and the page of its report, both real.

    make pictures

Trains on the sample with MiniLM, writes docs/pictures/train.svg with rich and docs/pictures/report.png with Chromium.
"""

import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

_COLUMNS = 100
_FOLDER = Path(__file__).parent / "pictures"
_CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def terminal(command: list[str], output: str, path: Path) -> None:
    """What a command printed, with its colours, as SVG."""
    console = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text("$ " + " ".join(command), style="bold"))
    console.print(Text.from_ansi(output))
    path.write_text(console.export_svg(title="tunelet"), encoding="utf-8")


def page(report: Path, path: Path) -> None:
    """The top of a report, as a browser shows it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_CHROMIUM_FLAGS)
        opened = browser.new_page(viewport={"width": 1100, "height": 1500}, color_scheme="light")
        opened.goto(report.as_uri())
        opened.screenshot(path=path)
        browser.close()


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
        page(Path(scratch) / "runs" / "demo" / "report.html", _FOLDER / "report.png")


if __name__ == "__main__":
    main()
