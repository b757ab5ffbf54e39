"""Which files make a checkpoint, and whether those at hand are whole.

Weights are safetensors only: a header of 8 bytes (its length, little-endian), JSON that gives each tensor's place,
then the tensors, without gaps (https://github.com/huggingface/safetensors#format). So a file's own header says how
long it must be, and a download or copy that was cut short is found without reading the tensors. A pickled
`pytorch_model.bin` can run code when it is opened and is refused; code that a repository brings along (`auto_map`) is
never run.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tunelet.errors import ModelError

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "spiece.model",
    "spm.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
)
VOCABULARIES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "spiece.model",
    "spm.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
)
RANDOM_WEIGHTS = "--set model.random_weights=true"

_SHARD = re.compile(r"model-\d+-of-\d+\.safetensors")
_PICKLED = re.compile(r"(pytorch_model.*\.bin|.*\.(pt|pth|ckpt|pkl))")
_OTHER_FRAMEWORKS = re.compile(r"(tf_model\.h5|flax_model\.msgpack|rust_model\.ot|.*\.onnx)")
_LARGEST_HEADER = 100_000_000  # bytes; the format's own limit


def wanted(names: Iterable[str], *, random_weights: bool) -> list[str]:
    """Of a repository's file names, those that a checkpoint is loaded from, config.json first."""
    present = set(names)
    chosen = [CONFIG, *(name for name in TOKENIZER_FILES if name in present)]
    if random_weights:
        return chosen
    if WEIGHTS in present:
        return [*chosen, WEIGHTS]
    return [*chosen, *sorted(name for name in present if name == INDEX or _SHARD.fullmatch(name))]


def check_names(names: Iterable[str], where: str, *, random_weights: bool, on_hub: bool = False) -> None:
    """Raise ModelError unless these file names can make a checkpoint; `where` names the folder or repository."""
    present = set(names)
    if CONFIG not in present:
        if "adapter_config.json" in present:
            raise ModelError(
                f"expected a checkpoint, found an adapter (adapter_config.json, no {CONFIG}) in {where}",
                "name the model that the adapter was trained on",
            )
        raise ModelError(f"expected a checkpoint, found no {CONFIG} in {where}", "name a Hugging Face encoder")
    if not present.intersection(VOCABULARIES):
        raise ModelError(
            f"expected a tokenizer, found none of {', '.join(VOCABULARIES)} in {where}", "add the tokenizer's files"
        )
    if random_weights or present & {WEIGHTS, INDEX}:
        return
    if pickled := sorted(name for name in present if _PICKLED.fullmatch(name)):
        hint = "save it as safetensors with `save_pretrained`, in a place that may run it, and name that folder"
        if on_hub:
            hint = (
                f"ask https://huggingface.co/spaces/safetensors/convert for a pull request with them and type "
                f"--model {where.partition('@')[0]}@refs/pr/N"
            )
        raise ModelError(f"expected {WEIGHTS}, found only {pickled[0]} in {where}, a pickle, which can run code", hint)
    if foreign := sorted(name for name in present if _OTHER_FRAMEWORKS.fullmatch(name)):
        raise ModelError(
            f"expected {WEIGHTS}, found only {foreign[0]} in {where}", "name a checkpoint with safetensors"
        )
    raise ModelError(
        f"expected {WEIGHTS}, found a checkpoint without weights in {where}",
        f"add the weights, or train from random ones with {RANDOM_WEIGHTS}",
    )


def check_folder(folder: Path, *, random_weights: bool) -> None:
    """Raise ModelError unless the folder is a whole checkpoint: names, config, each weight file's header and length."""
    check_names((entry.name for entry in folder.iterdir()), str(folder), random_weights=random_weights)
    check_config(folder / CONFIG)
    if random_weights:
        return
    if (folder / WEIGHTS).exists():
        check_safetensors(folder / WEIGHTS)
        return
    for shard, tensors in _shards(folder / INDEX).items():
        path = folder / shard
        if not path.is_file():
            raise ModelError(f"{INDEX} names {shard}, which is not in {folder}", "copy or download the missing file")
        absent = tensors - check_safetensors(path)
        if absent:
            raise ModelError(
                f"{INDEX} places {min(absent)!r} in {shard}, which does not hold it", "download the checkpoint again"
            )


def weight_files(folder: Path) -> dict[str, set[str]]:
    """Of a checkpoint that `check_folder` found whole: the names of its weight files, and of the tensors in each."""
    if (folder / WEIGHTS).exists():
        return {WEIGHTS: check_safetensors(folder / WEIGHTS)}
    return _shards(folder / INDEX)


def check_config(path: Path) -> None:
    """Raise ModelError unless config.json names an architecture, and one that needs no code from the checkpoint."""
    config = _json_object(path)
    model_type = config.get("model_type")
    if not isinstance(model_type, str):
        raise ModelError(f"expected `model_type` in {path}, found none", "name a checkpoint that transformers saved")
    if "auto_map" in config:
        # Only here, since the table costs the import of transformers; a native architecture has its `auto_map` ignored.
        from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

        if model_type not in CONFIG_MAPPING_NAMES:
            raise ModelError(
                f"{path} wants code from the checkpoint (auto_map, {model_type!r}), which tunelet never runs",
                "name a checkpoint of an architecture that transformers brings itself",
            )


def check_safetensors(path: Path) -> set[str]:
    """The names of the tensors in a safetensors file whose length is what its header says.

    Raises:
        ModelError: missing, no safetensors file, cut short, or longer than it should be.
    """
    again = "download or copy it again"
    if not path.is_file():
        raise ModelError(f"{path} is missing", again)
    size = path.stat().st_size
    with path.open("rb") as file:
        prefix = file.read(8)
        header_size = int.from_bytes(prefix, "little")
        if len(prefix) < 8 or (size < header_size + 8 <= _LARGEST_HEADER + 8):
            raise ModelError(f"{path} is truncated: {size:,} bytes, not even the whole header", again)
        if header_size > _LARGEST_HEADER:
            raise ModelError(f"{path} is no safetensors file: it does not start with a header", again)
        try:
            header = json.loads(file.read(header_size))
            ends = {name: int(entry["data_offsets"][1]) for name, entry in header.items() if name != "__metadata__"}
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise ModelError(f"{path} is no safetensors file: its header is not readable", again) from error
    expected = 8 + header_size + max(ends.values(), default=0)
    if size < expected:
        raise ModelError(f"{path} is truncated: expected {expected:,} bytes, found {size:,}", again)
    if size > expected:
        raise ModelError(f"{path} is damaged: expected {expected:,} bytes, found {size:,}", again)
    return set(ends)


def _shards(index: Path) -> dict[str, set[str]]:
    weight_map = _json_object(index).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise ModelError(f"expected `weight_map` in {index}, found none", "download the checkpoint again")
    shards: dict[str, set[str]] = {}
    for tensor, shard in weight_map.items():
        if not isinstance(shard, str) or Path(shard).name != shard or not shard.endswith(".safetensors"):
            raise ModelError(
                f"{index} names {shard!r}, which is no safetensors file beside it", "name another checkpoint"
            )
        shards.setdefault(shard, set()).add(tensor)
    return shards


def _json_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is not readable as JSON: {error}", "download or copy it again") from error
    if not isinstance(content, dict):
        raise ModelError(
            f"expected a JSON object in {path}, found {type(content).__name__}", "download or copy it again"
        )
    return content
