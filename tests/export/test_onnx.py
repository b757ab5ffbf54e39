"""`onnx`: one graph, run by the lines of its README, gives tunelet's probabilities with TF-IDF and all."""

import pickle
import re
import runpy
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import tunelet
from tunelet import Classifier
from tunelet.errors import DataError
from tunelet.serve import ServeSettings, app

TEXTS = ["warm rye loaf", "a <b>cold</b> and soggy one &amp; more", "burnt " * 90, "Is it?"]


def readme_lines(folder, texts):
    """The lines of Python in the README, for these texts."""
    (lines,) = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    return lines.replace('["your text"]', repr(texts))


def test_it_was_run_back_within_the_tolerance(graph):
    assert graph.parity.largest_difference < 1e-5
    assert graph.parity.longer == 0  # the graph cuts as the run does
    assert graph.parity.agreement == 1.0
    assert graph.record.tfidf


@pytest.fixture
def run_readme(monkeypatch, tmp_path):
    """Run the lines in the README of a folder there; what they leave, by name."""

    def ran(folder, texts):
        monkeypatch.chdir(folder)
        monkeypatch.syspath_prepend(str(folder))
        monkeypatch.setattr(sys, "dont_write_bytecode", True)  # the folder is other tests', too
        script = tmp_path / "lines.py"
        script.write_text(readme_lines(folder, texts), encoding="utf-8")
        try:
            return runpy.run_path(str(script))
        finally:
            for module in ("clean", "tfidf"):
                sys.modules.pop(module, None)

    return ran


def test_the_lines_of_the_readme_give_the_same(graph, run_readme, capsys):
    names = run_readme(graph.folder, TEXTS)
    np.testing.assert_allclose(names["probabilities"], Classifier.load(graph.folder).probabilities(TEXTS), atol=1e-6)
    assert list(names["names"].values()) == list(graph.record.label_names)
    assert "fresh" in capsys.readouterr().out


def test_there_are_about_a_dozen_lines(graph):
    assert len([line for line in readme_lines(graph.folder, TEXTS).splitlines() if line]) <= 20


def test_it_answers_as_the_run_does(graph, blended_run):
    run, exported = Classifier.load(blended_run.path, device="cpu"), Classifier.load(graph.folder)
    assert isinstance(exported, Classifier)
    np.testing.assert_allclose(exported.probabilities(TEXTS), run.probabilities(TEXTS), atol=5e-3)
    np.testing.assert_allclose(exported.logits(TEXTS), run.logits(TEXTS), atol=5e-2)
    nothing, some = exported.predict(["", "warm rye loaf"], threshold="run")
    assert nothing.label is None
    assert some.label in run.label_names
    assert exported.predict(["cold"], min_confidence=1.0)[0].label is None
    with pytest.raises(DataError):
        exported.predict([1])


def test_it_is_loaded_without_torch_and_transformers(graph):
    code = (
        "import sys, tunelet; classifier = tunelet.Classifier.load(sys.argv[1]);"
        "print(classifier.predict(['warm rye loaf'])[0].label, 'torch' in sys.modules, 'transformers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(graph.folder)], capture_output=True, text=True, check=True)
    assert done.stdout.split()[1:] == ["False", "False"]


def test_threads_and_copies_share_it(graph):
    classifier = Classifier.load(graph.folder)
    alone = classifier.probabilities(TEXTS)
    again = pickle.loads(pickle.dumps(classifier))  # noqa: S301
    np.testing.assert_array_equal(again.probabilities(TEXTS), alone)
    with ThreadPoolExecutor(4) as threads:
        for found in threads.map(classifier.probabilities, [TEXTS] * 12):
            np.testing.assert_array_equal(found, alone)


def test_its_tokenizer_is_that_of_the_run(graph, merged, blended_run, own_head_run):
    for exported, run in ((graph, blended_run), (merged, own_head_run)):
        own = Classifier.load(run.path, device="cpu").tokenizer
        found = Classifier.load(exported.folder).tokenizer
        assert [found(text)["input_ids"] for text in TEXTS] == [own(text)["input_ids"] for text in TEXTS]


@pytest.mark.parametrize("threads", [1, 3])
def test_its_graph_computes_with_as_many_threads_as_asked_for(graph, threads, monkeypatch):
    import onnxruntime

    asked = []

    class Session(onnxruntime.InferenceSession):
        def __init__(self, content, options, **kwargs):
            asked.append(options.intra_op_num_threads)
            super().__init__(content, options, **kwargs)

    monkeypatch.setattr(onnxruntime, "InferenceSession", Session)
    app({"bakery": graph.folder}, settings=ServeSettings(threads=threads))
    classifier = Classifier.load(graph.folder, threads=threads)
    pickle.loads(pickle.dumps(classifier))  # noqa: S301
    assert asked == [1, threads, threads]  # a service has a worker for each


@pytest.mark.slow
def test_int8_is_small_and_says_what_was_tried(blended_run, graph, run_readme, tmp_path):
    exported = tunelet.export(blended_run, to="onnx-int8", out=tmp_path / "out", tolerance=0.2)
    size = (tmp_path / "out/onnx/model_quantized.onnx").stat().st_size
    assert size <= 0.3 * (graph.folder / "onnx/model.onnx").stat().st_size
    assert not (tmp_path / "out/onnx/model.onnx").exists()
    assert [way.kept for way in exported.record.quantised].count(True) == 1
    assert {way.name.split(",")[0] for way in exported.record.quantised} == {"dynamic", "static"}
    kept = next(way for way in exported.record.quantised if way.kept)
    assert kept.log_loss == min(way.log_loss for way in exported.record.quantised)
    classifier = Classifier.load(tmp_path / "out")
    assert np.isfinite(classifier.probabilities(TEXTS)).all()
    alone = run_readme(exported.folder, TEXTS[1:2])["probabilities"]  # among others it may come out a little different
    np.testing.assert_allclose(alone, classifier.probabilities(TEXTS[1:2]), atol=1e-6)


@pytest.mark.slow
def test_int8_of_a_model_without_token_types(own_head_run, tmp_path):
    exported = tunelet.export(own_head_run, to="onnx-int8", out=tmp_path / "out", tolerance=0.5, without_tfidf=True)
    assert len(exported.record.quantised) == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("architecture", "pooling"),
    # Each with the head of its own; a head that reads the mean is the same on all.
    [*((name, "first") for name in ("albert", "roberta", "electra", "modernbert", "deberta-v2")), ("albert", "mean")],
)
def test_every_architecture_goes_through(architecture, pooling, train, tmp_path):
    run = train(architecture, model__pooling=pooling, training__probe=pooling == "mean", data__truncation="tail")
    exported = tunelet.export(run, to="onnx", out=tmp_path / "out")
    assert exported.parity.largest_difference < 1e-5
    assert exported.parity.longer == 0
