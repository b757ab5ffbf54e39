"""Pages hold what the run folder holds, as text; nothing in them runs, loads or breaks out."""

import html
import json
import re
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

import tunelet
from report_texts import NASTY
from tunelet.errors import RunError
from tunelet.report import comparison_document, group_document, render_html, render_pdf, write_comparison, write_report
from tunelet.run import RunGroup

pytestmark = pytest.mark.slow

VOID = {"meta", "link", "br", "img", "hr", "path", "use", "rect"}


class Page(HTMLParser):
    """Tags with attributes, ids, and the text of the whole."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def pages(trained, seeds):
    """Every kind of document as a page."""
    found = {
        "run": group_document(RunGroup.load(trained("distilbert").path)),
        "seeds": group_document(seeds("distilbert")),
        "comparison": comparison_document(tunelet.compare([trained("distilbert"), trained("albert")], resamples=200)),
        "comparison of seeds": comparison_document(
            tunelet.compare([seeds("distilbert"), seeds("bert")], resamples=200)
        ),
    }
    return {name: render_html(document) for name, document in found.items()}


def test_pages_are_well_formed_and_reach_for_nothing(pages):
    for source in pages.values():
        page = Page(source)
        assert not page.open
        assert not [tag for tag, _ in page.tags if tag in ("script", "iframe", "object", "embed", "img", "base")]
        for tag, attributes in page.tags:
            assert not [name for name in attributes if name.startswith("on")], tag
            for name in ("src", "href", "xlink:href", "action"):
                assert (attributes.get(name) or "#").startswith(("#", "data:,")), (tag, attributes)
        assert "url(http" not in source
        assert len(source) < 3_000_000


def test_ids_are_unique_and_every_link_within_the_page_has_its_target(pages):
    for source in pages.values():
        page = Page(source)
        ids = Counter(attributes["id"] for _, attributes in page.tags if attributes.get("id"))
        assert not [name for name, count in ids.items() if count > 1]
        links = {
            value[1:]
            for _, a in page.tags
            for key in ("href", "xlink:href")
            if (value := a.get(key)) and value[0] == "#"
        }
        links |= set(re.findall(r"url\(#([^)]+)\)", source))
        assert links <= set(ids)


def test_pictures_have_titles_and_alternative_texts(pages):
    for source in pages.values():
        page = Page(source)
        pictures = [attributes for tag, attributes in page.tags if attributes.get("role") == "img"]
        assert len(pictures) == sum(tag == "svg" for tag, _ in page.tags) >= 5
        assert all(len(attributes["aria-label"]) > 20 for attributes in pictures)
        assert not re.search(r"#0102[0-9a-f]{2}", source)  # no colour is left that follows no mode


@pytest.mark.parametrize("kind", list(NASTY))
def test_every_text_appears_as_text_shortened_with_its_whole_within_reach(trained, pages, kind):
    text = " ".join(NASTY[kind].split())
    page = " ".join(Page(pages["run"]).text.split())
    whole = [entry.text for entry in trained("distilbert").evaluation.errors if entry.text.startswith(NASTY[kind][:20])]
    assert len(whole) == 1
    assert text in page
    if len(text) > 400:
        explained = sum(whole[0] in each.fields for each in trained("distilbert").explanations.errors)
        assert page.count(text) == 1 + explained  # once more with its words coloured
        assert "the whole text" in page


def test_the_page_names_its_source_as_text(pages):
    assert html.escape("train <b>&.csv") in pages["run"]


def test_findings_say_that_an_untrained_encoder_does_not_beat_the_baseline(trained, pages):
    assert "baseline" in group_document(RunGroup.load(trained("distilbert").path)).findings[0].lower()
    compared = comparison_document(tunelet.compare([trained("distilbert"), trained("albert")], resamples=200))
    assert any("does not beat the baseline" in found or "Use the baseline" in found for found in compared.findings)


def test_the_pdf_has_the_same_document(trained, tmp_path):
    document = group_document(RunGroup.load(trained("distilbert").path))
    (tmp_path / "report.pdf").write_bytes(render_pdf(document))
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    if shutil.which("pdftotext") is None:
        pytest.skip("its text is not read: pdftotext (poppler-utils) is not installed")
    done = subprocess.run(
        [shutil.which("pdftotext"), str(tmp_path / "report.pdf"), "-"], check=True, stdout=subprocess.PIPE, text=True
    )
    text = " ".join(done.stdout.split())
    for section in document.sections:
        assert section.heading in text
    assert "<script>" in text
    assert "#set page(fill: red)" in text


def test_files_are_written_into_the_run_folder_and_written_again(trained):
    group = RunGroup.load(trained("albert").path)
    first = write_report(group)
    names = {path.relative_to(group.path).as_posix() for path in first}
    assert {"report.html", "report.pdf", "README.md", "figures/roc.svg", "figures/confusion.svg"} <= names
    before = [path.read_bytes() for path in first if path.suffix != ".pdf"]
    again = write_report(group)
    assert [path.read_bytes() for path in again if path.suffix != ".pdf"] == before


def test_a_comparison_goes_into_a_folder_of_its_own(trained, tmp_path):
    found = tunelet.compare([trained("distilbert"), trained("albert")], resamples=200)
    written = write_comparison(found, tmp_path / "out")
    assert all(path.is_file() for path in written)
    record = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert [model["name"] for model in record["models"]][:3] == [*found.names, "TF-IDF"]
    assert write_comparison(found, tmp_path / "out") == written
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("mine")
    with pytest.raises(RunError, match="holds no comparison"):
        write_comparison(found, tmp_path / "other")
    assert Path(tmp_path / "other" / "mine.txt").read_text() == "mine"


def test_the_audit_of_the_data_is_shown_with_its_examples(trained, pages):
    run = trained("distilbert")
    assert run.audit is not None
    (section,) = [each for each in group_document(RunGroup.load(run.path)).sections if each.heading.startswith("Audit")]
    assert f'id="{section.anchor}"' in pages["run"]
    (overlap,) = run.audit.overlaps
    assert overlap.exact == overlap.normalised == overlap.near == 0
    shown = [quote.beginning for block in section.blocks if block.kind == "quotes" for quote in block.quotes]
    suspected = () if run.audit.suspects is None else run.audit.suspects.examples
    assert [each.text.text for each in suspected[:1]] == shown[:1]
