"""The tokenizer of an export: the run's own, set to pad, and to cut texts where the model itself does not."""

import json
from typing import Any

from tunelet._foreign import parse_json
from tunelet._record import as_text
from tunelet.errors import ExportError
from tunelet.run import ExportFolder, ExportRecord, Run

_ENDLESS = int(1e30)  # how transformers writes that a tokenizer knows no limit


def write_tokenizer(folder: ExportFolder, run: Run, record: ExportRecord, tokenizer: Any, *, graph_cuts: bool) -> None:
    """Write `tokenizer.json` and `tokenizer_config.json`.

    Args:
        folder: of the export.
        run: whose tokenizer it is.
        record: of the export.
        tokenizer: the same, loaded.
        graph_cuts: whether the model is given texts whole.

    Raises:
        ExportError: the tokenizer has no `tokenizer.json`.
    """
    place = run.folder.tokenizer
    if not run.files.lists(place / "tokenizer.json"):
        raise ExportError(
            f"{place} has no tokenizer.json", "train with an encoder that has one, such as model='minilm'"
        )
    content, config = (
        run.files.read(place / name, lambda raw: parse_json(as_text(raw)))
        for name in ("tokenizer.json", "tokenizer_config.json")
    )
    side = "left" if record.truncation == "tail" else "right"
    content["padding"] = {
        "strategy": "BatchLongest",
        "direction": "Right",
        "pad_to_multiple_of": None,
        "pad_id": int(tokenizer.pad_token_id or 0),
        "pad_type_id": 0,
        "pad_token": tokenizer.pad_token or "[PAD]",
    }
    cut = {"direction": side.capitalize(), "max_length": record.max_length, "strategy": "LongestFirst", "stride": 0}
    content["truncation"] = None if graph_cuts else cut
    config |= {
        "model_max_length": _ENDLESS if graph_cuts else record.max_length,
        "truncation_side": side,
        "padding_side": "right",
    }
    for key in ("auto_map", "name_or_path", "_name_or_path"):
        config.pop(key, None)
    for path, value in ((folder.tokenizer_file, content), (folder.tokenizer_config, config)):
        path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
