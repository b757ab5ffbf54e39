"""A search for real: trials are runs, and nothing is chosen by texts held out."""

import json
import sys

import pytest

import tunelet
from command_line import call, refused
from searches import SETTINGS, SPACE, facts_of, texts
from tunelet.errors import RunError, TuneletError
from tunelet.run import RunFolder

pytestmark = pytest.mark.slow


def test_every_trial_is_a_run_with_its_settings_and_the_recipe_is_that_of_the_best(search, tmp_path):
    study = search(pruner="none", trials=4)
    facts = study.facts
    assert [trial.number for trial in facts.trials] == [0, 1, 2, 3]
    assert facts.trials[0].settings == {}
    for trial in facts.trials:
        made = study.run(trial.number)
        assert trial.state == "finished"
        assert made.facts.validation.accuracy == trial.figure
        assert made.metrics.accuracy == trial.held_out
        for key, value in trial.settings.items():
            section, _, name = key.partition(".")
            assert getattr(getattr(made.recipe, section), name) == value
    best = max(facts.trials, key=lambda trial: (trial.figure, -trial.number))
    assert facts.best == best.number
    assert facts.optimism == pytest.approx(best.figure - best.held_out)
    assert tunelet.Study.load(tmp_path / "search").recipe.adapter.rank == study.best.recipe.adapter.rank
    assert facts.verdict


def test_no_trial_trains_or_validates_on_the_texts_held_out(search):
    study = search(trials=2, pruner="none")
    assert (study.facts.texts, study.facts.held_out_texts) == (80, 20)
    membership = [study.run(number).data.parts for number in (0, 1)]
    assert {parts["test"].sha256 for parts in membership} == {membership[0]["test"].sha256}
    assert all(parts["test"].rows == 20 for parts in membership)
    assert all(parts["train"].rows + parts["validation"].rows == 80 for parts in membership)


def test_a_test_part_of_the_data_is_not_read(tiny_checkpoint, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for name, rows in (("train", texts(60)), ("test", texts(20))):
        lines = ["text,label", *(f'"{text} {name}",{label}' for text, label in rows)]
        (folder / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    study = tunelet.tune(
        folder, trials=1, space=SPACE, settings=SETTINGS, model=tiny_checkpoint("bert"), out=tmp_path / "s", quiet=True
    )
    assert (study.facts.texts, study.facts.held_out_texts) == (48, 12)


def test_a_finished_search_goes_on_with_more_trials(search):
    first = facts_of(search(trials=2))
    more = search(trials=3, resume=True)
    assert facts_of(more)["trials"][:2] == first["trials"]
    assert len(more.facts.trials) == 3


def test_a_trial_that_is_given_up_leaves_no_folder(search, monkeypatch):
    from tunelet.tuning._search import Asked

    monkeypatch.setattr(Asked, "is_hopeless", lambda self, *_: self.number == 1)
    study = search(trials=3)
    pruned = study.facts.trials[1]
    assert (pruned.state, len(pruned.figures), pruned.held_out) == ("pruned", 1, None)
    assert sorted(path.name for path in study.files.trials.iterdir()) == ["trial-0", "trial-2"]
    with pytest.raises(RunError, match="no such run folder"):
        study.run(1)


def test_a_trial_that_fails_is_told_of_and_the_search_goes_on(search):
    study = search(trials=6, space={"model": {"layers": [2, 99]}})
    failed = [trial for trial in study.facts.trials if trial.state == "failed"]
    assert failed
    assert all("model.layers is 99, but the encoder has 3 layers" in trial.error for trial in failed)
    assert all(trial.settings == {"model.layers": 99} for trial in failed)
    assert not any(RunFolder(study.files.trial(trial.number)).partial.exists() for trial in failed)


def test_where_the_recipe_itself_fails_so_does_the_search(search):
    with pytest.raises(TuneletError, match=r"model\.layers is 99"):
        search(settings=SETTINGS | {"model.layers": 99})


def test_in_a_cross_validation_the_figure_is_that_of_all_folds(search):
    study = search(
        trials=2, settings=SETTINGS | {"data.validation": "cross-validation", "data.folds": 2}, pruner="none"
    )
    for trial in study.facts.trials:
        assert len(trial.figures) == 2  # the mean of one fold, then of both
        assert trial.figure == study.run(trial.number).facts.validation.accuracy


def test_other_shapes_of_labels_have_their_own_figure(tiny_checkpoint, tmp_path):
    rows = [(f"{'word ' * (number % 5 + 1)}{number}", str(number % 5 + 1)) for number in range(80)]
    study = tunelet.tune(
        rows, trials=2, space={"adapter": {"rank": [2, 4]}}, settings=SETTINGS | {"data.task": "ordinal"},
        model=tiny_checkpoint("bert"), out=tmp_path / "s", quiet=True,
    )  # fmt: skip
    assert (study.facts.metric, study.facts.lower_is_better, study.facts.task) == ("mae", True, "ordinal")
    assert study.facts.figure == min(trial.figure for trial in study.facts.trials)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"trials": None}, "how long is the search to be"),
        ({"trials": 2, "budget": "1m"}, "how long is the search to be"),
        ({"trials": 0}, "expected at least 1, found 0"),
        ({"pruner": "sharp"}, "pruner takes 'median', 'asha', 'none', found 'sharp'"),
    ],
)
def test_what_cannot_be_searched_is_refused_before_anything_is_read(search, tmp_path, given, said):
    with pytest.raises(TuneletError, match=said):
        search(**given)
    assert not (tmp_path / "search").exists()


def test_folders_that_hold_something_else_are_refused(search, tmp_path):
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(RunError, match="holds no search over settings"):
        search()
    with pytest.raises(RunError, match="nothing to resume"):
        search("other", resume=True)
    search("done", trials=1)
    with pytest.raises(RunError, match="pass resume=True"):
        search("done", trials=2)
    with pytest.raises(RunError, match="begun with another seed"):
        search("done", trials=2, resume=True, seed=9)
    with pytest.raises(RunError, match="begun with another space"):
        search("done", trials=2, resume=True, space={"adapter": {"rank": [1, 2]}})
    assert (tmp_path / "search" / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_a_budget_begins_no_trial_that_would_miss_it(search):
    study = search(trials=None, budget="2s")
    assert 1 <= len(study.facts.trials) < 50
    assert study.facts.budget == 2.0


def test_the_command_prints_the_trials_the_recipe_and_one_object_of_json(
    tiny_checkpoint, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    lines = ["text,label", *(f'"{text}",{label}' for text, label in texts(60))]
    (tmp_path / "reviews.csv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "space.toml").write_text("[adapter]\nrank = [2, 4]\n", encoding="utf-8")
    flags = [word for key, value in SETTINGS.items() for word in ("--set", f"{key}={str(value).lower()}")]
    given = ["tune", "reviews.csv", "--model", tiny_checkpoint("bert"), "--space", "space.toml", *flags, "--out"]
    done = call(capsys, *given, "one", "--trials", "2")
    assert done.status == 0, done.stderr
    assert done.stdout == ""
    for words in (
        "trial 0:",
        "trial 1:",
        "adapter.rank",
        "held out",
        "core-hours",
        "train with it: tunelet train reviews.csv --recipe",
    ):
        assert words in done.stderr
    told = call(capsys, *given, "two", "--trials", "2", "--json")
    assert json.loads(told.stdout)["best"] in (0, 1)
    assert told.stderr == ""
    again = call(capsys, "train", "reviews.csv", "--recipe", "one/recipe.toml", "--out", "run", "--json")
    assert again.status == 0, again.stderr
    pages = call(capsys, "report", "one")
    assert pages.status == 0, pages.stderr
    page = (tmp_path / "one" / "report.html").read_text(encoding="utf-8")
    for words in ("Search for settings: reviews.csv", "The best figure so far", "All trials", "adapter.rank"):
        assert words in page
    refused(call(capsys, *given, "one", "--trials", "2"), "resume")


def test_without_optuna_the_error_says_what_to_install(search, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(TuneletError) as refused_search:
        search()
    assert refused_search.value.hint == "pip install 'tunelet[scale]'"
