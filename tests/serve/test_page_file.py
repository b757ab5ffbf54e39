"""A file on the page of a real service: what it is taken for, a busy service, and answers that are not lost."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from browsers import LOOKS_AT_PAGES
from served import Held, running
from tunelet.serve import ServeSettings
from visits import Visit, table

pytestmark = LOOKS_AT_PAGES


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Visit]]:
    opened: list[Visit] = []

    def open_page(found: Any) -> Visit:
        opened.append(Visit(browser, found))
        return opened[-1]

    yield open_page
    for one in opened:
        one.context.close()


def counted(page: Visit) -> int:
    return sum(map(int, page.page.locator("table.counts .count").all_inner_texts()))


def test_the_first_text_of_a_list_is_no_header_and_a_txt_is_a_text_a_line(visit, service):
    page = visit(service)
    page.choose("list.csv", b"warm rye loaf\ncold burnt roll\n")
    header = page.page.get_by_label("The first row names the columns")
    assert not header.is_checked()
    page.score()
    assert counted(page) == 2
    assert len(table(page.downloaded()[1], ",")) == 2
    page.choose("list.txt", b'warm, "rye" loaf\n\ncold\n')
    assert header.count() == 0
    page.score()
    name, content = page.downloaded()
    assert name == "list-scored.csv"
    assert [row[0] for row in table(content, ",")] == ["text", 'warm, "rye" loaf', "", "cold"]


def test_the_separator_is_found_and_can_be_changed(visit, service):
    page = visit(service)
    page.choose("x.csv", b"1;great, really\n2;bad, sorry\n3;so, so\n")
    separator = page.page.get_by_label("Between two cells")
    assert separator.input_value() == ";"
    assert page.page.get_by_label("Column of the texts").locator("option").count() == 3
    separator.select_option(",")
    assert page.page.get_by_label("Column of the texts").locator("option").last.inner_text() == "really"
    page.choose("y.csv", b"text;n\na, b;1\nc;2\n")
    separator.select_option(",")
    page.page.get_by_role("alert").filter(has_text="Row 2").wait_for()
    assert separator.input_value() == ";"


def test_a_file_that_does_not_fit_can_be_read_with_another_separator(visit, service):
    page = visit(service)
    written = b'text\tn\n"warm" rye loaf\t1\ncold roll\t2\n'
    page.choose("x.csv", written)
    refused = page.page.get_by_role("alert").filter(has_text="Row 2")
    refused.wait_for()
    separator = page.page.get_by_label("Between two cells")
    separator.select_option("|")
    assert refused.count() == 1
    assert separator.input_value() == "|"
    separator.select_option("\t")
    page.page.get_by_role("heading", name="x.csv").wait_for()
    assert refused.count() == 0
    assert separator.input_value() == "\t"
    page.score()
    assert counted(page) == 2
    lines = page.downloaded()[1].splitlines()
    assert [line.split(b"\t")[:2] for line in lines] == [line.split(b"\t") for line in written.splitlines()]


def test_a_model_that_is_not_asked_needs_no_column(visit, bakery, columns):
    with running({"bakery": bakery, "columns": columns}) as found:
        page = visit(found)
        page.choose("x.csv", b"a,b\nwarm loaf,1\n")
        page.page.get_by_label("Column of the texts").select_option("a")
        assert page.page.locator(".settings select[required]").count() == 3
        page.page.get_by_role("checkbox", name="columns", exact=True).uncheck()
        assert page.page.locator(".settings select[required]").count() == 1
        page.page.get_by_label("The first row names the columns").uncheck()
        assert page.page.get_by_label("Column of the texts").input_value() == "0"
        page.score()
        assert counted(page) == 2


def test_answers_that_are_not_downloaded_are_not_lost_without_a_question(visit, service):
    page = visit(service)
    page.choose("first.csv", b"text,n\nwarm rye loaf,1\n")
    page.score()
    asked: list[str] = []
    answers = [False, False, True]

    def answer(dialog: Any) -> None:
        asked.append(dialog.message)
        (dialog.accept if answers[len(asked) - 1] else dialog.dismiss)()

    page.page.on("dialog", answer)
    page.page.get_by_label("The first row names the columns").uncheck()
    page.page.get_by_role("button", name="Score").click()
    page.choose("second.csv", b"text,n\nwarm rye loaf,1\n")
    assert len(asked) == 2
    assert counted(page) == 1
    leaving = "() => dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    assert page.page.evaluate(leaving) is False
    assert [row[0] for row in table(page.downloaded()[1], ",")] == ["text", "warm rye loaf"]  # as it was scored
    assert page.page.evaluate(leaving) is True
    page.choose("second.csv", b"text,n\nwarm rye loaf,1\n")
    page.page.get_by_role("heading", name="second.csv").wait_for()
    assert len(asked) == 2


def test_settings_wait_while_a_file_is_scored(visit, held: Held):
    with running({"bakery": held}) as found:
        page = visit(found)
        page.choose("x.csv", b"text,n\nwarm rye loaf,1\n")
        score = page.page.get_by_role("button", name="Score")
        with held.held():
            score.click()
            page.page.get_by_role("button", name="Cancel").wait_for()
            assert score.is_disabled()
            assert page.page.get_by_label("The first row names the columns").is_disabled()
        page.page.locator("table.counts").wait_for()
        assert score.is_enabled()


def test_a_slow_service_scores_a_whole_file_and_a_text_that_is_typed_meanwhile(visit, held: Held):
    with running({"bakery": held}, ServeSettings(deadline=2.0, drain=0)) as slow:
        page = visit(slow)
        held.seconds_a_text = 0.12  # a batch of 32 would take twice as long as the service waits
        page.choose("x.csv", b"text,n\n" + b"warm rye loaf,1\n" * 40)
        page.page.get_by_role("button", name="Score").click()
        page.page.get_by_label("Text", exact=True).fill("cold burnt roll")
        page.page.locator(".verdict").wait_for()
        assert page.page.locator("table.counts").count() == 0
        page.page.locator("table.counts").wait_for(timeout=60_000)
        assert counted(page) == 40


def test_a_text_that_was_too_late_is_asked_for_again(visit, held: Held):
    with running({"bakery": held}, ServeSettings(deadline=0.3, drain=0)) as late:
        page = visit(late)
        page.choose("x.csv", b"text,n\nwarm rye loaf,1\n")
        with held.held():
            page.score()
            again = page.page.get_by_role("button", name="Try the 1 that failed again")
            again.wait_for()
            assert counted(page) == 0
        again.click()
        page.page.locator("table.counts .count", has_text="1").wait_for()
        assert counted(page) == 1
