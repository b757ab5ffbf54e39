"""Reports of every kind of run say what is true of it: labels of any script, other methods, no baseline, no test."""

import pytest

import tunelet
from tunelet._words import counted
from tunelet.report import group_document, model_card, render_html, render_pdf
from tunelet.report._canvas import drawable
from tunelet.report._document import Code, Document, Heading, Table, Text
from tunelet.run import Run, RunGroup, rivals_of

pytestmark = pytest.mark.slow

LABELS = ('`sport` | "team"', "政治", "$money$ #tag")
ROWS = [
    (f"{words} {n}", label)
    for n in range(14)
    for words, label in zip(("they won the match", "the vote was held", "shares fell again"), LABELS, strict=True)
]
QUICK = {
    "data.max_length": 16, "data.validation": "held-out", "training.epochs": 1, "evaluation.resamples": 100,
    "evaluation.explained": 0, "model.pooling": "mean", "model.layers": 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def train(tiny_checkpoint, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kinds")

    def trained(name: str, rows=ROWS, **settings) -> Run:
        return tunelet.train(
            rows, model=tiny_checkpoint("distilbert"), out=folder / name, quiet=True, settings=QUICK | settings
        )

    return trained


def document(run: Run) -> Document:
    return group_document(RunGroup(run.path, (run,)))


def words(found: Document) -> str:
    """All that a reader is told, but for code."""
    told = [found.title, found.subtitle, *found.findings]
    for section in found.sections:
        for block in section.blocks:
            if isinstance(block, Text):
                told.append(block.text)
            if isinstance(block, Table):
                told += [block.caption, *block.header, *(cell for row in block.rows for cell in row)]
    return "\n".join(told)


def test_labels_of_any_script_reach_page_print_and_card(train):
    run = train("labels")
    found = document(run)
    told = words(found)
    assert all(label in told for label in LABELS)
    assert "recall, macro" in told
    assert "F1, macro" in told
    assert "\nF1\n" not in told.split("By class")[0]  # one name for one number
    page = render_html(found)
    assert "政治" in page
    assert render_pdf(found).startswith(b"%PDF")
    card = model_card(run)
    assert "`'sport' | \"team\"`" in card
    assert "| recall, macro |" in card
    unknown = [label for label in LABELS if label != drawable([label])[0]]
    assert ("Labels by their numbers in the figures" in told) is bool(unknown)


def test_letters_without_a_font_are_numbered():
    assert drawable(["good", "\U0001f3ac film"]) == ("good", "label 2")
    assert drawable(["schön", "наука", "نعم"]) == ("schön", "наука", "نعم")


def test_a_matrix_of_many_labels_becomes_a_table_and_curves_say_what_they_leave_out(train):
    names = [f"topic {number:02}" for number in range(32)]
    # The last text of each speaks of the next one: however good the model, it takes these for that.
    said = [(name, *[name] * 5, names[(at + 1) % 32]) for at, name in enumerate(names)]
    rows = [(f"{topic} is what this is about, part {n}", name) for name, *of in said for n, topic in enumerate(of)]
    run = train("many", rows=rows)
    found = document(run)
    told = words(found)
    assert "and 2 more labels" in told
    assert "Most frequent confusions" in told
    titles = [figure.title for figure in found.figures]
    assert "Confusion matrix" not in titles
    assert any("the 5 worst of 32" in title for title in titles)


@pytest.mark.parametrize(
    ("method", "said", "not_said"),
    [
        ("head", "It is the head, and all that was fitted", "was trained:"),
        ("full", "Every weight was trained", "for the adapter"),
    ],
)
def test_the_method_is_told_as_it_was(train, method, said, not_said):
    run = train(method, **{"adapter.method": method})
    found = document(run)
    told = words(found)
    assert said in told
    assert not_said not in told
    assert "Loss" not in [figure.title for figure in found.figures]  # no curve of a solved head, nor of three steps
    card = model_card(run)
    assert "library_name: sentence-transformers" in card
    assert "Sentence Transformers loads `model/`" in card
    assert "PEFT" not in card


def test_a_cross_validated_run_is_told_as_one(train):
    run = train("crossed", **{"data.validation": "cross-validation", "data.folds": 3})
    found = document(run)
    told = words(found)
    assert "42 cross-validated texts" in told
    assert "cut into 3 folds" in told
    assert "validation texts" not in told
    assert "weights with the best" not in told  # no epoch was chosen
    without_test = told.split("There were no test texts")[1].split("Pass --test")[0]
    assert "which model is kept" in without_test
    assert "The epoch was not" in without_test
    data = next(block for section in found.sections if section.heading == "Data" for block in section.blocks[1:2])
    assert data.header == ("label", "train")  # the validation part is the same texts
    section = next(section for section in found.sections if section.heading == "Baselines")
    candidates = next(block for block in section.blocks if isinstance(block, Table))
    assert [row[0].removesuffix(" (kept)") for row in candidates.rows] == [
        candidate.name for candidate in run.evaluation.kept.candidates
    ]
    assert sum(row[0].endswith(" (kept)") for row in candidates.rows) == 1
    headings = [block.text for block in section.blocks if isinstance(block, Heading)]
    assert headings == [rival.name for rival in rivals_of(run).values()]
    cost = next(section for section in found.sections if section.heading == "Cost")
    costs = [row[0] for row in cost.blocks[0].rows]
    assert sum("logistic regression" in name for name in costs) == 2  # the probe's, too


def test_rows_in_memory_are_reproduced_by_a_call(train):
    section = next(section for section in document(train("memory")).sections if section.heading == "Reproduce")
    code = next(block.text for block in section.blocks if isinstance(block, Code))
    assert code.startswith("import tunelet\ntunelet.train(rows, ")


def test_without_a_baseline_or_a_test_the_report_says_so(train):
    run = train("alone", **{
        "evaluation.baseline": False, "evaluation.errors": 0, "data.drop_duplicates": False,
        "training.probe": False, "model.pooling": "first", "data.validation": "held-out",
    })  # fmt: skip
    found = document(run)
    told = words(found)
    assert "the epoch" in told.split("There were no test texts")[1]
    assert "checkpoint of transformers" not in model_card(run)
    assert "library_name: peft" in model_card(run)
    assert "Sentence Transformers" not in model_card(run)
    assert "Baselines" not in [section.heading for section in found.sections]
    assert "There were no test texts" in told
    assert "copies within the training texts were not looked for" in told
    wrong = run.evaluation.wrong
    assert ("given a wrong label; none of them is kept" in told) is (wrong > 0)
    assert (f"{counted(wrong, 'text')} w" in told) is (wrong > 0)
    assert not run.folder.baseline_predictions.exists()


def test_what_was_cut_and_when_it_stopped_are_those_of_the_run(train):
    rows = [(f"{text} and then there was more to say of it", label) for text, label in ROWS]
    run = train("cut", rows=rows, **{
        "data.max_length": 8, "training.epochs": 12, "training.early_stopping": 1, "data.validation": "held-out",
    })  # fmt: skip
    told = words(document(run))
    cut = run.data.tokens.parts["train"].cut
    assert cut > 0
    assert f"Texts longer than 8 tokens were cut (head+tail): {cut:,} train" in told
    assert f"{run.summary.epochs} epochs" in told
    planned = run.summary.planned_steps
    assert (f" of {planned} planned" in told) is (run.summary.steps < planned)


def test_a_model_that_takes_fewer_tokens_than_asked_for_says_how_many(train):
    told = words(document(train("long", **{"data.max_length": 4096})))
    assert "4096" not in told


def test_several_seeds_are_told_as_several(seeds):
    group = seeds("distilbert")
    found = group_document(group)
    told = words(found)
    assert "seeds 1, 2" in found.subtitle
    assert found.figures_of_merit["accuracy"].startswith(f"{group.summary.accuracy:.3f} [")
    assert "One seed" not in told
    assert all(line.startswith(("Over 2 seeds", "Seed 1: ")) for line in found.findings)
    section = next(section for section in found.sections if section.heading == "Reproduce")
    assert "--seeds 1,2" in next(block.text for block in section.blocks if isinstance(block, Code))
