"""Loads what tunelet saved with other libraries alone, in a process of its own: `python plain_loading.py TASK.json`.

The task has `texts`, `folders` (each a Sentence Transformers folder), `backbones` (adapter -> base)
and `out`, where the logits of each folder and the mean vectors of each adapter go.
"""

import json
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")

import torch  # noqa: E402
from peft import PeftModel  # noqa: E402
from sentence_transformers import SentenceTransformer  # noqa: E402
from transformers import AutoModel, AutoTokenizer  # noqa: E402


def mean_of_adapter(adapter: str, base: str, texts: list[str]) -> list[list[float]]:
    """Means over the tokens of the last hidden states, of the plain backbone under PEFT's adapter."""
    model = PeftModel.from_pretrained(AutoModel.from_pretrained(base, dtype=torch.float32), adapter).eval()
    inputs = AutoTokenizer.from_pretrained(adapter)(texts, padding=True, truncation=True, return_tensors="pt")
    mask = inputs["attention_mask"].unsqueeze(-1)
    with torch.no_grad():
        named = {name: inputs[name] for name in ("input_ids", "attention_mask")}
        hidden = model(**named).last_hidden_state
    return ((hidden * mask).sum(dim=1) / mask.sum(dim=1)).tolist()


def main(task: Path) -> None:
    given = json.loads(task.read_text())
    logits = {
        folder: SentenceTransformer(folder, device="cpu").encode(given["texts"], convert_to_numpy=True).tolist()
        for folder in given["folders"]
    }
    means = {adapter: mean_of_adapter(adapter, base, given["texts"]) for adapter, base in given["backbones"].items()}
    assert not [name for name in sys.modules if name.partition(".")[0] == "tunelet"]
    Path(given["out"]).write_text(json.dumps({"logits": logits, "means": means}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
