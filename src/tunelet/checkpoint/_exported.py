"""The files of an exported model before any library opens them: what is there, and that none leads elsewhere.

An export has weights as safetensors or as one ONNX graph. A folder with anything that can run code when it is opened is
refused as a whole, although nothing here would open it: it is none that tunelet wrote, and the next program might.
"""

import re
from pathlib import Path
from typing import Any

from tunelet._foreign import ForeignFileError, read_json_object
from tunelet._words import counted
from tunelet.checkpoint._config import check_config, check_size, vocabulary_size
from tunelet.checkpoint._files import CONFIG, WEIGHTS
from tunelet.checkpoint._safetensors import elements, read_header
from tunelet.checkpoint._vocabulary import check_vocabulary
from tunelet.errors import ModelError

_PICKLED = re.compile(r".*\.(bin|pt|pth|ckpt|pkl|pickle|joblib|npy|npz|h5|keras|msgpack|dill)", re.IGNORECASE)
_MOST_FILES = 1000
_HINT = "export the run again, with tunelet export"


def check_exported(folder: Path) -> dict[str, Any]:
    """The content of the config.json of an exported folder, after a check of the names, links and sizes in it.

    Raises:
        ModelError: a link out of the folder, a pickle, code, no config, or a tokenizer or weights that do not fit it.
    """
    _check_names(folder)
    path = folder / CONFIG
    for name in (CONFIG, "tokenizer_config.json"):
        try:
            wants_code = "auto_map" in read_json_object(folder / name)
        except ForeignFileError as error:
            raise ModelError(f"{folder / name}: {error}", _HINT) from None
        if wants_code:
            raise ModelError(f"{folder / name} wants code from the folder (auto_map), which tunelet never runs", _HINT)
    config = check_config(path)
    if (folder / WEIGHTS).exists():
        check_size(path, config, elements(read_header(folder / WEIGHTS)))
    for weights in sorted(folder.rglob("*.safetensors")):
        read_header(weights)
    check_vocabulary(folder, vocabulary_size(config))
    return config


def _check_names(folder: Path) -> None:
    root = folder.resolve()
    # In the Hub's cache every file is a link into the repository's own store of contents.
    store = root.parent.parent / "blobs" if root.parent.name == "snapshots" else root
    for number, path in enumerate(folder.rglob("*")):
        if number > _MOST_FILES:
            raise ModelError(f"{folder} holds more than {counted(_MOST_FILES, 'file')}, an export some dozen", _HINT)
        if path.is_symlink():
            try:
                inside = any(path.resolve(strict=True).is_relative_to(place) for place in (root, store))
            except (OSError, RuntimeError):  # it dangles, or leads round in a circle
                inside = False
            if not inside:
                raise ModelError(f"{path} is a link that leads out of the folder", _HINT)
        elif not path.is_dir() and not path.is_file():
            raise ModelError(f"{path}: expected a file, found a pipe, a socket or a device", _HINT)
        if _PICKLED.fullmatch(path.name):
            raise ModelError(f"{path}: no export has such a file, which can run code when it is opened", _HINT)
