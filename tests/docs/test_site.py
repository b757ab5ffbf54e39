"""The docs site builds without a warning, and holds what it says it holds."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tunelet
from command_line import ROOT

pytestmark = pytest.mark.slow

MKDOCS = shutil.which("mkdocs", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly."""
    if MKDOCS is None:
        pytest.skip("MkDocs is not installed: pip install '.[docs]'")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [MKDOCS, "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_of_the_docs_is_a_page_of_the_site(site):
    for path in (ROOT / "docs").glob("*.md"):
        assert (site / path.with_suffix(".html").name).is_file(), path.name
    for name in ("index", "contributing", "changelog"):
        assert (site / f"{name}.html").is_file()
    assert not list(site.glob("*.py"))


def test_pictures_are_files_of_the_site_and_nothing_is_left_to_be_drawn_by_a_script(site):
    for path in sorted(site.glob("*.html")):
        page = path.read_text(encoding="utf-8")
        assert 'class="mermaid"' not in page, path.name
        for source in re.findall(r'<img[^>]* src="([^"]+)"', page):
            assert (path.parent / source).is_file(), (path.name, source)


def test_the_reference_explains_every_public_name(site):
    page = (site / "reference.html").read_text(encoding="utf-8")
    for name in set(tunelet.__all__) - {"__version__"}:
        assert f'id="tunelet.{name}"' in page, name


def test_every_public_name_stands_on_the_python_page():
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    for name in set(tunelet.__all__) - {"__version__", "Examples"}:
        assert name in page, name
