"""A run that reads long texts in windows: what it says it read, its answers, how it goes on, and what it refuses."""

import json

import numpy as np
import pytest

import tunelet
from bakery import rows
from checkpoints import stopped_behind
from served import running
from tunelet import Classifier, Run
from tunelet.errors import ExportError, RecipeError
from tunelet.publish import published
from tunelet.report import group_document, model_card, render_html
from tunelet.run import RunGroup

pytestmark = pytest.mark.slow
SETTINGS = {
    "data.max_length": 16,
    "data.truncation": "windows",
    "data.window_overlap": 3,
    "data.max_windows": 4,
    "model.window_pooling": "learned",
    "adapter.layers": 1,
    "training.epochs": 2,
    "training.learning_rate": 2e-3,
    "training.checkpoint_seconds": 0.001,
    "evaluation.resamples": 100,
    "data.audit": False,
    "data.validation": "held-out",
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny_checkpoint):
    def train(name: str, *, resume: bool = False, **settings) -> Run:
        out = tmp_path_factory.getbasetemp() / "windows" / name
        return tunelet.train(
            rows(120), model=tiny_checkpoint("distilbert"), settings=SETTINGS | settings, out=out, resume=resume,
            quiet=True,
        )  # fmt: skip

    return train


@pytest.fixture(scope="module")
def run(trained) -> Run:
    return trained("run")


@pytest.fixture(scope="module")
def classifier(run) -> Classifier:
    return Classifier.load(run)


def test_it_counts_windows_and_what_was_cut(run):
    for part, texts in run.data.parts.items():
        tokens = run.data.tokens.parts[part]
        assert texts.rows < tokens.windows <= 4 * texts.rows
        assert 0 < tokens.cut < texts.rows
        assert tokens.cut_tokens >= tokens.cut


def test_the_report_and_the_card_say_so(run):
    page, card = render_html(group_document(RunGroup.load(run.path))), model_card(run)
    for told in (page, card):
        assert "read in windows" in told
        assert "4 windows was cut" in told
    json.dumps(group_document(RunGroup.load(run.path)).plain())


def test_the_saved_run_gives_the_answers_that_were_measured(run, classifier):
    assert (run.folder.weights / "windows.safetensors").is_file()
    texts = dict(enumerate(text for text, _ in rows(120)))
    held_out = run.predictions
    asked = [texts[int(id_)] for id_ in held_out.ids]
    np.testing.assert_allclose(classifier.probabilities(asked), held_out.probabilities, atol=1e-3)
    assert classifier.max_windows == 4


def test_what_pools_windows_is_published_with_the_weights(run):
    assert "adapter/windows.safetensors" in published(run, "loaves")


def test_the_end_of_a_long_text_counts(classifier):
    filler = " and then some more of it" * 4
    warm, cold = classifier.logits([f"a loaf{filler}, warm warm warm", f"a loaf{filler}, cold burnt cold"])
    assert np.abs(warm - cold).max() > 1e-4
    beyond = " and then some more of it" * 40
    one, other = classifier.logits([f"a loaf{beyond}, warm warm warm", f"a loaf{beyond}, cold burnt cold"])
    assert np.array_equal(one, other) or run_blends(classifier)


def run_blends(classifier: Classifier) -> bool:
    """TF-IDF reads whole texts."""
    return bool(classifier.run.summary.blend)


def test_batches_are_made_of_windows_and_give_the_same(classifier):
    texts = [text for text, _ in rows(12)]
    encoded = classifier.encode([*texts, ""])
    assert [entry.length for entry in encoded][-1] == 0
    assert max(entry.length for entry in encoded) > 16
    np.testing.assert_allclose(
        classifier.probabilities_of_encoded(encoded)[:-1], classifier.probabilities(texts), atol=1e-6
    )


def test_a_file_is_classified_in_windows_and_goes_on_where_it_was(run, classifier, tmp_path):
    texts = [text for text, _ in rows(40)]
    source, out = tmp_path / "notes.jsonl", tmp_path / "answers.jsonl"
    source.write_text("".join(json.dumps({"note": text}) + "\n" for text in texts))
    written = tunelet.predict_file(run, source, out)
    assert (written.n, written.empty) == (40, 0)
    found = [json.loads(line) for line in out.read_text().splitlines()]
    names = run.label_names
    np.testing.assert_allclose(
        [[row[f"probability_{name}"] for name in names] for row in found], classifier.probabilities(texts), atol=1e-6
    )


def test_other_data_is_measured_in_windows(run, classifier):
    table = [{"note": text, "verdict": label} for text, label in rows(40)]
    evaluation = tunelet.evaluate(run, table, text="note", label="verdict")
    probable = classifier.probabilities([row["note"] for row in table]).argmax(axis=1)
    right = np.mean([run.label_names[at] == row["verdict"] for at, row in zip(probable, table, strict=True)])
    assert evaluation.metrics.accuracy == right


def test_a_service_reads_windows_and_says_how_many_tokens_that_is(run, classifier):
    texts = [text for text, _ in rows(12)]
    with running({"bakery": classifier}) as found, found.client() as client:
        answers = client.post("/v1/predict", json={"texts": texts}).json()["predictions"]
        (model,) = client.get("/v1/models").json()["models"]
        (explained,) = client.post("/v1/explain", json={"texts": texts[0]}).json()["explanations"]
    expected = classifier.probabilities(texts)
    np.testing.assert_allclose([list(each["probabilities"].values()) for each in answers], expected, atol=1e-3)
    assert model["max_tokens"] == 4 * 16
    assert sum(word["read"] for word in explained["words"]) > 20


def test_a_word_in_two_windows_is_explained_once_and_all_sums_up(classifier):
    text = rows(1)[0][0]
    [explanation] = classifier.explain([text])
    assert [word.text for word in explanation.words][:2] == text.split()[:2]
    assert sum(word.read for word in explanation.words) > 20
    assert explanation.completeness_error <= 0.01


def test_stopped_and_resumed_it_ends_in_the_same_bits(run, trained):
    with stopped_behind(3):
        trained("stopped")
    again = trained("stopped", resume=True)
    for name in ("adapter_model.safetensors", "windows.safetensors", "2_Dense/model.safetensors"):
        assert (again.folder.weights / name).read_bytes() == (run.folder.weights / name).read_bytes()
    assert again.predictions.probabilities.tobytes() == run.predictions.probabilities.tobytes()


def test_several_labels_a_text_go_with_windows(tiny_checkpoint, tmp_path):
    table = [
        {"note": text, "topics": f"{label};loaf" if at % 3 else label} for at, (text, label) in enumerate(rows(80))
    ]
    run = tunelet.train(
        table, label="topics", model=tiny_checkpoint("distilbert"), settings=SETTINGS | {"data.task": "multilabel"},
        out=tmp_path / "run", quiet=True,
    )  # fmt: skip
    probabilities = Classifier.load(run).probabilities([table[0]["note"]])
    assert probabilities.shape == (1, 3)
    assert run.data.tokens.parts["train"].windows > run.data.parts["train"].rows


def test_folds_and_a_solved_head_go_with_windows(trained):
    folded = trained(
        "folds", **{"data.validation": "cross-validation", "data.folds": 2, "model.window_pooling": "mean"}
    )
    assert folded.summary.folds == 2
    solved = trained("solved", **{"adapter.method": "head", "adapter.layers": 0, "model.window_pooling": "mean"})
    found = Classifier.load(solved).probabilities([text for text, _ in rows(6)])
    assert np.isfinite(found).all()


def test_a_budget_shortens_the_training_and_leaves_windows_as_they_are(trained, tiny_checkpoint, tmp_path):
    settings = {name: value for name, value in SETTINGS.items() if name != "training.epochs"}
    run = tunelet.train(
        rows(120), model=tiny_checkpoint("distilbert"), settings=settings, out=tmp_path / "run", budget="20s",
        quiet=True,
    )  # fmt: skip
    assert run.recipe.data.max_length == 16
    assert run.recipe.data.truncation == "windows"


@pytest.mark.parametrize("form", ["merged", "onnx", "sentence-transformers", "web"])
def test_no_other_library_pools_windows_so_no_export_is_made(run, tmp_path, form):
    with pytest.raises(ExportError, match="windows") as refused:
        tunelet.export(run, to=form, out=tmp_path / "export")
    assert "head+tail" in refused.value.hint
    assert not (tmp_path / "export").exists()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"model.window_pooling": "max"}, "no text is read in windows"),
        (
            {"data.truncation": "windows", "model.window_pooling": "max", "adapter.method": "head"},
            "gives the mean over windows",
        ),
        ({"data.truncation": "windows", "data.window_overlap": 9, "data.max_length": 16}, "more than half"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(tiny_checkpoint, tmp_path, settings, said):
    with pytest.raises(RecipeError, match=said):
        tunelet.train(
            rows(40), model=tiny_checkpoint("distilbert"), settings=settings, out=tmp_path / "run", quiet=True
        )


def test_several_columns_are_refused(tiny_checkpoint, tmp_path):
    table = [{"title": label, "note": text, "verdict": label} for text, label in rows(40)]
    with pytest.raises(RecipeError, match="one column"):
        tunelet.train(
            table, text=["title", "note"], label="verdict", model=tiny_checkpoint("distilbert"),
            settings={"data.truncation": "windows"}, out=tmp_path / "run", quiet=True,
        )  # fmt: skip


def test_further_pretraining_reads_one_part_of_a_text(tiny_language_model, tmp_path):
    with pytest.raises(RecipeError, match="hidden words"):
        tunelet.adapt(
            [text for text, _ in rows(40)], model=str(tiny_language_model("bert")), out=tmp_path / "adapted",
            settings={"data.truncation": "windows"},
        )  # fmt: skip
