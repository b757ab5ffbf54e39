"""Which files make a checkpoint, and whether those at hand are whole.

Weights are safetensors only, whose header says how long the file must be. A pickled `pytorch_model.bin` can run code
when it is opened and is refused; code that a repository brings along (`auto_map`) is never run.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tunelet._foreign import LARGEST_RECORD, ForeignFileError, open_regular, read_json_object
from tunelet._words import bytes_in_words
from tunelet.checkpoint._config import check_config, check_size, vocabulary_size
from tunelet.checkpoint._safetensors import TensorEntry, elements, read_header
from tunelet.checkpoint._vocabulary import check_vocabulary
from tunelet.errors import ModelError

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
POOLING = "1_Pooling/config.json"  # where Sentence Transformers keeps what is read of a text
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
POOLED_CONFIGS = ("modules.json", "sentence_bert_config.json", "1_Pooling/config.json", "2_Dense/config.json")
POOLED_HEAD = "2_Dense/model.safetensors"
WINDOWS = "windows.safetensors"  # what tunelet learned of pooling windows, which no other library reads
VOCABULARIES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "spiece.model",
    "spm.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
)
_READ_BY_LIBRARIES = ("generation_config.json", "adapter_config.json", "chat_template.jinja", "chat_template.json")
RANDOM_WEIGHTS = "settings={'model.random_weights': True}"

_SHARD = re.compile(r"model-\d+-of-\d+\.safetensors")
_PICKLED = re.compile(r"(pytorch_model.*\.bin|.*\.(pt|pth|ckpt|pkl))")
_OTHER_FRAMEWORKS = re.compile(r"(tf_model\.h5|flax_model\.msgpack|rust_model\.ot|.*\.onnx)")


def wanted(names: Iterable[str], *, random_weights: bool) -> list[str]:
    """Of a repository's file names, those that a checkpoint is loaded from, config.json first."""
    present = set(names)
    chosen = [CONFIG, *(name for name in (*TOKENIZER_FILES, POOLING) if name in present)]
    if random_weights:
        return chosen
    if WEIGHTS in present:
        return [*chosen, WEIGHTS]
    return [*chosen, *sorted(name for name in present if name == INDEX or _SHARD.fullmatch(name))]


def check_names(names: Iterable[str], where: str, *, random_weights: bool, on_hub: bool = False) -> None:
    """Raise ModelError unless these file names can make a checkpoint; `where` names the folder or repository."""
    present = set(names)
    if "adapter_config.json" in present and not {CONFIG, WEIGHTS} <= present:
        raise ModelError(
            f"expected a checkpoint, found an adapter (adapter_config.json) in {where}",
            "name the model that the adapter was trained on",
        )
    if CONFIG not in present:
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
                f"model='{where.partition('@')[0]}@refs/pr/N'"
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
    """Raise ModelError unless the folder is a whole checkpoint that can be built from what it says.

    Checked are the names, that each file is one, the numbers of the config, the ids of the tokenizer, and each weight
    file's header and length.
    """
    check_names((entry.name for entry in folder.iterdir()), str(folder), random_weights=random_weights)
    _check_regular(folder)
    config = check_config(folder / CONFIG)
    held = None if random_weights else elements(_weights(folder))
    check_size(folder / CONFIG, config, held)
    check_vocabulary(folder, vocabulary_size(config))


def _check_regular(folder: Path) -> None:
    """Libraries open these files by themselves: a pipe would keep them waiting, a device fill the memory."""
    for name in (CONFIG, INDEX, WEIGHTS, *TOKENIZER_FILES, *_READ_BY_LIBRARIES):
        path = folder / name
        if path.exists() or path.is_symlink():
            try:
                with open_regular(path) as file:
                    size = os.fstat(file.fileno()).st_size
                if name != WEIGHTS and size > LARGEST_RECORD:
                    raise ForeignFileError(f"expected at most {bytes_in_words(LARGEST_RECORD)}, found more")
            except ForeignFileError as error:
                raise ModelError(f"{path}: {error}", "download or copy it again") from None


def _weights(folder: Path) -> dict[str, TensorEntry]:
    """The tensors of all weight files, after a check that each file is whole."""
    if (folder / WEIGHTS).exists():
        return read_header(folder / WEIGHTS)
    tensors: dict[str, TensorEntry] = {}
    for shard, names in _shards(folder / INDEX).items():
        path = folder / shard
        if not path.is_file():
            raise ModelError(f"{INDEX} names {shard}, which is not in {folder}", "copy or download the missing file")
        header = read_header(path)
        if absent := names - set(header):
            raise ModelError(
                f"{INDEX} places {min(absent)!r} in {shard}, which does not hold it", "download the checkpoint again"
            )
        tensors |= header
    return tensors


def weight_files(folder: Path) -> dict[str, set[str]]:
    """Weight file -> names of its tensors, of a checkpoint that has passed `check_folder`."""
    if (folder / WEIGHTS).exists():
        return {WEIGHTS: set(read_header(folder / WEIGHTS))}
    return _shards(folder / INDEX)


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
        return read_json_object(path)
    except ForeignFileError as error:
        raise ModelError(f"{path}: {error}", "download or copy it again") from None
