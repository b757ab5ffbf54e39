"""The assembled model: backbone, adapter, head, precision and execution, behind one call from a batch to logits."""

import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from torch import nn

from tunelet._choice import Choice
from tunelet.data import SOFTMAX, Batch, Output, Unit
from tunelet.errors import ModelError
from tunelet.kernels import on_device
from tunelet.model._fork import threads_start
from tunelet.model._lora_merge import merged_modules
from tunelet.model._pooled import PooledClassifier
from tunelet.model._pooled_files import save_pooled
from tunelet.model._quiet import quiet_libraries
from tunelet.model._structure import Structure
from tunelet.model._turns import turn
from tunelet.model._window_pooling import WindowPooling, mean_of_windows
from tunelet.model.execution import Execution, FusedStack, Packing, has_segments, padded_inputs

_WINDOWS = "windows"  # before the names of the parameters that pool windows


class FrozenShape(NamedTuple):
    """The shape of what the frozen layers make of some texts.

    rows: of each text, int64 [n]: its tokens, or where all layers are frozen its windows, 1 without them.
    width: numbers in a row.
    dtype: of the numbers.
    """

    rows: np.ndarray
    width: int
    dtype: torch.dtype


@dataclass(frozen=True)
class SequenceClassifier:
    """A sequence classification model ready to train or predict.

    Attributes:
        module: the PEFT model, or the plain model where the method is not LoRA.
        method: "lora", "head" or "full".
        label_names: names of the classes in the order of the logits.
        structure: the parts of the underlying model.
        max_length: most tokens of a text that the model can read.
        execution: how it runs, each choice with its reason.
        targets: the modules with LoRA, with the reason why these.
        windows: how the logits of a text's windows become those of the text.
        output: how probabilities follow from the logits.
    """

    module: nn.Module
    method: str
    label_names: tuple[str, ...]
    structure: Structure
    max_length: int
    execution: Execution
    targets: Choice[tuple[str, ...]]
    windows: WindowPooling
    output: Output = SOFTMAX

    def logits(self, batch: Batch, captured: torch.Tensor | None = None) -> torch.Tensor:
        """Logits [n, classes] in float32 of a batch of n texts.

        Args:
            batch: the texts.
            captured: what `frozen_forward` made of them; then only the layers above the frozen ones run.
        """
        threads_start()
        if captured is None:
            inputs = self.inputs(batch)
        else:
            assert self.packing is not None  # noqa: S101
            inputs = self.packing.captured_inputs(batch.lengths, captured)
        return self.logits_of(inputs, batch.windows)

    def logits_of(self, inputs: dict[str, Any], windows: tuple[int, ...] | None = None) -> torch.Tensor:
        """The same of what `inputs` made of the batch, whose texts have so many windows each."""
        if isinstance(self.base, PooledClassifier) and not torch.is_grad_enabled():
            logits = self.base.classifier(self._pooled(inputs))
        else:
            logits = self.module(**inputs).logits
        of_texts: torch.Tensor = self.windows(logits.float(), windows)
        return of_texts

    def _pooled(self, inputs: dict[str, Any]) -> torch.Tensor:
        """What a linear head reads, float32 [n, width] of n texts or windows: from embeddings straight to fused layers
        where it can be, since the modules around them take a tenth of a single text's time."""
        if self.fused is not None and "captured" not in inputs:
            return self.fused.vectors(inputs).float()
        return cast("PooledClassifier", self.base).pooled(**inputs)

    def inputs(self, batch: Batch) -> dict[str, Any]:
        """The model's keyword arguments for a batch."""
        token_ids = self.on_device(batch.token_ids)
        if self.packing is not None:
            return self.packing.inputs(token_ids, batch.lengths, batch.first_lengths)
        config = self.base.config
        firsts = batch.first_lengths if has_segments(config) else None
        return padded_inputs(token_ids, batch.lengths, config.pad_token_id or 0, firsts)

    def on_device(self, token_ids: np.ndarray) -> torch.Tensor:
        """Token ids, int64 [T], where the model is. Raises ModelError for one that its vocabulary does not have."""
        rows = self.base.get_input_embeddings().num_embeddings
        if len(token_ids) and int(token_ids.max()) >= rows:
            raise ModelError(
                f"the tokenizer gives the id {token_ids.max():,}, the model's vocabulary has {rows:,}",
                "put the checkpoint's own tokenizer files beside its weights",
            )
        return on_device(torch.from_numpy(token_ids), self.device)

    @property
    def device(self) -> torch.device:
        """The device that holds the model and its inputs."""
        return self.execution.device.value

    @property
    def packing(self) -> Packing | None:
        """Packed execution; None where texts run in padded rows."""
        return self.execution.packing.value

    @property
    def fused(self) -> FusedStack | None:
        """The layer stack as fused layers; None where it runs module by module."""
        return self.execution.fused.value

    @property
    def frozen_layers(self) -> int:
        """The number of layers under the lowest adapter, which never change; 0 where the layers are not fused, and on a
        GPU, which computes them sooner than it reads what was kept of them."""
        return self.fused.frozen_depth if self.fused is not None and self.device.type == "cpu" else 0

    def frozen_shape(self, lengths: np.ndarray, windows: np.ndarray | None = None) -> FrozenShape:
        """The shape of what `frozen_forward` makes of texts with these lengths, in so many windows each, [n].

        Only with fused layers.
        """
        assert self.fused is not None  # noqa: S101
        width, dtype, pooling = int(self.base.config.hidden_size), self.fused.compute_dtype, self.fused.pooling
        if self.frozen_layers < self.fused.depth:
            return FrozenShape(lengths, width, dtype)
        width = width * (2 if pooling == "both" else 1)
        vectors = np.ones_like(lengths) if windows is None else windows
        return FrozenShape(vectors, width, dtype if pooling == "first" else torch.float32)

    @torch.no_grad()
    def frozen_forward(self, batch: Batch) -> torch.Tensor:
        """What the frozen layers make of a batch, as `logits` takes it. Only with fused layers.

        Hidden states of all tokens [T, hidden]; where all layers are frozen, what the head reads of each text, or of
        each window of one [w, width].
        """
        assert self.fused is not None  # noqa: S101
        return self.fused.frozen_forward(self.inputs(batch))

    @torch.inference_mode()
    def vectors(self, batch: Batch) -> torch.Tensor:
        """What the linear head reads of each text, float32 [n, width]. Only where the head is linear.

        Of a text in windows it is their mean, from which the head makes the mean of their logits.
        """
        return mean_of_windows(self._pooled(self.inputs(batch)), batch.windows)

    @torch.inference_mode()
    def vectors_by_layer(self, batch: Batch) -> torch.Tensor:
        """What a linear head would read after each layer, float32 [layers, n, width]. Only with fused layers."""
        assert self.fused is not None  # noqa: S101
        return mean_of_windows(self.fused.vectors_by_layer(self.inputs(batch)), batch.windows)

    @property
    def head(self) -> nn.Linear | None:
        """The linear layer that is the whole head, with the weights that are trained; None: an architecture's own."""
        return self.base.head if isinstance(self.base, PooledClassifier) else None

    def set_head(self, weight: np.ndarray, bias: np.ndarray) -> None:
        """Give the linear head these weights, float32 [classes, width] and [classes]."""
        assert self.head is not None  # noqa: S101
        with torch.no_grad():
            self.head.weight.copy_(torch.from_numpy(weight))
            self.head.bias.copy_(torch.from_numpy(bias))

    def give_numbers(self, unit: Unit) -> None:
        """Let outputs be numbers: what was trained to give them in this unit gives them as they are from now on.

        Raises ModelError where the architecture's own head has no layer that can take the unit in.
        """
        last = self.head if self.head is not None else self._last_linear()
        if last is None or last.bias is None:
            raise ModelError(
                f"{type(self.base).__name__} ends in no linear layer with a bias, which numbers need",
                "read another vector: settings={'model.pooling': 'mean'}",
            )
        with torch.no_grad():
            last.weight.mul_(unit.scale)
            last.bias.mul_(unit.scale).add_(unit.centre)
        self.windows.scale(unit.scale)

    def _last_linear(self) -> nn.Linear | None:
        """The layer that gives the outputs of an architecture's own head, with the weights that are trained."""
        found = None
        for name, module in self.base.named_modules():
            inside = name.startswith(f"{self.structure.backbone}.") or ".original_module" in name
            if isinstance(module, nn.Linear) and module.out_features == len(self.label_names) and not inside:
                found = module
        return found

    @property
    def base(self) -> Any:
        """The Transformers model, without PEFT's wrapper around it."""
        return self.module.get_base_model() if self.method == "lora" else self.module  # type: ignore[operator]

    def trained_parameters(self) -> dict[str, nn.Parameter]:
        """The trained parameters by name, in the model's order."""
        of_windows = self.windows.named_parameters(prefix=_WINDOWS)
        named = itertools.chain(self.module.named_parameters(), of_windows)
        return {name: p for name, p in named if p.requires_grad}

    def is_head(self, name: str) -> bool:
        """Whether a trained parameter is not the encoder's own: of the head, or of what pools windows."""
        if name.startswith(f"{_WINDOWS}."):
            return True
        if self.method == "lora":
            return "modules_to_save" in name
        return self.method == "head" or name.split(".")[0] in self.structure.head

    def parameter_counts(self) -> tuple[int, int]:
        """The number of trained parameters, and that of all parameters of the deployed model.

        PEFT's frozen copy of the head does not count.
        """
        trained = sum(p.numel() for p in self.trained_parameters().values())
        total = sum(p.numel() for name, p in self.module.named_parameters() if ".original_module." not in name)
        return trained, total + sum(p.numel() for p in self.windows.parameters())

    @contextmanager
    def training_mode(self) -> Iterator[None]:
        """Run with dropout in what is trained; a frozen backbone runs as in evaluation."""
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
        """Run without gradients, and where the layers are fused, or on a GPU, with the adapters merged."""
        merged: AbstractContextManager[None] = nullcontext()
        if self.fused is not None:
            merged = self.fused.merged()
        elif self.device.type != "cpu":  # there it is the number of products that takes the time
            merged = merged_modules(self.module)
        with torch.inference_mode(), merged:
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
        self.windows.save(folder)
