"""Optuna behind the search: what it proposes follows from finished trials alone, however often it was interrupted."""

import pytest

from tunelet.run import DimensionRecord
from tunelet.tuning._search import Search

SPACE = {
    "training.learning_rate": DimensionRecord(low=1e-4, high=1e-2, log=True),
    "adapter.rank": DimensionRecord(choices=(4, 8, 16)),
    "training.epochs": DimensionRecord(low=1, high=9, whole=True),
}


def figure_of(settings) -> float:
    """Best at a learning rate of 1e-3, a rank of 16 and many epochs."""
    import math

    if not settings:
        return 0.0
    distance = abs(math.log10(settings["training.learning_rate"]) + 3)
    return settings["adapter.rank"] / 16 + settings["training.epochs"] / 9 - distance


def opened(place, **more) -> Search:
    return Search(place / "journal.log", SPACE, **{"seed": 1, "pruner": "none", "lower": False} | more)


def hopeless(asked, figure: float, step: int) -> bool:
    asked.note(f"epoch {step}", figure, mean=False)
    return asked.is_hopeless()


def run(search: Search, trials: int) -> list[dict]:
    found = []
    for _ in range(trials):
        asked = search.next()[0]
        found.append(asked.settings)
        search.tell(asked, "finished", figure_of(asked.settings))
    return found


def test_the_first_trial_is_the_recipe_as_it_is_and_the_others_have_every_setting(tmp_path):
    first, *rest = run(opened(tmp_path), 6)
    assert first == {}
    assert all(set(settings) == set(SPACE) for settings in rest)
    assert all(isinstance(settings["training.epochs"], int) for settings in rest)
    assert all(1e-4 <= settings["training.learning_rate"] <= 1e-2 for settings in rest)


def test_a_search_in_many_sessions_is_that_of_one(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()
    undisturbed = run(opened(tmp_path / "one"), 16)
    found = []
    for number in range(16):
        search = opened(tmp_path / "many")  # another process, as it were
        asked = search.next()[0]
        if number % 3 == 1:  # killed in the middle: the next session has the same trial again
            assert opened(tmp_path / "many").next()[0].settings == asked.settings
            asked = opened(tmp_path / "many").next()[0]
        found.append(asked.settings)
        search.tell(asked, "finished", figure_of(asked.settings))
    assert found == undisturbed


def test_another_seed_proposes_other_settings(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert run(opened(tmp_path / "a"), 4)[1:] != run(opened(tmp_path / "b", seed=2), 4)[1:]


def test_it_learns_where_good_settings_lie(tmp_path):
    settings = run(opened(tmp_path), 40)
    early, late = ([figure_of(one) for one in part] for part in (settings[1:9], settings[-8:]))
    assert sum(late) / 8 > sum(early) / 8 + 0.3


def test_a_failed_trial_teaches_nothing_and_is_not_tried_again(tmp_path):
    search = opened(tmp_path)
    run(search, 3)
    failed = search.next()[0]
    search.tell(failed, "failed", None)
    assert search.next()[0].settings != failed.settings


@pytest.mark.parametrize("pruner", ["median", "asha"])
def test_a_trial_that_is_far_worse_than_the_others_is_given_up(tmp_path, pruner):
    search = opened(tmp_path, pruner=pruner)
    for _ in range(8):
        asked = search.next()[0]
        for step in range(1, 6):
            assert not hopeless(asked, 0.9, step)
        search.tell(asked, "finished", 0.9)
    bad = search.next()[0]
    assert any(hopeless(bad, 0.1, step) for step in range(1, 6))
    search.tell(bad, "pruned", 0.1)
    good = search.next()[0]
    assert not any(hopeless(good, 0.95, step) for step in range(1, 6))


def test_the_recipe_itself_is_never_given_up(tmp_path):
    search = opened(tmp_path, pruner="median")
    asked = search.next()[0]
    assert asked.number == 0
    assert not any(hopeless(asked, 0.0, step) for step in range(1, 6))


def test_an_evaluation_counts_once_in_whatever_session_it_is_made(tmp_path):
    asked = opened(tmp_path).next()[0]
    for fold, figure in (("fold 1/3", 0.7), ("fold 2/3", 0.8)):
        asked.note(fold, figure, mean=True)
    again = opened(tmp_path).next()[0]
    assert again.figures == asked.figures == [0.7, 0.75]
    again.note("fold 2/3", 0.8, mean=True)
    again.note("fold 3/3", 0.3, mean=True)
    assert again.figures == [0.7, 0.75, pytest.approx(0.6)]
    assert opened(tmp_path).again(0).figures == again.figures


def test_the_setting_that_decides_is_the_most_important_one(tmp_path):
    search = opened(tmp_path)
    assert search.importance() == {}
    run(search, 30)
    importance = search.importance()
    assert set(importance) == set(SPACE)
    assert sum(importance.values()) == pytest.approx(1, abs=1e-6)
