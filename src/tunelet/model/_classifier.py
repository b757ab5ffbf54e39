"""The assembled model: backbone, adapter, head, precision and execution, behind one call from a batch to logits."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from tunelet._choice import Choice
from tunelet.data import Batch
from tunelet.model._fusion import Fusion
from tunelet.model._packing import Packing, padded_inputs
from tunelet.model._quiet import quiet_libraries
from tunelet.model._structure import Structure


@dataclass(frozen=True)
class SequenceClassifier:
    """A sequence classification model ready to train or predict.

    Attributes:
        module: the PEFT model, or the plain model where the method is not LoRA.
        method: "lora", "head" or "full".
        label_names: names of the classes in the order of the logits.
        structure: the parts of the underlying model.
        max_length: most tokens that the model can read.
        device, precision, packing, fusion, targets: the choices made, with their reasons.
    """

    module: nn.Module
    method: str
    label_names: tuple[str, ...]
    structure: Structure
    max_length: int
    device: Choice[torch.device]
    precision: Choice[str]
    packing: Choice[Packing | None]
    fusion: Choice[Fusion | None]
    targets: Choice[tuple[str, ...]]

    def logits(self, batch: Batch) -> torch.Tensor:
        """Logits [n, classes] in float32 of a batch of n texts."""
        token_ids = torch.from_numpy(batch.token_ids).to(self.device.value)
        if self.packing.value is not None:
            inputs = self.packing.value.inputs(token_ids, batch.lengths)
        else:
            inputs = padded_inputs(token_ids, batch.lengths, self.base.config.pad_token_id or 0)
        logits: torch.Tensor = self.module(**inputs).logits
        return logits.float()

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
        """Dropout where something is trained; a frozen trunk runs as in evaluation."""
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
        with torch.inference_mode(), self.fusion.value.merged() if self.fusion.value is not None else nullcontext():
            yield

    def save(self, folder: Path) -> None:
        """Write safetensors: PEFT's files for LoRA, else a whole checkpoint; its config names the labels."""
        with quiet_libraries():
            self._save(folder)

    def _save(self, folder: Path) -> None:
        if self.method == "lora":
            self.module.save_pretrained(folder, safe_serialization=True, save_embedding_layers=False)  # type: ignore[operator]
            (folder / "README.md").unlink(missing_ok=True)  # PEFT's empty model card
            self.base.config.save_pretrained(folder)
        else:
            self.base.save_pretrained(folder, safe_serialization=True)
