"""Makes an adapter's folder one that plain Transformers loads in one line, with the names of the labels.

Transformers reads the label names from a `config.json` beside the adapter. But where that file exists, it expects the
base model's weights in the same folder as well (`AutoModel.from_pretrained`, 5.x). They are not copied: an index of
shards, which is the format of large checkpoints, points to the files on this machine.
"""

import json
from pathlib import Path

from tunelet.checkpoint import INDEX, weight_files


def refer_to_base(folder: Path, base: Path) -> None:
    """Write an index into an adapter's folder that names the file of each weight of the base model."""
    files = weight_files(base)
    places = {name: str(base.resolve() / file) for file, names in files.items() for name in names}
    size = sum((base / file).stat().st_size for file in files)
    index = {"metadata": {"total_size": size}, "weight_map": dict(sorted(places.items()))}
    (folder / INDEX).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
