"""A run's folder where a model is expected: one line that says what it is, and what to type instead."""

import shutil
from pathlib import Path

import pytest

import tunelet
from brief import BRIEF
from tunelet import Run
from tunelet.cli import as_flags
from tunelet.errors import ModelError
from tunelet.run import refuse_run_as_model

pytestmark = pytest.mark.slow

TEXTS = [(f"a warm loaf, visit {n}", "good") if n % 2 else (f"cold and late, visit {n}", "bad") for n in range(40)]
QUICK = {"training.epochs": 1, **BRIEF, "data.validation": "held-out", "evaluation.baseline": False}


def trained(checkpoint: Path, out: Path, method: str) -> Run:
    return tunelet.train(
        TEXTS, model=checkpoint, settings=QUICK | {"adapter.method": method}, seed=1, out=out, quiet=True
    )


def hint(model: Path | str) -> str:
    """What to type, on the command line, instead of a model."""
    with pytest.raises(ModelError) as caught:
        tunelet.train(TEXTS, model=model, settings=QUICK, out="never", quiet=True)
    assert "expected a pretrained model" in caught.value.message
    assert not Path("never").exists()
    return as_flags(caught.value.hint)


def test_an_adapter_goes_with_its_base_model(tiny_checkpoint, in_folder, monkeypatch):
    checkpoint = tiny_checkpoint("bert")
    run = trained(checkpoint, in_folder / "run", "lora")
    (in_folder / "link").symlink_to(run.path)
    for name in (run.path, "run", "./run/", "link", run.path / "adapter", "run/adapter"):
        assert f"--model {checkpoint}" in hint(name)
    seeds = in_folder / "seeds"
    shutil.copytree(run.path, seeds / "seed-1")
    assert f"--model {checkpoint}" in hint(seeds)
    (run.path / "recipe.toml").write_text("[model")
    assert "base model" in hint(run.path)
    with pytest.raises(ModelError, match="a finished run"):
        tunelet.inspect(str(run.path))
    monkeypatch.chdir(run.path)
    assert "base model" in hint(".")


def test_an_interrupted_run_is_gone_on_with(tiny_checkpoint, in_folder):
    run = trained(tiny_checkpoint("bert"), in_folder / "run", "lora")
    partial = run.path.rename(in_folder / "run.partial")
    (partial / "metrics.json").unlink()
    assert "--resume" in hint(partial)


@pytest.mark.parametrize("method", ["head", "full"])
def test_training_goes_on_from_a_whole_model_that_a_run_left(tiny_checkpoint, in_folder, method):
    first = trained(tiny_checkpoint("bert"), in_folder / "run", method)
    whole = first.path / "model"
    assert f"--model {whole}" in hint(first.path)
    second = trained(whole, in_folder / "second", "lora")
    assert tunelet.Classifier.load(second).label_names == ("bad", "good")


def test_other_names_of_models_are_nobodys_run(tiny_checkpoint, in_folder):
    shutil.copytree(tiny_checkpoint("bert"), in_folder / "encoder")
    for name in ("minilm", "auto", "someone/model", "encoder", "absent", "a" * 5000, "nul\0", "~nobody-here/x"):
        refuse_run_as_model(name)
