"""Checkpoints as files: where they are, what they are called, whether they are sound. No torch is loaded for it."""

from tunelet.checkpoint._exported import check_exported
from tunelet.checkpoint._files import (
    CONFIG,
    INDEX,
    POOLED_CONFIGS,
    POOLED_HEAD,
    POOLING,
    TOKENIZER_FILES,
    WEIGHTS,
    WINDOWS,
    weight_files,
)
from tunelet.checkpoint._find import Checkpoint, find_checkpoint
from tunelet.checkpoint._fingerprint import weights_fingerprint
from tunelet.checkpoint._names import DEFAULT, SHORT_NAMES, licence
from tunelet.checkpoint._offline import INSTALL_OFFLINE, package_folder, verified_folder
from tunelet.checkpoint._onnx import INSTALL as INSTALL_EXPORT
from tunelet.checkpoint._onnx import check_onnx
from tunelet.checkpoint._vocabulary import check_vocabulary

__all__ = [
    "CONFIG",
    "DEFAULT",
    "INDEX",
    "INSTALL_EXPORT",
    "INSTALL_OFFLINE",
    "POOLED_CONFIGS",
    "POOLED_HEAD",
    "POOLING",
    "SHORT_NAMES",
    "TOKENIZER_FILES",
    "WEIGHTS",
    "WINDOWS",
    "Checkpoint",
    "check_exported",
    "check_onnx",
    "check_vocabulary",
    "find_checkpoint",
    "licence",
    "package_folder",
    "verified_folder",
    "weight_files",
    "weights_fingerprint",
]
