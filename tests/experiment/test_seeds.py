"""Several seeds together."""

from tunelet.evaluation import FigureWarning
from tunelet.experiment._seeds import group_warnings


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
