"""Pretrained weights, in float32, and tokenizers from a checkpoint's files, without any of its code."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoTokenizer, PreTrainedModel
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
)

from tunelet.checkpoint import CONFIG, check_vocabulary
from tunelet.errors import ModelError, TuneletError
from tunelet.model._quiet import quiet_libraries
from tunelet.model._turns import turn

# Letters that are in no vocabulary: a tokenizer without an unknown token fails on them here, not in the user's texts.
_UNKNOWN = "a \U000f0000\U0010fffd \u16a0\u16a2"


def load_weights(loader: Any, folder: Path, config: Any) -> tuple[PreTrainedModel, set[str], set[str]]:
    """A model in float32, from safetensors alone and without any code of the checkpoint's.

    Returns:
        The model, the parameters that the checkpoint lacks or holds in another shape, and those that the model lacks.
    """
    model, report = loader.from_pretrained(
        folder,
        config=config,
        dtype=torch.float32,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
        ignore_mismatched_sizes=True,  # a head trained for other labels is replaced
        output_loading_info=True,
    )
    missing = set(report["missing_keys"]) | {entry[0] for entry in report["mismatched_keys"]}
    return model, missing, set(report["unexpected_keys"])


def load_tokenizer(folder: Path) -> Any:
    """The checkpoint's own tokenizer. Raises ModelError where its files are missing or broken."""
    check_vocabulary(folder, None)
    with turn, foreign_model(folder, "no usable tokenizer", "put the checkpoint's tokenizer files there"):
        if (folder / CONFIG).exists():  # read first, so that a fault in it is not blamed on the tokenizer
            with foreign_model(folder):
                AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        if (backend := getattr(tokenizer, "backend_tokenizer", None)) is not None:
            # tunelet truncates and joins texts itself. A first call would do this while other threads tokenise.
            backend.no_truncation()
            backend.no_padding()
        tokenizer(_UNKNOWN)
    return tokenizer


@contextmanager
def foreign_model(
    folder: Path,
    fault: str = "not an encoder that can be loaded",
    hint: str = "download or copy it again, or name another, such as model='minilm'",
) -> Iterator[None]:
    """Turn any exception within into one ModelError that names the folder.

    A foreign checkpoint can be wrong in more ways than anybody could list, and each library raises classes of its own.

    Args:
        folder: of the checkpoint.
        fault: what is wrong with it, in general.
        hint: what to type.
    """
    with quiet_libraries():
        try:
            yield
        except TuneletError:
            raise
        except torch.OutOfMemoryError as error:
            said = f"{folder}: the GPU's memory is full"
            raise ModelError(said, "end what fills it, or pass device='cpu'") from error
        except Exception as error:
            raise ModelError(f"{folder}: {fault} ({in_one_line(error)})", hint) from error


def check_encoder(folder: Path, config: Any) -> None:
    """Raise ModelError for a model that is no encoder: one with a decoder, or one that only generates text."""
    generates = config.model_type in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    fills_masks = config.model_type in MODEL_FOR_MASKED_LM_MAPPING_NAMES
    decodes = getattr(config, "is_encoder_decoder", False) or getattr(config, "is_decoder", False)
    if decodes or (generates and not fills_masks):
        raise ModelError(
            f"{folder}: expected an encoder, found {config.model_type}, which generates text",
            "choose one such as distilbert, albert or minilm",
        )


def in_one_line(error: BaseException) -> str:
    """The message of an error on one line, cut after 200 characters."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:200]}..."
