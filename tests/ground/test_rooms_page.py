"""The diagrams in docs/architecture.md are those of the code."""

import pytest

from rooms_page import BEFORE, PAGE, files_of, page, with_diagram


def test_the_diagrams_are_what_the_command_draws_now():
    assert PAGE.read_text(encoding="utf-8") == page(), "python docs/rooms_page.py"


def test_the_commit_of_the_earlier_diagram_is_of_this_history():
    files = files_of(BEFORE)
    if files is None:
        pytest.skip("this copy has no history, or not so much of it")
    assert "_hub.py" in files
    assert not any(path.startswith("hub/") for path in files)


def test_a_page_without_a_place_for_a_diagram_is_refused():
    with pytest.raises(ValueError, match="no place"):
        with_diagram("# Architecture", "rooms", "```mermaid\n```")
