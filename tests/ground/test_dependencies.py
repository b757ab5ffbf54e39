"""Every dependency has a floor, the floors lie above known holes, and what is installed satisfies them."""

import re
import sys
import tomllib
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from command_line import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = [Requirement(one) for extra in PROJECT["optional-dependencies"].values() for one in extra]
DEPENDENCIES = {needed.name: needed for needed in [*map(Requirement, PROJECT["dependencies"]), *EXTRAS]}
# The first versions without a known hole: a race in a lock file, buffers overrun by a vocabulary, endless recursion in
# a message, a template that leaves its sandbox.
WITHOUT_HOLES = {
    "filelock": ["3.20.1"],
    "sentencepiece": ["0.2.1"],
    "protobuf": ["5.29.6", "6.33.5"],
    "jinja2": ["3.1.6"],
}


def floor(needed: Requirement) -> Version | None:
    return next((Version(one.version) for one in needed.specifier if one.operator in (">=", "==")), None)


@pytest.mark.parametrize("name", sorted(DEPENDENCIES.keys() - {"tunelet", "types-psutil"}))
def test_a_dependency_names_the_lowest_version_that_was_tried(name):
    assert floor(DEPENDENCIES[name]) is not None


@pytest.mark.parametrize("name", WITHOUT_HOLES)
def test_versions_with_known_holes_are_not_admitted(name):
    first, *later = map(Version, WITHOUT_HOLES[name])
    assert not DEPENDENCIES[name].specifier.contains(f"{first.major}.{first.minor}.{first.micro - 1}")
    assert DEPENDENCIES[name].specifier.contains(str(first))
    for version in later:  # a younger series that had the hole as well
        assert not DEPENDENCIES[name].specifier.contains(f"{version.major}.{version.minor}.{version.micro - 1}")
        assert DEPENDENCIES[name].specifier.contains(str(version))


def test_what_is_installed_is_admitted():
    for needed in map(Requirement, PROJECT["dependencies"]):
        assert needed.specifier.contains(metadata.version(needed.name), prereleases=True), needed


def test_the_lowest_versions_are_those_of_the_project(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    sys.modules.pop("lowest_versions", None)
    from lowest_versions import lowest_versions

    listed = lowest_versions((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "torch" not in listed
    assert listed["numpy"] == str(floor(DEPENDENCIES["numpy"]))
    assert all(re.fullmatch(r"[\d.]+", version) for version in listed.values())


def test_an_extra_brings_every_tracker_that_a_recipe_offers():
    from tunelet.recipe import TrainingSettings

    offered = set(TrainingSettings.model_json_schema()["properties"]["track"]["items"]["enum"])
    brought = {Requirement(one).name for one in PROJECT["optional-dependencies"]["track"]}
    assert offered <= brought
