"""docs/recipe.md is what docs/recipe_page.py makes of the schema, and names every setting."""

import importlib

import pytest

from command_line import ROOT
from tunelet.recipe import Recipe


@pytest.fixture
def page(monkeypatch) -> str:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    return importlib.import_module("recipe_page").page()


def test_the_page_in_docs_is_that_of_this_schema(page):
    assert (ROOT / "docs" / "recipe.md").read_text(encoding="utf-8") == page


def test_every_setting_has_a_line_with_its_default_and_its_description(page):
    lines = page.splitlines()
    for section in ("data", "model", "adapter", "training", "evaluation"):
        for key, field in Recipe.model_fields[section].annotation.model_fields.items():
            (line,) = [line for line in lines if line.startswith(f"| `{key}` |")][:1]
            assert line.count(" | ") == 3
            assert field.description.replace("|", "\\|").replace("<", "&lt;") in page
