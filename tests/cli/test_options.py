"""Flags of train that stand for settings, and what is said of an option that does not exist."""

import pytest

import tunelet
from command_line import call, refused
from tunelet.experiment import whole_recipe

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("method", "key"),
    [("lora", "learning_rate"), ("head", "head_learning_rate"), ("full", "full_learning_rate")],
)
def test_the_rate_is_that_of_what_is_trained(method, key):
    recipe = whole_recipe("quickstart", {"adapter.method": method}, epochs=2, batch_size=4, learning_rate=0.25)
    assert (recipe.training.epochs, recipe.training.batch_size) == (2, 4)
    assert getattr(recipe.training, key) == 0.25
    rates = {"learning_rate", "head_learning_rate", "full_learning_rate"} - {key}
    assert all(getattr(recipe.training, other) != 0.25 for other in rates)


@pytest.mark.parametrize("rate", ["--lr", "--learning-rate"])
def test_the_common_settings_have_flags(capsys, in_folder, tiny_checkpoint, rate):
    (in_folder / "data.csv").write_text("text,label\n" + "".join(f"text {n} is {n % 2},c{n % 2}\n" for n in range(20)))
    done = call(
        capsys, "train", "data.csv", "--model", tiny_checkpoint("bert"), "--epochs", 2, "--batch-size", 5, rate, "3e-4",
        "--out", "run", "--set", "evaluation.resamples=100",
        "--set", "data.validation=held-out", "--set", "evaluation.baseline=false",
    )  # fmt: skip
    assert done.status == 0, done.stderr
    training = tunelet.Run.load("run").recipe.training
    assert (training.epochs, training.batch_size, training.learning_rate) == (2, 5, 3e-4)


@pytest.mark.parametrize(
    ("option", "meant"),
    [
        ("--epoch", "did you mean --epochs?"),
        ("--tets", "did you mean --test?"),
        ("--learning_rate", "did you mean --learning-rate?"),
        ("--dropout", "did you mean --set adapter.dropout=VALUE?"),
        ("--max-length", "did you mean --set data.max_length=VALUE?"),
        ("--warm-up", "did you mean --set training.warmup=VALUE?"),
        ("--zzz", "tunelet train --help"),
    ],
)
def test_an_unknown_option_names_the_nearest_or_the_setting(capsys, option, meant):
    assert option in refused(call(capsys, "train", "sample", option, "3"), meant)


def test_other_commands_name_their_own_options(capsys):
    refused(call(capsys, "evaluate", "run", "data", "--jsn"), "did you mean --json?")
    line = refused(call(capsys, "predict", "run", "--label", "x"), "no option --label")
    assert "label_names" not in line  # a setting that only training takes
    refused(call(capsys, "predict", "run", "--max-cel", "9"), "did you mean --set data.max_cell=VALUE?")


def test_a_name_that_fell_apart_at_its_space_is_to_be_put_in_quotes(capsys):
    refused(call(capsys, "train", "my", "file.csv"), "quotes")


def test_a_device_by_its_common_name_is_recognised(capsys, in_folder):
    refused(call(capsys, "train", "sample", "--device", "gpu"), "did you mean 'cuda'?")
