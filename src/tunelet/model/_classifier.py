"""The assembled model: backbone, adapter, head, precision and execution, behind one call from a batch to logits."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import nn

from tunelet._choice import Choice
from tunelet.data import Batch
from tunelet.errors import ModelError
from tunelet.model._execution import Execution
from tunelet.model._fork import threads_start
from tunelet.model._fusion import Fusion
from tunelet.model._packing import Packing, has_segments, padded_inputs
from tunelet.model._pooled import PooledClassifier
from tunelet.model._pooled_files import save_pooled
from tunelet.model._quiet import quiet_libraries
from tunelet.model._structure import Structure
from tunelet.model._turns import turn


@dataclass(frozen=True)
class SequenceClassifier:
    """A sequence classification model ready to train or predict.

    Attributes:
        module: the PEFT model, or the plain model where the method is not LoRA.
        method: "lora", "head" or "full".
        label_names: names of the classes in the order of the logits.
        structure: the parts of the underlying model.
        max_length: most tokens that the model can read.
        execution: how it is run, each choice with its reason.
        targets: the modules with LoRA, with the reason.
    """

    module: nn.Module
    method: str
    label_names: tuple[str, ...]
    structure: Structure
    max_length: int
    execution: Execution
    targets: Choice[tuple[str, ...]]

    def logits(self, batch: Batch, hidden: torch.Tensor | None = None) -> torch.Tensor:
        """Logits [n, classes] in float32 of a batch of n texts.

        Args:
            batch: the texts.
            hidden: what `below` made of them, to go on from there.
        """
        threads_start()
        if hidden is not None:
            assert self.packing is not None  # noqa: S101
            started: torch.Tensor = self.module(**self.packing.first_inputs(batch.lengths, hidden)).logits
            return started.float()
        logits: torch.Tensor = self.module(**self._inputs(batch)).logits
        return logits.float()

    def _inputs(self, batch: Batch) -> dict[str, Any]:
        """The model's keyword arguments for a batch."""
        token_ids = self._on_device(batch.token_ids)
        if self.packing is not None:
            return self.packing.inputs(token_ids, batch.lengths, batch.first_lengths)
        config = self.base.config
        firsts = batch.first_lengths if has_segments(config) else None
        return padded_inputs(token_ids, batch.lengths, config.pad_token_id or 0, firsts)

    def _on_device(self, token_ids: np.ndarray) -> torch.Tensor:
        rows = self.base.get_input_embeddings().num_embeddings
        if len(token_ids) and int(token_ids.max()) >= rows:
            raise ModelError(
                f"the tokenizer gives the id {token_ids.max():,}, the model's vocabulary has {rows:,}",
                "put the checkpoint's own tokenizer files beside its weights",
            )
        return torch.from_numpy(token_ids).to(self.device)

    @property
    def device(self) -> torch.device:
        """Where it is."""
        return self.execution.device.value

    @property
    def packing(self) -> Packing | None:
        """Packed execution, None: padded."""
        return self.execution.packing.value

    @property
    def fusion(self) -> Fusion | None:
        """The layers in kernels, None: module by module."""
        return self.execution.fusion.value

    @property
    def frozen_layers(self) -> int:
        """How many layers lie below the lowest adapter and never change, where the kernels run them; else 0."""
        return self.fusion.frozen if self.fusion is not None else 0

    def frozen_shape(self, lengths: np.ndarray) -> tuple[np.ndarray, int, torch.dtype]:
        """What `below` makes of texts with these lengths: rows of each, their width and dtype."""
        assert self.fusion is not None  # noqa: S101
        width = int(self.base.config.hidden_size)
        if self.frozen_layers < self.fusion.depth:
            return lengths, width, self.fusion.element
        pooling = self.fusion.pooling
        element = self.fusion.element if pooling == "first" else torch.float32
        return np.ones_like(lengths), width * (2 if pooling == "both" else 1), element

    @torch.no_grad()
    def below(self, batch: Batch) -> torch.Tensor:
        """Hidden states [T, hidden] after the frozen layers; what the head reads, [n, width], where all are frozen."""
        assert self.packing is not None  # noqa: S101
        token_ids = self._on_device(batch.token_ids)
        stopped: list[torch.Tensor] = []
        backbone = self.base.get_submodule(self.structure.backbone)
        backbone(**self.packing.inputs(token_ids, batch.lengths, batch.first_lengths), stopped=stopped)
        return stopped[0]

    @torch.inference_mode()
    def vectors(self, batch: Batch) -> torch.Tensor:
        """What the linear head reads of each text, float32 [n, width]. Only where the head is linear."""
        return cast("PooledClassifier", self.base).pooled(**self._inputs(batch))

    @property
    def head(self) -> nn.Linear | None:
        """The linear layer that is the whole head, with the weights that are trained; None: an architecture's own."""
        return self.base.head if isinstance(self.base, PooledClassifier) else None

    @torch.inference_mode()
    def vectors_by_layer(self, batch: Batch) -> torch.Tensor:
        """What a linear head would read after each layer, float32 [layers, n, width]. Where the kernels run them."""
        assert self.fusion is not None  # noqa: S101
        found: list[torch.Tensor] = []
        self.base.get_submodule(self.structure.backbone)(**self._inputs(batch), by_layer=found)
        return found[0]

    def set_head(self, weight: np.ndarray, bias: np.ndarray) -> None:
        """Give the linear head these weights, float32 [classes, width] and [classes]."""
        assert self.head is not None  # noqa: S101
        with torch.no_grad():
            self.head.weight.copy_(torch.from_numpy(weight))
            self.head.bias.copy_(torch.from_numpy(bias))

    @property
    def base(self) -> Any:
        """The Transformers model, under the adapter where there is one."""
        return self.module.get_base_model() if self.method == "lora" else self.module  # type: ignore[operator]

    def trained_parameters(self) -> dict[str, nn.Parameter]:
        """Name to parameter of all that is trained, in the model's order."""
        return {name: p for name, p in self.module.named_parameters() if p.requires_grad}

    def is_head(self, name: str) -> bool:
        """Whether a trained parameter belongs to a module trained from its beginning, not to LoRA or the backbone."""
        if self.method == "lora":
            return "modules_to_save" in name
        return self.method == "head" or name.split(".")[0] in self.structure.head

    def parameter_counts(self) -> tuple[int, int]:
        """Trained parameters, and all parameters of the model as it is deployed (no frozen copy of the head)."""
        trained = sum(p.numel() for p in self.trained_parameters().values())
        total = sum(p.numel() for name, p in self.module.named_parameters() if ".original_module." not in name)
        return trained, total

    @contextmanager
    def training_mode(self) -> Iterator[None]:
        """Dropout where something is trained; a frozen backbone runs as in evaluation."""
        if self.method == "full":
            self.module.train()
        else:
            self.module.eval()
            for name, module in self.base.named_children():
                if name != self.structure.backbone:
                    module.train()
            for name, module in self.module.named_modules():
                if name.endswith("lora_dropout"):
                    module.train()
        try:
            yield
        finally:
            self.module.eval()

    @contextmanager
    def prediction_mode(self) -> Iterator[None]:
        """No gradients, and adapters merged into the weights where that makes many batches cheaper."""
        with torch.inference_mode(), self.fusion.merged() if self.fusion is not None else nullcontext():
            yield

    def save(self, folder: Path) -> None:
        """Write safetensors: PEFT's files for LoRA, else a whole checkpoint; its config names the labels."""
        with turn, quiet_libraries():
            self._save(folder)

    def _save(self, folder: Path) -> None:
        if isinstance(self.base, PooledClassifier):
            save_pooled(self.module, self.base, folder, max_length=self.max_length)
        elif self.method == "lora":
            self.module.save_pretrained(folder, safe_serialization=True, save_embedding_layers=False)  # type: ignore[operator]
            (folder / "README.md").unlink(missing_ok=True)  # PEFT's empty model card
            self.base.config.save_pretrained(folder)
        else:
            self.base.save_pretrained(folder, safe_serialization=True)
