"""Measuring what is read of long texts: a file that goes on where it stopped, and the end of a page made of it."""

import importlib

import pytest

from command_line import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture
def measurement(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "measurements"))
    return importlib.import_module("long_texts")


def line(measurement, way: str, seed: int, accuracy: float) -> dict:
    return {
        "data": "imdb",
        "way": way,
        "seed": seed,
        "seconds": 50.0,
        "result": {"accuracy": accuracy, "log_loss": 0.3, "train_seconds": 40.0},
        "reading": {"train": {"tokens": 300, "cut_tokens": 100, "cut": 9, "rows": 12, "unknown_share": 0.0}},
        "environment": {"processor": "a processor", "cores": 2, "threads": 2, "versions": dict.fromkeys(
            ("tunelet", "torch", "transformers", "peft"), "1"
        )},
        "commit": "abc",
        "dirty": False,
    }  # fmt: skip


def test_trials_that_are_there_are_not_made_again_and_seeds_come_one_after_the_other(measurement):
    ways = ("head-128", "windows-128-mean")
    done = [line(measurement, "head-128", 1, 0.8)]
    assert measurement.missing(done, ["imdb"], ways, [1, 2]) == [
        ("imdb", "windows-128-mean", 1), ("imdb", "head-128", 2), ("imdb", "windows-128-mean", 2)
    ]  # fmt: skip


def test_a_trial_that_is_cut_off_leaves_whole_lines_and_the_rest_is_measured(
    measurement, tmp_path, monkeypatch, capsys
):
    made: list[tuple[str, str, int]] = []

    def trial(source, way, seed, more):
        if len(made) == 1 and not (tmp_path / "again").exists():
            raise KeyboardInterrupt
        made.append((source, way, seed))
        return line(measurement, way, seed, 0.8)

    monkeypatch.setattr(measurement, "trial", trial)
    asked = [
        "--data",
        "imdb",
        "--seeds",
        "1",
        "--ways",
        "head-128",
        "tail-128",
        "--lines",
        str(tmp_path / "lines.jsonl"),
    ]
    with pytest.raises(KeyboardInterrupt):
        measurement.main(asked)
    (tmp_path / "again").touch()
    measurement.main(asked)
    assert made == [("imdb", "head-128", 1), ("imdb", "tail-128", 1)]
    assert "`tail-128`" in capsys.readouterr().out


def test_every_way_is_a_recipe(measurement):
    from tunelet.recipe import Recipe, with_settings

    for settings in measurement.WAYS.values():
        typed = {key: int(value) if value.isdigit() else value for key, value in settings.items()}
        with_settings(Recipe(), typed)


def test_the_section_has_means_and_ranges_over_the_seeds(measurement):
    lines = [line(measurement, "head-128", 1, 0.8), line(measurement, "head-128", 2, 0.9)]
    text = measurement.section([*lines, line(measurement, "head-128", 2, 0.84)])
    assert "| `head-128` | 0.8200 | 0.8000 to 0.8400 | 0.3000 | 75 % | 40 | 50 |" in text
    page = "# Long texts\n\nSome words.\n"
    once = measurement.written(page, lines)
    assert once.startswith(page)
    assert measurement.written(once, lines) == once
    assert measurement.written(once, []) == page


def test_the_committed_page_is_made_of_the_committed_trials(measurement):
    page = (ROOT / "docs" / "long-texts.md").read_text(encoding="utf-8")
    assert measurement.written(page, measurement.read_lines(measurement.LINES)) == page
