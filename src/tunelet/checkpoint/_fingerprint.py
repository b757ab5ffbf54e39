"""Which weights a run was trained on, so that an adapter is never put on other ones."""

import hashlib
from pathlib import Path


def weights_fingerprint(folder: Path) -> str | None:
    """SHA-256 (hex) over the checkpoint's safetensors files in the order of their names; None where there are none."""
    whole = folder / "model.safetensors"
    files = [whole] if whole.is_file() else sorted(folder.glob("model-*-of-*.safetensors"))
    if not files:
        return None
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
