"""A comparison begins with its answer and with what differs; each pair stands whole; no recipe fills the print."""

import shutil
import subprocess

import pytest

import tunelet
from brief import BRIEF
from tunelet.report import comparison_document, render_html, render_pdf
from tunelet.report._document import Code, Folded, Heading, Quotes, Section, Table
from tunelet.report.comparison_page._models import looks

pytestmark = pytest.mark.slow

QUICK = {
    "training.epochs": 1,
    "training.learning_rate": 0.002,
    **BRIEF,
    "data.validation": "held-out",
    "data.max_length": 16,
    "evaluation.errors": 50,
    "adapter.rank": 8,
    "model.pooling": "mean",
    "model.layers": 3,
}
NAMES = ("a delivery that is late or went missing", "a question about the invoice", "praise for the staff")
ROWS = [  # every other label is of another text, so that no model is right of all
    (f"{name}, number {n}, and more words", NAMES[(at + n % 2) % 3]) for n in range(14) for at, name in enumerate(NAMES)
]


@pytest.fixture(scope="module")
def comparison(tiny_checkpoint, tmp_path_factory) -> tunelet.Comparison:
    """Three runs that differ in model, rank and rate."""
    folder = tmp_path_factory.mktemp("compared")
    wanted = {
        "small": ("distilbert", {"adapter.rank": 2}),
        "large": ("distilbert", {"adapter.rank": 16, "training.learning_rate": 0.02, "training.epochs": 6}),
        "other": ("albert", {}),
    }
    for name, (model, settings) in wanted.items():
        tunelet.train(ROWS, model=tiny_checkpoint(model), out=folder / name, settings=QUICK | settings, quiet=True)
    return tunelet.compare([folder / name for name in wanted], resamples=100)


@pytest.fixture(scope="module")
def sections(comparison) -> dict[str, Section]:
    return {section.heading: section for section in comparison_document(comparison).sections}


def test_the_first_sentence_is_about_the_runs_that_were_named(comparison):
    first = comparison_document(comparison).findings[0]
    assert "small" in first
    assert "large" in first


def test_what_differs_stands_first_and_nothing_else(comparison, sections):
    assert next(iter(sections)) == "What differs"
    table = next(block for block in sections["What differs"].blocks if isinstance(block, Table))
    assert table.header[1:] == comparison.names
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["adapter.rank"] == ("2", "16", "8")
    assert rows["training.learning_rate"] == ("0.002", "0.02", "0.002")
    assert len(set(rows["model"])) == 2
    assert set(rows) - {"kept"} == {
        "model",
        "trained parameters",
        "adapter.rank",
        "training.epochs",
        "training.learning_rate",
    }


def test_every_pair_has_its_block_with_p_and_the_four_counts(comparison, sections):
    blocks = sections["Differences"].blocks
    headings = [block.text for block in blocks if isinstance(block, Heading)]
    assert headings == [f"{pair.second} against {pair.first}" for pair in comparison.pairs]
    counts = [block for block in blocks if isinstance(block, Table) and "McNemar" in block.caption]
    assert len(counts) == len(comparison.pairs)
    for table, pair, found in zip(counts, comparison.pairs, comparison.outcomes, strict=True):
        shown = [int(cell.replace(",", "")) for row in table.rows for cell in row[1:]]
        assert shown == [found.both, found.only_first, found.only_second, found.neither]
        assert sum(shown) == comparison.record.n
        assert (found.only_first, found.only_second) == (pair.mcnemar.only_first, pair.mcnemar.only_second)
    differences = [block for block in blocks if isinstance(block, Table) and "less" in block.caption]
    assert all(len(table.header) == 5 and table.header[-1] == "p" and table.rows[0][-1] for table in differences)


def test_texts_that_only_one_gets_right_are_quoted(comparison, sections):
    runs = {name: group.runs[0] for name, group in zip(comparison.names, comparison.groups, strict=True)}
    expected = 0
    for pair in comparison.pairs:
        if {pair.first, pair.second} <= set(runs):
            one, other = (runs[name].predictions for name in (pair.first, pair.second))
            right, rival = one.predicted == one.labels, other.predicted == other.labels
            expected += min(3, int((right & ~rival).sum())) + min(3, int((rival & ~right).sum()))
    quoted = [quote for block in sections["Differences"].blocks if isinstance(block, Quotes) for quote in block.quotes]
    assert len(quoted) == expected > 0
    texts = {text for text, _ in ROWS}
    assert all(quote.beginning in texts for quote in quoted)


def test_recipes_are_folded_on_the_page_and_left_out_of_the_print(comparison, sections, tmp_path):
    document = comparison_document(comparison)
    folded = [block for block in sections["Reproduce"].blocks if isinstance(block, Folded)]
    assert len(folded) == 3
    assert not [
        block for block in sections["Reproduce"].blocks if isinstance(block, Code) and "[training]" in block.text
    ]
    assert render_html(document).count('<details class="file">') == 3
    if shutil.which("pdftotext") is None:
        pytest.skip("the print is not read: pdftotext (poppler-utils) is not installed")
    (tmp_path / "report.pdf").write_bytes(render_pdf(document))
    arguments = [str(shutil.which("pdftotext")), str(tmp_path / "report.pdf"), "-"]
    told = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True).stdout
    assert "adapter.rank" in told
    assert "gradient_accumulation" not in told


def test_a_model_has_one_colour_and_the_baseline_none_of_the_models(comparison):
    drawn = looks(comparison)
    assert set(drawn) == {model.name for model in comparison.record.models}
    models = {drawn[name].colour for name in comparison.names}
    assert len(models) == len(comparison.names)
    assert not models & {look.colour for name, look in drawn.items() if name not in comparison.names}
    kinds = {model.kind: drawn[model.name] for model in comparison.record.models}
    assert len({kinds[kind] for kind in kinds if kind != "encoder"}) == len(kinds) - 1  # no two baselines look alike
