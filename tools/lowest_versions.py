"""The lowest version of each dependency that pyproject.toml admits, as pip constraints for `make test-lowest`.

torch stays at what constraints.txt pins: its lowest version would be gigabytes of CUDA packages.
"""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
_FLOOR = re.compile(r"([\w-]+)\s*(?:\[[\w,]+\])?\s*>=\s*([\w.]+)")


def lowest_versions(pyproject: str) -> dict[str, str]:
    """Name -> lowest admitted version, over the dependencies and all extras."""
    project = tomllib.loads(pyproject)["project"]
    listed = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    floors = [found.groups() for found in map(_FLOOR.match, listed) if found]
    return {name: version for name, version in floors if name != "torch"}


if __name__ == "__main__":
    for name, version in lowest_versions((ROOT / "pyproject.toml").read_text(encoding="utf-8")).items():
        print(f"{name}=={version}")
