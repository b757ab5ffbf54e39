"""A run keeps the words of its errors and a deletion curve, within its means; the report shows them as text."""

import html
import json
import random
import re
from pathlib import Path

import pytest

import tunelet
from tunelet import Run
from tunelet._choice import Choice
from tunelet.publish import published, shown_run
from tunelet.report import group_document, render_html, render_pdf
from tunelet.run import RunFolder, RunGroup

pytestmark = pytest.mark.slow
WORDS = {"good": ["warm", "rye", "crisp"], "<b>bad</b>": ["cold", "burnt", "soggy"]}
SETTINGS = {
    "data.max_length": 32,
    "data.clean_markup": False,
    "training.epochs": 1,
    "evaluation.resamples": 100,
    "data.audit": False,
    "data.validation": "held-out",
}


def rows(n: int) -> list[tuple[str, str]]:
    """Loaves, every sixth under the wrong label."""
    drawn, labels = random.Random(0), list(WORDS)
    return [
        (f"<script>alert({at})</script> {drawn.choice(WORDS[labels[(at % 2) ^ (at % 6 == 0)]])} loaf", labels[at % 2])
        for at in range(n)
    ]


@pytest.fixture(scope="module")
def run(tmp_path_factory, tiny_checkpoint) -> Run:
    out = tmp_path_factory.mktemp("explained") / "run"
    return tunelet.train(rows(120), model=tiny_checkpoint("distilbert"), settings=SETTINGS, out=out, quiet=True)


def test_the_words_of_the_first_errors_speak_of_the_label_that_was_given(run):
    record, errors = run.explanations, run.evaluation.errors
    assert 0 < len(record.errors) <= 5
    for explanation, error in zip(record.errors, errors, strict=False):
        assert explanation.fields == (error.text,)
        assert explanation.label == error.predicted
        assert explanation.probability == pytest.approx(error.probability, abs=0.02)
        assert explanation.completeness_error <= 0.01
    assert record.faithfulness.n > 0
    assert record.learnt_from is False


def test_the_report_colours_them_and_runs_nothing(run):
    document = group_document(RunGroup.load(run.path))
    page = render_html(document)
    assert "<script" not in page
    assert '<mark class="for-4"' in page
    assert "<b>bad" not in page
    assert all(html.escape(error.text) in page.replace("&#39;", "&#x27;") for error in run.evaluation.errors)
    assert "Deletion curve" in page
    assert render_pdf(document).startswith(b"%PDF")
    assert "<mark" not in render_html(document.without_quotes())
    json.dumps(document.plain())


@pytest.mark.parametrize(("texts", "words"), [(False, False), (False, True), (True, True)])
def test_what_is_published_has_texts_and_their_words_in_the_report_alone_and_only_where_asked_for(run, texts, words):
    error = run.explanations.errors[0]
    secrets = {error.fields[0], f"{error.words[-2].text} {error.words[-1].contribution:+.2f}", "alert("}
    shown = Run.load(run.path)
    vars(shown)["data"] = run.data.changed(
        text_column=Choice("Bakerwoman", "its values are long"),
        text_columns=("Bakerwoman",),
        label_column=Choice("Burgomaster", "it holds few distinct values"),
    )
    for name, content in published(shown, "loaves", texts=texts, words=words).items():
        said = html.unescape((content if isinstance(content, bytes) else content.read_bytes()).decode("latin-1"))
        assert not {"Bakerwoman", "Burgomaster"} & set(re.findall(r"\w+", said)), name  # they may be texts of the data
        if name != "report.html" or not texts:
            assert not [secret for secret in secrets if secret in said], name
        if name == "report.html":
            assert "Deletion curve" in said
            assert (error.fields[0] in said and '<mark class="for-' in said) == texts
    assert json.loads(RunFolder.json_bytes(shown_run(shown, "loaves", texts=False).explanations.to_dict())) == {
        "schema_version": 1,
        "errors": [],
        "faithfulness": run.explanations.faithfulness.to_dict(),
        "learnt_from": False,
    }


def test_a_run_of_an_earlier_version_has_none_and_a_report_all_the_same(run):
    group = RunGroup.load(run.path)
    vars(group.runs[0])["explanations"] = None
    assert "Deletion curve" not in render_html(group_document(group))


def test_where_no_text_may_be_kept_none_is_and_where_none_is_asked_for_nothing_is_written(tiny_checkpoint, tmp_path):
    def trained(name: str, **settings: int) -> Run:
        changed = SETTINGS | {f"evaluation.{key}": value for key, value in settings.items()}
        model = tiny_checkpoint("distilbert")
        return tunelet.train(rows(40), model=model, settings=changed, out=tmp_path / name, quiet=True)

    without_texts = trained("texts", errors=0)
    assert without_texts.explanations.errors == ()
    assert "loaf" not in Path(without_texts.folder.explanations).read_text(encoding="utf-8")
    without_any = trained("any", explained=0)
    assert without_any.explanations is None
    assert not without_any.folder.explanations.exists()
