"""A search for settings over a few made-up texts, in tiny trainings, and all of it that no interruption may change."""

from brief import BRIEF
from tunelet import Study

SETTINGS = {
    "data.max_length": 16, "data.validation": "held-out", "model.precision": "float32", "training.batch_size": 8,
    "training.epochs": 2, "evaluation.baseline": False, "model.pooling": "mean", "training.probe": False, **BRIEF,
}  # fmt: skip
SPACE = {"adapter": {"rank": [2, 4, 8]}, "training": {"learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}}}


def texts(n: int = 100) -> list[tuple[str, str]]:
    words = {"good": "a joy to see", "bad": "a pain"}
    return [(f"{words[label]}, number {number}", label) for number in range(n // 2) for label in words]


def facts_of(study: Study) -> dict:
    """All that is the same however often a search was interrupted."""
    facts = study.facts.to_dict()
    for trial in facts["trials"]:
        del trial["seconds"]
    return {key: value for key, value in facts.items() if key not in ("seconds", "study", "recipe", "importance")}
