"""Pages in a real browser: nothing is requested, nothing complains, nothing runs over the edge, light or dark."""

import pytest

import tunelet
from browsers import LOOKS_AT_PAGES
from tunelet.report import comparison_document, group_document, render_html
from tunelet.run import RunGroup

pytestmark = LOOKS_AT_PAGES


@pytest.fixture(scope="module")
def files(trained, seeds, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    found = {
        "run": group_document(RunGroup.load(trained("distilbert").path)),
        "comparison": comparison_document(tunelet.compare([trained("distilbert"), trained("albert")], resamples=200)),
        "seeds": comparison_document(tunelet.compare([seeds("distilbert"), seeds("bert")], resamples=200)),
    }
    for name, document in found.items():
        (folder / f"{name}.html").write_text(render_html(document), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in found}


@pytest.mark.parametrize("width", [1280, 390], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["run", "comparison", "seeds"])
def test_a_page_stands_alone_and_fits(browser, files, kind, scheme, width):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(files[kind].as_uri(), wait_until="load")
    assert [url for url in asked if not url.startswith("data:")] == [files[kind].as_uri()]
    assert said == []
    assert page.title() != "owned"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    light = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert light is (scheme == "light")
    pictures = page.evaluate("[...document.querySelectorAll('svg')].map(s => s.getBoundingClientRect().width)")
    assert len(pictures) >= 5
    assert min(pictures) > 200
    page.close()


def test_the_whole_of_a_long_text_opens(browser, files):
    page = browser.new_page()
    page.goto(files["run"].as_uri())
    hidden = page.locator("details .text").first
    assert not hidden.is_visible()
    page.locator("summary").first.click()
    assert hidden.is_visible()
    page.close()


def test_no_table_is_cut_on_a_desk_and_on_a_phone_it_can_be_scrolled_and_looks_it(browser, files):
    for width in (1280, 390):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.goto(files["comparison"].as_uri())
        wide = page.evaluate(
            "[...document.querySelectorAll('.scroll')].filter(s => s.scrollWidth > s.clientWidth + 1)"
            ".map(s => [getComputedStyle(s).overflowX, getComputedStyle(s).backgroundImage, s.tabIndex])"
        )
        if width == 1280:
            assert wide == []
        else:
            assert wide
            assert all(overflow == "auto" and "gradient" in image and tab == 0 for overflow, image, tab in wide)
        page.close()


def test_a_recipe_opens(browser, files):
    page = browser.new_page()
    page.goto(files["comparison"].as_uri())
    recipe = page.locator("details.file pre").first
    assert not recipe.is_visible()
    page.locator("details.file summary").first.click()
    assert recipe.is_visible()
    assert "[training]" in recipe.inner_text()
    page.close()
