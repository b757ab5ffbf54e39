"""The page at `/` in a real browser, on a real service: it asks for a token, and of two models one has nasty labels."""

import csv
import io
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest

import tunelet
from brief import BRIEF
from browsers import LOOKS_AT_PAGES
from report_texts import NASTY
from served import Held, Running, running
from tunelet import Classifier
from tunelet.serve import ServeSettings
from tunelet.serve._token import Token, read_token
from visits import Visit, table

pytestmark = LOOKS_AT_PAGES
SECRET = "correct-horse-battery.staple_1"
MARKUP = "<img src=x onerror=\"document.title='owned'\">"
TEXT = "warm rye loaf, and a burnt roll"
PHONE = 360


@pytest.fixture(scope="module")
def nasty(tmp_path_factory, tiny_checkpoint) -> Classifier:
    """A model whose labels are markup."""
    rows = [(f"{words} {n}", label) for n in range(16) for words, label in ((TEXT, MARKUP), ("plain toast", "'\"&<b>"))]
    settings = {"data.max_length": 32, "training.epochs": 1, **BRIEF, "data.validation": "held-out"}
    run = tunelet.train(
        pd.DataFrame(rows, columns=["text", "label"]), model=tiny_checkpoint("distilbert"), settings=settings,
        out=tmp_path_factory.mktemp("nasty") / "run", quiet=True,
    )  # fmt: skip
    return Classifier.load(run)


@pytest.fixture(scope="module")
def token(tmp_path_factory) -> Token:
    path = tmp_path_factory.mktemp("token") / "token"
    path.touch(0o600)
    path.write_text(SECRET)
    return read_token(path)


@pytest.fixture(scope="module")
def site(bakery, nasty, token) -> Iterator[Running]:
    with running({"bakery": bakery, "nasty": nasty}, token=token) as found:
        yield found


@pytest.fixture
def visit(browser, site) -> Iterator[Callable[..., Visit]]:
    """Open the page; at the end nobody but the service was asked for anything, and the console is silent."""
    opened: list[Visit] = []

    def open_page(found: Running = site, token: str | None = SECRET, **options: Any) -> Visit:
        opened.append(Visit(browser, found, token=token, **options))
        return opened[-1]

    yield open_page
    for one in opened:
        one.context.close()
        assert one.elsewhere == []
        assert [said for said in one.said if "401" not in said and "429" not in said] == []


def test_a_text_is_classified_and_its_words_are_coloured_by_every_model(visit, bakery):
    page = visit()
    page.type(TEXT)
    card = page.page.locator(".card").first
    (expected,) = bakery.predict([TEXT])
    assert card.locator(".verdict bdi").inner_text() == expected.label
    shown = [float(text.removesuffix(" %")) for text in card.locator("li .number").all_inner_texts()]
    assert shown == pytest.approx([100 * value for value in expected.probabilities.values()], abs=0.3)
    assert (
        card.locator(".read").evaluate(
            "e => { e.querySelectorAll('.heard').forEach(h => h.remove()); return e.innerText }"
        )
        == TEXT
    )
    (explanation,) = bakery.explain([TEXT])
    strongest = max(abs(word.contribution) for word in explanation.words)
    strong = [word for word in explanation.words if abs(word.contribution) >= 0.1 * strongest]
    marks = (
        page.page.locator(".card")
        .first.locator(".read mark")
        .evaluate_all("all => all.map(m => [m.firstChild.data, m.className.split('-')[0], Number(m.title)])")
    )
    assert strong
    for word in strong:
        side = "for" if word.contribution > 0 else "against"
        assert [word.text, side] in [[text, kind] for text, kind, _ in marks]
    assert all(kind == ("for" if weight > 0 else "against") for _, kind, weight in marks if weight)
    assert page.page.locator("#said").inner_text().startswith(f"bakery: {expected.label}, ")


def test_metrics_with_intervals_and_the_curve_stand_beside_each_model(visit, bakery_run):
    page = visit().page
    page.locator(".about figure svg path").first.wait_for()
    first = page.locator(".about").first
    cells = first.locator("tr", has_text="accuracy").locator("td").all_inner_texts()
    low, high = bakery_run.metrics.interval("accuracy")
    assert cells == [f"{bakery_run.metrics.accuracy:.3f}", f"{low:.3f} to {high:.3f}"]
    assert "True positive rate" in first.get_by_role("img").get_attribute("aria-label")
    stroke = "e => getComputedStyle(e.querySelector('path[stroke]')).stroke"
    assert first.locator("svg").evaluate(stroke).startswith("rgb")


ROWS = [
    ["note", "Predicted_bakery", 'a "quoted" name', MARKUP],
    ["warm rye loaf", " 007 ", "1e5", ""],
    ["cold,\r\nburnt; roll", 'he said "no"', "", MARKUP],
    ["", "no text", "x", "y"],
    ["plain\ntoast", "é\u2028ü 日本", "=1+1", '"'],
    *([f"loaf {n}", str(n), "", ""] for n in range(70)),
]


def test_a_csv_comes_back_with_every_field_as_it_was_and_the_answers_beside(visit, bakery):
    page = visit()
    for form in ((",", "\r\n", False), (";", "\n", True)):
        check_scored(page, bakery, *form)


def check_scored(page: Visit, bakery: Classifier, separator: str, newline: str, mark: bool) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=separator, lineterminator=newline, quoting=csv.QUOTE_ALL).writerows(ROWS)
    content = ("\ufeff" * mark + written.getvalue()).encode()
    page.choose("notes.of.bakery.csv", content)
    page.score()
    name, result = page.downloaded()
    assert name == "notes.of.bakery-scored.csv"
    rows, width = table(result, separator), len(ROWS[0])
    assert [row[:width] for row in rows] == ROWS
    assert result.startswith(b"\xef\xbb\xbf") is mark
    assert all(line in result for line in content.removesuffix(newline.encode()).split(newline.encode()))
    head = rows[0][width:]
    assert head[:2] == ["predicted_bakery_2", "probability_bakery"]
    assert len({column.casefold() for column in rows[0]}) == len(rows[0])
    texts = [row[0] for row in ROWS[1:]]
    for expected, row in zip(bakery.predict(texts), rows[1:], strict=True):
        found = dict(zip(head, row[width:], strict=True))
        assert found["predicted_bakery_2"] == (expected.label or "")
        for label, value in expected.probabilities.items():
            if expected.label:
                assert float(found[f"probability_bakery_{label}"]) == pytest.approx(value, abs=2e-3)
    assert set(rows[3][width:]) == {""}
    counts = page.page.locator("table.counts .count").all_inner_texts()
    assert sum(map(int, counts)) == 2 * (len(texts) - 1)


def drop(page: Visit, text: str) -> None:
    data = page.page.evaluate_handle(
        "text => { const d = new DataTransfer(); d.items.add(new File([text], 'dropped.csv')); return d }", text
    )
    page.page.dispatch_event("main", "drop", {"dataTransfer": data})


def test_a_file_that_is_dropped_before_the_models_are_known_waits_for_them(visit):
    page = visit()
    held = []
    page.page.route("**/v1/models", lambda route: held.append(route))
    page.page.reload()
    drop(page, "a,b\nwarm loaf,cold roll\n")
    choice = page.page.get_by_label("Column of the texts")
    assert choice.count() == 0
    (asked,) = held
    asked.continue_()
    choice.wait_for()


def test_a_column_is_asked_for_where_none_is_recognised_and_a_file_may_be_dropped(visit):
    page = visit()
    drop(page, "a,b\nwarm loaf,cold roll\n" * 2)
    choice = page.page.get_by_label("Column of the texts")
    choice.wait_for()
    assert choice.input_value() == ""
    page.page.get_by_role("button", name="Score").click()
    assert page.page.locator("table.counts").count() == 0
    choice.select_option("b")
    page.page.get_by_label("The first row names the columns").uncheck()
    choice.select_option("column 2")
    page.page.get_by_role("checkbox", name="nasty").uncheck()
    page.score()
    rows = table(page.downloaded()[1], ",")
    assert [row[:2] for row in rows] == [["a", "b"], ["warm loaf", "cold roll"]] * 2
    assert all(row[2] in ("good", "bad") for row in rows)


BROKEN = {
    "line 3": b"text\nfine\ncaf\xe9\n",
    "UTF-16": "text\nfine\n".encode("utf-16"),
    "Excel": b"PK\x03\x04" + bytes(30),
    "Row 3": b"text,n\nfine,1\na, b,2\n",
    "never closed": b'text,n\nfine,1\n"never closed,2\n',
    "no rows": b"",
}


def test_a_file_that_is_no_table_in_utf8_is_refused_with_what_is_wrong(visit):
    page = visit()
    for said, content in BROKEN.items():
        page.choose(f"without {said}.csv", content)
        alert = page.page.get_by_role("alert").filter(has_text=f"without {said}.csv")
        alert.wait_for()
        assert said in alert.inner_text().partition(": ")[2]
        assert page.page.get_by_role("button", name="Score").count() == 0


def test_nothing_in_a_text_a_label_a_name_or_a_file_is_executed(visit):
    page = visit()
    for text in (NASTY["markup"], MARKUP, NASTY["right to left"]):
        page.type(text)
    rows = f'{MARKUP.replace(chr(34), "")},text\n<script>alert(1)</script>,"{MARKUP.replace(chr(34), chr(34) * 2)}"\n'
    page.choose(f"{MARKUP}.csv", rows.encode())
    page.score()
    assert "owned" not in page.page.title()
    assert page.page.locator("img, main script, iframe, main b").count() == 0
    assert page.page.locator("table.counts").inner_text().count(MARKUP) == 1


def test_the_theme_is_the_systems_until_it_is_chosen_and_then_stays(visit):
    light, dark = "rgb(255, 255, 255)", "rgb(20, 23, 28)"
    ground = "getComputedStyle(document.body).backgroundColor"
    page = visit(color_scheme="light").page
    assert page.evaluate(ground) == light
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ground) == dark
    page.locator("#theme").click()
    assert page.evaluate(ground) == light
    page.reload()
    assert page.evaluate(ground) == light


@pytest.fixture(scope="session")
def axe(tmp_path_factory) -> str:
    """axe-core from the npm registry."""
    folder = tmp_path_factory.mktemp("axe")
    if (npm := shutil.which("npm")) is None:
        pytest.skip("npm is not installed")
    packed = subprocess.run(
        [npm, "pack", "--silent", "axe-core@4"], cwd=folder, capture_output=True, text=True, check=False
    )
    if packed.returncode:
        pytest.skip(f"the npm registry is out of reach: {packed.stderr[-200:]}")
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        script = archive.extractfile("package/axe.min.js")
        assert script is not None
        return script.read().decode("utf-8")


def test_axe_finds_no_violation_in_either_theme_on_a_desk_and_a_phone_which_nothing_runs_over(visit, axe):
    page = visit(viewport={"width": PHONE, "height": 740})
    page.type(f"{TEXT} {'unbroken' * 30}")
    page.choose("notes.csv", b"text,n\nwarm rye loaf,1\n" * 3)
    page.score()
    page.page.locator(".about figure svg").nth(1).wait_for()
    page.page.evaluate(axe)
    for width, scheme in ((PHONE, "light"), (PHONE, "dark"), (1280, "dark"), (1280, "light")):
        page.page.set_viewport_size({"width": width, "height": 900})
        page.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert page.page.evaluate("document.documentElement.scrollWidth") <= width
        found = page.page.evaluate("axe.run().then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
        assert found == []


def test_all_can_be_reached_by_keyboard(visit):
    page = visit()
    page.type(TEXT)
    page.choose("notes.csv", b"text,n\nwarm rye loaf,1\n")
    page.page.locator("table").nth(1).wait_for()
    page.page.locator("body").evaluate("e => e.focus()")
    page.page.evaluate("document.activeElement.blur()")
    controls = "button, select, textarea, input, [tabindex='0']"
    expected = page.page.evaluate(
        """all => [...document.querySelectorAll(all)].filter(e => e.checkVisibility())
            .map((e, n) => e.dataset.nth = String(n))""",
        controls,
    )
    reached = set()
    for _ in range(2 * len(expected)):
        page.page.keyboard.press("Tab")
        reached.add(page.page.evaluate("document.activeElement.dataset.nth ?? ''"))
    assert len(expected) >= 9  # the theme, the text, Clear, the words of two models, the file, its settings, Score
    assert reached - {""} == set(expected)
    page.page.get_by_role("button", name="Score").focus()
    page.page.keyboard.press("Enter")
    page.page.locator("table.counts").wait_for()
    assert page.page.evaluate("document.activeElement.textContent") == "Download the CSV"


def test_the_token_is_asked_for_once_and_kept_no_longer_than_the_tab(visit):
    page = visit(token=None).page
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("textbox", name="Token").fill("another-horse-battery")
    page.keyboard.press("Enter")
    page.get_by_role("alert").filter(has_text="refused").wait_for()
    page.get_by_role("textbox", name="Token").fill(SECRET)
    page.keyboard.press("Enter")
    page.locator(".card").nth(1).wait_for()
    assert dialog.count() == 0
    assert page.evaluate("[JSON.stringify(localStorage), document.cookie]") == ["{}", ""]
    page.reload()
    page.locator(".card").nth(1).wait_for()
    assert dialog.count() == 0


def test_a_busy_service_is_asked_again_and_a_scoring_is_stopped_and_goes_on(visit, held: Held):
    with running({"bakery": held}, ServeSettings(queue=8, max_texts=8, drain=0)) as busy:
        page = visit(busy, token=None)
        page.choose("notes.csv", b"text,n\n" + b"warm rye loaf,1\n" * 100)
        score = page.page.get_by_role("button", name="Score")
        with held.held():
            with page.page.expect_response(lambda answer: answer.status == 429):  # the second batch does not fit
                score.click()
            page.page.get_by_role("button", name="Cancel").click()
            go_on = page.page.get_by_role("button", name="Go on")
            go_on.wait_for()
        go_on.click()
        page.page.locator("table.counts").wait_for()
        assert sum(map(int, page.page.locator("table.counts .count").all_inner_texts())) == 100


def test_a_model_of_several_columns_has_a_field_for_each(visit, columns):
    with running({"columns": columns}) as found:
        page = visit(found, token=None)
        page.page.get_by_label("note").fill("warm rye loaf")
        page.page.get_by_label("title").fill("bakery")
        page.page.locator(".legend").wait_for()
        (expected,) = columns.predict([{"note": "warm rye loaf", "title": "bakery"}])
        assert page.page.locator(".verdict bdi").inner_text() == expected.label
        assert page.page.locator(".coloured").count() == 2
        page.choose("notes.csv", b"id,title,note\n1,bakery,warm rye loaf\n")
        page.score()
        rows = table(page.downloaded()[1], ",")
        assert rows[1][3] == expected.label
