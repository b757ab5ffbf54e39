"""Today's encoders, trained by tunelet and by stock Trainer + PEFT in turns: performance-encoders.json.

    python measurements/encoders.py [--models modernbert-base ettin-32m deberta-v3-small] [--turns 3] [--steps 2]

The architectures and sizes are the published ones, the weights random: speed does not depend on them. The vocabulary
keeps its size, while the tokenizer is MiniLM's, whose ids all lie in it. What is measured, and how, is
`tunelet bench train`'s.
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import AutoConfig

from tunelet.bench import TrainBench, bench_train
from tunelet.checkpoint import find_checkpoint

OUT = Path(__file__).with_name("performance-encoders.json")
# Architecture, and what differs from the defaults of its class, by name.
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "modernbert-base": ("modernbert", {}),  # whose defaults are those of answerdotai/ModernBERT-base
    "ettin-32m": (  # jhu-clsp/ettin-encoder-32m
        "modernbert",
        {"hidden_size": 384, "intermediate_size": 576, "num_hidden_layers": 10, "num_attention_heads": 6},
    ),
    "deberta-v3-small": (  # microsoft/deberta-v3-small
        "deberta-v2",
        {
            "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 6, "num_attention_heads": 12,
            "vocab_size": 128100, "max_position_embeddings": 512, "relative_attention": True, "position_buckets": 256,
            "norm_rel_ebd": "layer_norm", "share_att_key": True, "pos_att_type": ["p2c", "c2p"], "type_vocab_size": 0,
            "position_biased_input": False, "max_relative_positions": -1,
        },
    ),
}  # fmt: skip
_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json")


def write_config(name: str, folder: Path) -> Path:
    """A folder with the config of a model and a tokenizer, without weights."""
    architecture, settings = MODELS[name]
    place = folder / name
    special = {"pad_token_id": 0, "cls_token_id": 101, "sep_token_id": 102, "bos_token_id": 101, "eos_token_id": 102}
    given = settings | (special if architecture == "modernbert" else {"pad_token_id": 0})
    AutoConfig.for_model(architecture, **given).save_pretrained(place)
    tokenizer = find_checkpoint("minilm").path
    for file in _TOKENIZER:
        if (tokenizer / file).is_file():
            shutil.copy(tokenizer / file, place / file)
    return place


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--arms", default="stock,best,tunelet")
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out of the search for the best")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args(arguments)

    def keep(document: dict[str, Any]) -> None:
        asked.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")

    with tempfile.TemporaryDirectory() as folder:
        models = tuple(str(write_config(name, Path(folder))) for name in asked.models)
        settings = TrainBench(
            models=models, turns=asked.turns, steps=asked.steps, batch_size=asked.batch_size,
            arms=tuple(asked.arms.split(",")), compile=False if asked.no_compile else None, device=asked.device,
        )  # fmt: skip
        keep(bench_train(settings, say=print, keep=keep))


if __name__ == "__main__":
    main()
