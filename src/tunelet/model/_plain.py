"""An adapter folder that plain Transformers loads in one line, label names included.

Transformers takes the names of the labels from a `config.json` beside the adapter, and where there is one it looks
beside the adapter for the weights of the base model, too (`AutoModel.from_pretrained`, 5.x). They are not copied: an
index of shards, the format of large checkpoints, says where they lie on this machine.
"""

import json
from pathlib import Path

from tunelet.checkpoint import INDEX, weight_files


def refer_to_base(folder: Path, base: Path) -> None:
    """Write into an adapter's folder where the weights of its base model are, file by file and tensor by tensor."""
    files = weight_files(base)
    places = {name: str(base.resolve() / file) for file, names in files.items() for name in names}
    size = sum((base / file).stat().st_size for file in files)
    index = {"metadata": {"total_size": size}, "weight_map": dict(sorted(places.items()))}
    (folder / INDEX).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
