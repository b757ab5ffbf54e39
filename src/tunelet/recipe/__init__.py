"""The recipe room: one typed, frozen, validated description of an experiment, in TOML and out again.

Every default, the run folder and every screen come from it; it does no work itself.
"""

from tunelet.recipe._adapter import AdapterSettings
from tunelet.recipe._evaluation import EvaluationSettings
from tunelet.recipe._model import ModelSettings
from tunelet.recipe._named import named_recipes, resolve_recipe
from tunelet.recipe._schema import (
    MISSING_LABELS,
    DataSettings,
    Recipe,
    TrainingSettings,
)
from tunelet.recipe._section import Section
from tunelet.recipe._settings import parse_setting, with_settings
from tunelet.recipe._toml import difference, dump_recipe, dump_settings, load_recipe, parse_recipe
from tunelet.recipe._validation import toml_value, valid_keys

__all__ = [
    "MISSING_LABELS",
    "AdapterSettings",
    "DataSettings",
    "EvaluationSettings",
    "ModelSettings",
    "Recipe",
    "Section",
    "TrainingSettings",
    "difference",
    "dump_recipe",
    "dump_settings",
    "load_recipe",
    "named_recipes",
    "parse_recipe",
    "parse_setting",
    "resolve_recipe",
    "toml_value",
    "valid_keys",
    "with_settings",
]
