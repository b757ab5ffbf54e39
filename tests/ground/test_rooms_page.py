"""The diagrams in docs/architecture.md are those of the code."""

import re
import xml.etree.ElementTree as ET

import pytest

from command_line import ROOT
from rooms import arrows, reduced
from rooms_page import BEFORE, NOW, THEN, drawings, files_now, files_of

pytestmark = pytest.mark.slow


def test_the_diagrams_are_what_the_command_draws_now():
    for path, content in drawings().items():
        assert path.read_text(encoding="utf-8") == content, "python docs/rooms_page.py"


def test_the_page_shows_them():
    shown = re.findall(r"!\[.+\]\((.+)\)", (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))
    assert [ROOT / "docs" / path for path in shown] == [NOW, THEN]


def test_every_arrow_of_the_code_that_follows_from_no_other_is_drawn():
    drawn, _ = arrows(files_now())
    titles = ET.parse(NOW).iter("{http://www.w3.org/2000/svg}title")  # noqa: S314  (our own file)
    assert {title.text for title in titles} == {
        f"{name} imports {one}" for name, below in reduced(drawn).items() for one in below
    }


def test_the_commit_of_the_earlier_diagram_is_of_this_history():
    files = files_of(BEFORE)
    if files is None:
        pytest.skip("this copy has no history, or not so much of it")
    assert "_hub.py" in files
    assert not any(path.startswith("hub/") for path in files)
