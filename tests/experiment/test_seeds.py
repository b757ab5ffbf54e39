"""Several seeds together."""

import pytest

from brief import BRIEF
from tunelet.evaluation import FigureWarning
from tunelet.experiment import Experiment, Request, Screens, Training, cost_of_trainings
from tunelet.experiment._reckoning import seconds_of_training
from tunelet.experiment._seeds import group_warnings
from tunelet.scale import HERE, workers_at


def test_what_was_planned_for_the_reckoning_is_not_planned_again(tiny_checkpoint, tmp_path):
    request = Request.of(
        "quickstart", "sample", test=None, unlabelled=None, settings={"data.audit": False}, out=tmp_path / "run",
        resume=False, model=tiny_checkpoint("bert"), limit=60, epochs=1,
    )  # fmt: skip
    training = Training(request, "of this call")
    with workers_at(HERE) as workers:
        cost = cost_of_trainings([training, Training(request, "another")], workers)
    assert 0 < cost.elapsed < cost.core_seconds / HERE.threads * 1.001
    planner = training.planner()
    assert planner is not None
    sources = planner.read()
    assert sources is planner.read()
    assert training.planner() is None  # it is used once
    with workers_at(HERE) as workers:
        cost_of_trainings([training], workers)
    assert Training(request, "of another call").planner() is None
    assert training.planner() is None  # nothing is kept for a call that is over


@pytest.mark.parametrize("validation", ["held-out", "cross-validation"])
def test_vectors_in_the_cache_take_no_seconds(tiny_checkpoint, tmp_path, monkeypatch, validation):
    monkeypatch.setenv("TUNELET_CACHE", str(tmp_path / "cache"))

    def request(name: str) -> Request:
        settings = {"data.validation": validation, "data.folds": 2, "training.probe": True, "model.pooling": "mean"}
        return Request.of(
            "quickstart", "sample", test=None, unlabelled=None, settings=settings | BRIEF, out=tmp_path / name,
            resume=False, model=tiny_checkpoint("bert"), limit=40, epochs=1,
        )  # fmt: skip

    assert seconds_of_training(Training(request("planned"))).vectors > 0
    Experiment(request("first"), Screens()).run()
    assert seconds_of_training(Training(request("second"))).vectors == 0


def test_a_warning_of_some_seeds_names_them_and_is_true_of_each():
    def never(label: str) -> FigureWarning:
        return FigureWarning(
            kind="label_never_given", message=f"No text was called {label!r}.", hint="", labels=(label,)
        )

    shared = FigureWarning(kind="epoch_chosen_on_these_texts", message="Chosen here.", hint="", labels=())
    found = group_warnings({1: [never("a"), shared], 2: [shared], 3: [never("b"), shared], 4: [never("b"), shared]})
    assert [(warning.message, warning.seeds) for warning in found] == [
        ("Seed 1: No text was called 'a'.", (1,)),
        ("Chosen here.", (1, 2, 3, 4)),
        ("Seeds 3, 4: No text was called 'b'.", (3, 4)),
    ]
    assert found[1].to_dict() == shared.to_dict() | {"seeds": [1, 2, 3, 4]}
