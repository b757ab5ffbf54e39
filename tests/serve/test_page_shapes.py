"""The page with models of several labels a text and of ratings in order, in a real browser on a real service."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import tunelet
from browsers import LOOKS_AT_PAGES
from served import Running, running
from several_labels import WORDS, rated, rows
from tunelet import Classifier
from visits import Visit, table

pytestmark = LOOKS_AT_PAGES
TEXTS = [row["text"] for row in rows(24, 9)]
RATED = [str(row["text"]) for row in rated(10, 9)]


@pytest.fixture(scope="module")
def labels(labels_run) -> Classifier:
    return Classifier.load(labels_run)


@pytest.fixture(scope="module")
def sites(labels, ratings_run) -> Iterator[dict[str, Running]]:
    with (
        running({"feelings": labels}) as feelings,
        running({"stars": Classifier.load(ratings_run)}) as stars,
        running({"feelings": labels, "stars": Classifier.load(ratings_run)}) as both,
    ):
        yield {"feelings": feelings, "stars": stars, "both": both}


@pytest.fixture
def visit(browser, sites) -> Iterator[Callable[..., Visit]]:
    """Open the page; at the end nobody but the service was asked for anything, and the console is silent."""
    opened: list[Visit] = []

    def open_page(name: str, **options: Any) -> Visit:
        opened.append(Visit(browser, sites[name], **options))
        return opened[-1]

    yield open_page
    for one in opened:
        one.context.close()
        assert one.elsewhere == []
        assert one.said == []


def text_with(classifier: Classifier, labels: int) -> str:
    return next(
        text for text, found in zip(TEXTS, classifier.predict(TEXTS), strict=True) if len(found.labels) == labels
    )


def test_all_labels_that_are_given_stand_there_with_marks_at_their_thresholds(visit, labels):
    text = text_with(labels, 2)
    page = visit("feelings")
    page.type(text)
    (expected,) = labels.predict([text])
    assert page.page.locator(".verdict bdi").all_inner_texts() == list(expected.labels)
    assert set(page.page.locator("li.chosen .name").all_inner_texts()) == set(expected.labels)
    marks = page.page.locator("li .least").evaluate_all("all => all.map(one => parseFloat(one.style.left))")
    assert marks == pytest.approx([100 * least for least in labels.task.thresholds], abs=0.01)
    assert page.page.locator("#said").inner_text().startswith(expected.labels[0])


def test_the_words_of_another_label_are_a_choice_away(visit, labels):
    text = text_with(labels, 2)
    page = visit("feelings")
    page.type(text)
    choice = page.page.get_by_label("Label to explain")
    (expected,) = labels.predict([text])
    assert choice.input_value() == expected.labels[0]
    assert choice.locator("option").all_inner_texts()[:2] == list(expected.labels)
    other = expected.labels[1]
    choice.focus()
    with page.page.expect_response("**/v1/explain") as asked:
        choice.select_option(other)
    assert asked.value.json()["explanations"][0]["label"] == other
    page.page.wait_for_function("name => document.querySelector('.legend select')?.value === name", arg=other)
    assert page.page.evaluate("document.activeElement.tagName") == "SELECT"


def test_none_of_them_is_an_answer(visit, labels):
    text = text_with(labels, 0)
    page = visit("feelings")
    page.type(text)
    assert page.page.locator(".verdict").inner_text() == "None of them"
    assert page.page.locator("li.chosen").count() == 0


def test_a_file_counts_each_label_and_comes_back_as_predict_writes_it(visit, labels, labels_run, tmp_path):
    content = "text\n" + "\n".join([*TEXTS, '""']) + "\n"
    (tmp_path / "notes.csv").write_text(content)
    written = tunelet.predict_file(labels_run, tmp_path / "notes.csv", tmp_path / "out.csv")
    expected = table((tmp_path / "out.csv").read_bytes(), ",")
    page = visit("feelings")
    page.choose("notes.csv", content.encode())
    page.score()
    found = table(page.downloaded()[1], ",")
    assert found[0] == expected[0]
    for row, other in zip(found[1:], expected[1:], strict=True):
        assert row[:2] == other[:2]
        assert [float(cell or "nan") for cell in row[2:]] == pytest.approx(
            [float(cell or "nan") for cell in other[2:]], abs=5e-3, nan_ok=True
        )
    answers = [answer.labels for answer in labels.predict(TEXTS)]
    counts = page.page.locator("table.counts tbody tr").evaluate_all(
        "all => all.map(row => [row.cells[0].innerText, Number(row.querySelector('.count').innerText)])"
    )
    assert dict(counts) == {name: sum(name in given for given in answers) for name in WORDS} | {
        "none of them": answers.count(())
    }
    assert written.n == len(TEXTS)


def test_ratings_keep_their_order_and_say_their_mean(visit, ratings_run):
    page = visit("stars")
    page.type(RATED[0])
    (expected,) = Classifier.load(ratings_run).predict(RATED[:1])
    assert page.page.locator(".verdict bdi").inner_text() == expected.label
    assert f"{expected.expected:.1f}"[:2] in page.page.locator(".answer .hint").inner_text()
    assert page.page.locator("li .name").all_inner_texts() == list(ratings_run.label_names)
    assert "raises" in page.page.locator(".legend").inner_text()
    assert page.page.locator(".about table").inner_text().count("mean absolute error") == 1


def test_models_of_different_shapes_stand_side_by_side_on_a_phone_too(visit):
    page = visit("both", viewport={"width": 360, "height": 740})
    page.type(TEXTS[1])
    page.choose("notes.csv", ("text\n" + "\n".join(TEXTS[:5]) + "\n").encode())
    page.score()
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 360
