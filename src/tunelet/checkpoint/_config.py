"""A config.json that may say anything: every number that decides what is built is within bounds before anything is.

What is foreign here is arithmetic: a layer count of a billion is built until memory ends, heads that do not divide the
hidden size fail deep inside a library, a vocabulary that is too small trains on random embeddings. A number
has different names in different architectures; a name that is not listed gets the bounds of any number.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunelet._foreign import ForeignFileError, read_json_object
from tunelet._words import counted, shown
from tunelet.errors import ModelError

MOST_PARAMETERS = 2 * 10**9  # of random weights; an encoder of this package's kind has 10 to 400 million
_AGAIN = "download or copy the checkpoint again, or name another, such as model='minilm'"


@dataclass(frozen=True)
class _Bounds:
    names: tuple[str, ...]
    least: float
    most: float
    kind: type = int


_LAYERS = _Bounds(("num_hidden_layers", "n_layers", "n_layer", "num_layers", "num_hidden_groups"), 1, 1000)
_HEADS = _Bounds(("num_attention_heads", "n_heads", "n_head", "encoder_attention_heads"), 1, 1024)
_WIDTH = _Bounds(("hidden_size", "dim", "d_model", "n_embd"), 1, 2**17)
_INNER = _Bounds(("intermediate_size", "hidden_dim", "d_inner", "ffn_dim", "encoder_ffn_dim"), 1, 2**20)
_EMBEDDED = _Bounds(("embedding_size",), 1, 2**17)
_VOCABULARY = _Bounds(("vocab_size",), 1, 10**7)
_POSITIONS = _Bounds(("max_position_embeddings", "n_positions"), 8, 10**7)
_ALL = (
    _LAYERS, _HEADS, _WIDTH, _INNER, _EMBEDDED, _VOCABULARY, _POSITIONS,
    _Bounds(("type_vocab_size",), 0, 10**4),
    _Bounds(("inner_group_num",), 1, 1000),
    _Bounds(("num_labels",), -(10**6), 10**6),
    _Bounds(("layer_norm_eps", "norm_eps", "layer_norm_epsilon"), 0, 1, float),
    _Bounds(("initializer_range",), 0, 100, float),
)  # fmt: skip
_DROPOUT = _Bounds((), 0, 1, float)
_ANY = _Bounds((), -(10**12), 10**12, float)


def check_config(path: Path) -> dict[str, Any]:
    """The content of a config.json that names an architecture, needs no code, and whose numbers can be built.

    Raises:
        ModelError: what is wrong, with the file and the key.
    """
    try:
        config = read_json_object(path)
    except ForeignFileError as error:
        raise ModelError(f"{path}: {error}", _AGAIN) from None
    _check_architecture(path, config)
    for key, value in _numbers(config):
        bounds = next((bounds for bounds in _ALL if key in bounds.names), _DROPOUT if "dropout" in key else _ANY)
        _check(path, key, value, bounds)
    width, heads = _first(config, _WIDTH), _first(config, _HEADS)
    if width and heads and width % heads and "head_dim" not in config:
        raise ModelError(f"{path}: a hidden size of {width} cannot be shared among {counted(heads, 'head')}", _AGAIN)
    if config.get("type_vocab_size") == 0 and "deberta" not in config["model_type"]:
        raise ModelError(f"{path}: type_vocab_size is 0, expected 1 or more", _AGAIN)
    rows = _first(config, _VOCABULARY)
    padding = config.get("pad_token_id")
    if rows and type(padding) is int and not -rows <= padding < rows:
        raise ModelError(f"{path}: pad_token_id is {padding}, outside the vocabulary of {rows:,}", _AGAIN)
    return config


def vocabulary_size(config: Mapping[str, Any]) -> int | None:
    """How many rows the embeddings have, where the config says so."""
    return _first(config, _VOCABULARY)


def check_size(path: Path, config: Mapping[str, Any], held: int | None) -> None:
    """Raise ModelError where the config describes far more parameters than there are.

    Args:
        path: of the config.
        config: what it says.
        held: how many parameters the weights hold; None: they will be made at random.
    """
    described = _parameters(config)
    if held is None:
        if described > MOST_PARAMETERS:
            raise ModelError(
                f"{path} describes {described:,} parameters or more; random weights may have {MOST_PARAMETERS:,}",
                "name a smaller encoder, such as model='minilm'",
            )
    elif described > 2 * held + 10**6:
        raise ModelError(
            f"{path} describes {described:,} parameters or more, the weights beside it hold {held:,}",
            "they do not belong together: download or copy the checkpoint again",
        )


def _parameters(config: Mapping[str, Any]) -> int:
    """The matrices of an encoder as the config describes it, counted low: 0 for what it leaves to its defaults."""
    width, rows = _first(config, _WIDTH) or 0, _first(config, _VOCABULARY) or 0
    inner = _first(config, _INNER) or 0
    groups = config.get("num_hidden_groups")  # ALBERT: so many layers of weights, however often they are applied
    layers = groups if type(groups) is int else _first(config, _LAYERS) or 0
    embedded = _first(config, _EMBEDDED) or width
    return (rows + (_first(config, _POSITIONS) or 0)) * embedded + layers * (2 * width * width + 2 * width * inner)


def _check_architecture(path: Path, config: Mapping[str, Any]) -> None:
    model_type = config.get("model_type")
    if not isinstance(model_type, str):
        raise ModelError(f"expected `model_type` in {path}, found none", "name a checkpoint that transformers saved")
    if "auto_map" in config:
        # Only here, since the table costs the import of transformers; a native architecture has its `auto_map` ignored.
        from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

        if model_type not in CONFIG_MAPPING_NAMES:
            raise ModelError(
                f"{path} wants code from the checkpoint (auto_map, {shown(model_type)}), which tunelet never runs",
                "name a checkpoint of an architecture that transformers brings itself",
            )


def _numbers(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every number in the config by its key, and whatever stands where a number is expected."""
    expected = any(key in bounds.names for bounds in _ALL)
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _numbers(item, name)
    elif isinstance(value, list) and not expected:
        for item in value:
            yield from _numbers(item, "")
    elif (expected and value is not None) or (isinstance(value, int | float) and not isinstance(value, bool)):
        yield key, value


def _check(path: Path, key: str, value: Any, bounds: _Bounds) -> None:
    kinds = (int,) if bounds.kind is int else (int, float)
    right = type(value) in kinds and bounds.least <= value <= bounds.most
    if not right:
        noun = "a whole number" if bounds.kind is int else "a number"
        name = key or "a number in a list"
        raise ModelError(
            f"{path}: {name} is {shown(value)}, expected {noun} from {bounds.least:,} to {bounds.most:,}", _AGAIN
        )


def _first(config: Mapping[str, Any], bounds: _Bounds) -> int | None:
    return next((config[name] for name in bounds.names if type(config.get(name)) is int), None)
