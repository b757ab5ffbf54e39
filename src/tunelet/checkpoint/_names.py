"""Short names of encoders worth adapting, and the Hub ids they stand for.

DeBERTa and ELECTRA were published as pickles; where the Hub still holds no safetensors on their main branch, the
refusal says how to name a revision that does (`OWNER/NAME@refs/pr/N`).
"""

from tunelet._choice import nearest

DEFAULT = "distilbert"
OFFLINE = "minilm"

SHORT_NAMES: dict[str, str] = {
    "albert": "albert/albert-base-v2",
    "bert": "google-bert/bert-base-uncased",
    "bert-cased": "google-bert/bert-base-cased",
    "deberta-base": "microsoft/deberta-v3-base",
    "deberta-small": "microsoft/deberta-v3-small",
    "deberta-xsmall": "microsoft/deberta-v3-xsmall",
    "distilbert": "distilbert/distilbert-base-uncased",
    "distilbert-cased": "distilbert/distilbert-base-cased",
    "distilbert-multilingual": "distilbert/distilbert-base-multilingual-cased",
    "distilroberta": "distilbert/distilroberta-base",
    "electra-base": "google/electra-base-discriminator",
    "electra-small": "google/electra-small-discriminator",
    "ettin-150m": "jhu-clsp/ettin-encoder-150m",
    "ettin-17m": "jhu-clsp/ettin-encoder-17m",
    "ettin-32m": "jhu-clsp/ettin-encoder-32m",
    "ettin-68m": "jhu-clsp/ettin-encoder-68m",
    "minilm": "sentence-transformers/all-MiniLM-L6-v2",
    "mmbert-small": "jhu-clsp/mmBERT-small",
    "modernbert": "answerdotai/ModernBERT-base",
    "roberta": "FacebookAI/roberta-base",
}

_MIT = ("FacebookAI/", "jhu-clsp/", "microsoft/")


def licence(full: str) -> str | None:
    """The licence, as the Hub abbreviates it, that a listed encoder was published under; None: not listed."""
    if full not in SHORT_NAMES.values():
        return None
    return "mit" if full.startswith(_MIT) else "apache-2.0"


def hub_id(name: str) -> str:
    """The Hub id of a short name, or of the bare name that a listed checkpoint had before ids named an owner."""
    bare = {full.partition("/")[2]: full for full in SHORT_NAMES.values()}
    return SHORT_NAMES.get(name) or bare.get(name, name)


def spelling_hint(name: str) -> str:
    """What to type instead of a name that stands for no model."""
    if "/" in name:
        return "check the spelling of OWNER/NAME"
    return f"{nearest(name, SHORT_NAMES)} (or an id OWNER/NAME, or ./FOLDER)"
