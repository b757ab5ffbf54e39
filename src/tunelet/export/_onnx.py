"""`--to onnx`: one graph from token ids to calibrated logits, through PyTorch's own exporter.

Pooling and head are inside, and so is the cutting of long texts. Tokenizers of other languages keep the beginning of a
text or nothing; here the graph is given all tokens, special ones included, and takes those that the run would keep.
"""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from tunelet._words import first_line
from tunelet.checkpoint import INSTALL_EXPORT
from tunelet.errors import ExportError
from tunelet.export._source import Source
from tunelet.run import ExportFolder, ExportRecord


class Graph(nn.Module):
    """The model with the cutting of texts before it."""

    def __init__(self, model: nn.Module, longest: int | None, kept: int, *, falling: bool) -> None:
        """Take the model.

        Args:
            model: from token ids, padded at the end, to logits.
            longest: most tokens of a text; None: texts are cut before.
            kept: tokens of a longer text that are kept at its beginning; the rest is kept at its end.
            falling: whether a text's logits are put in falling order, as those of ratings are before others are added.
        """
        super().__init__()
        self.model, self.longest, self.kept, self.falling = model, longest, kept, falling

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Logits [n, classes] of token ids [n, tokens]."""
        given = {"input_ids": input_ids, "attention_mask": attention_mask}
        if token_type_ids is not None:
            given["token_type_ids"] = token_type_ids
        if self.longest is not None:
            over = (attention_mask.sum(dim=1, keepdim=True) - self.longest).clamp(min=0)
            places = torch.ones_like(input_ids[:, : self.longest]).cumsum(dim=1) - 1
            places = places + torch.where(places >= self.kept, over, torch.zeros_like(over))
            given = {name: torch.gather(tensor, 1, places) for name, tensor in given.items()}
        logits: torch.Tensor = self.model(**given).logits
        return logits.sort(dim=1, descending=True).values if self.falling else logits


def kept_at_the_beginning(record: ExportRecord, tokenizer: Any) -> int:
    """How many tokens of a longer text are those of its beginning, special ones included."""
    around: list[int] = tokenizer("a")["input_ids"]
    inside: list[int] = tokenizer("a", add_special_tokens=False)["input_ids"]
    room = max(0, record.max_length - (len(around) - len(inside)))
    return around.index(inside[0]) + {"head": room, "tail": 0, "head+tail": room // 4}[record.truncation]


def write_onnx(folder: ExportFolder, source: Source, model: Any, record: ExportRecord, tokenizer: Any) -> None:
    """Write `onnx/model.onnx` and `config.json`. Raises ExportError where PyTorch cannot export the model."""
    cuts = not record.task.several_fields
    longest = record.max_length if cuts else None
    falling = source.tfidf is not None and source.task.output.falling
    graph = Graph(model, longest, kept_at_the_beginning(record, tokenizer), falling=falling).eval()
    ids = torch.randint(5, 100, (3, 24))
    mask = torch.ones_like(ids)
    mask[1, 10:] = 0
    names = ["input_ids", "attention_mask"]
    if int(getattr(model.config, "type_vocab_size", None) or 0) > 1:
        names.append("token_type_ids")
    folder.graph.parent.mkdir(exist_ok=True)
    _export(graph, (ids, mask, torch.zeros_like(ids))[: len(names)], names, folder.graph)
    write_config(folder, model, "fp32")


def write_config(folder: ExportFolder, model: Any, dtype: str) -> None:
    """Write `config.json`, from which transformers.js takes the class, the names of the labels and the file."""
    config = model.config.to_diff_dict()
    from transformers.models.auto.modeling_auto import MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES as CLASSES

    config["architectures"] = [CLASSES.get(config["model_type"], type(model).__name__)]
    config["transformers.js_config"] = {"dtype": dtype}
    config.pop("_name_or_path", None)
    folder.write(folder.config, config)


def _export(graph: Graph, example: Sequence[torch.Tensor], names: Sequence[str], path: Path) -> None:
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise ExportError(
            f"an ONNX graph is written with the package {error.name}, which is missing", INSTALL_EXPORT
        ) from None
    with _quiet():
        try:
            program: Any = torch.onnx.export(
                graph,
                tuple(example),
                dynamo=True,
                input_names=list(names),
                output_names=["logits"],
                dynamic_shapes=tuple({0: "batch", 1: "sequence"} for _ in names),
                verbose=False,
            )
            program.save(str(path), external_data=False)
        except Exception as error:  # what a model does that the exporter does not know has no class of its own
            raise ExportError(
                f"PyTorch cannot export this encoder to ONNX ({first_line(error)[:200]})",
                "pass to='merged' or to='sentence-transformers'",
            ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter tells of operators of packages that nobody asked for."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
