"""The choices of how a model runs, made in one function with a reason for each.

Some are read off the machine (has the processor instructions for bfloat16?), others are tried (does this model give
the same logits packed?); none is guessed from a name. `tunelet doctor` measures the rates behind them.
"""

from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from tunelet._choice import Choice
from tunelet._words import counted
from tunelet.kernels import native
from tunelet.model._structure import Structure
from tunelet.model.execution._activation import fuse_activations
from tunelet.model.execution._cast import cast_backbone
from tunelet.model.execution._fused_stack import FusedStack
from tunelet.model.execution._packing import Packing
from tunelet.model.execution._precision import choose_precision, compute_dtype
from tunelet.model.execution._trial import Trial
from tunelet.recipe import ModelSettings

_KEPT = 14 << 20  # numbers in the hidden states after each layer, of all tokens of a micro-batch together


@dataclass(frozen=True)
class Execution:
    """Every choice with its reason.

    Attributes:
        device: the device that holds the model.
        precision: that of the frozen weights, "float32", "bfloat16" or "int8".
        packing: packed execution; None: padded rows.
        fused: the layer stack as fused layers; None: module by module.
        attention: name of the kernel that computes the attention.
        threads: number of threads on the processor.
        micro_batch_tokens: about how many tokens go through the model at once; longer batches are split.
    """

    device: Choice[torch.device]
    precision: Choice[str]
    packing: Choice[Packing | None]
    fused: Choice[FusedStack | None]
    attention: Choice[str]
    threads: Choice[int]
    micro_batch_tokens: Choice[int]

    @property
    def compute_dtype(self) -> torch.dtype:
        """The dtype of activations."""
        return compute_dtype(self.precision.value, self.device.value)

    def install(self, model: PreTrainedModel, structure: Structure) -> None:
        """Make a model run as chosen; it is in float32 on the device, its adapter in place."""
        cast_backbone(model, structure, self.compute_dtype)
        if self.device.value.type != "cpu":
            fuse_activations(model)
        if self.packing.value is not None:
            self.packing.value.install(model)
        if self.fused.value is not None:
            self.fused.value.install(self.precision.value, self.compute_dtype)

    def described(self) -> dict[str, Choice[str]]:
        """The choices with their values as text, by attribute of a run's `MachineChoices`."""
        return {
            "device": Choice(str(self.device.value), self.device.reason),
            "precision": self.precision,
            "execution": Choice("padded" if self.packing.value is None else "packed", self.packing.reason),
            "layers": Choice("modules" if self.fused.value is None else "kernels", self.fused.reason),
            "attention": self.attention,
            "threads": Choice(str(self.threads.value), self.threads.reason),
            "micro_batch_tokens": Choice(
                counted(self.micro_batch_tokens.value, "token"), self.micro_batch_tokens.reason
            ),
        }


def choose_execution(
    model: PreTrainedModel,
    structure: Structure,
    settings: ModelSettings,
    device: Choice[torch.device],
    *,
    frozen: bool,
) -> Execution:
    """Choose how a model runs; the model is left as it was.

    Args:
        model: in float32 on `device`, its adapter in place.
        structure: its parts.
        settings: the recipe's model section.
        device: what `choose_device` chose.
        frozen: whether the pretrained weights stay as they are.

    Raises:
        ModelError: the recipe asks for a precision that this machine does not have.
    """
    precision = choose_precision(settings.precision, device.value, frozen=frozen)
    trial = Trial(model, structure)
    packing = trial.packing(settings.packing)
    fused: Choice[FusedStack | None] = Choice(None, "every weight is trained")
    if frozen:
        fused = trial.fused(packing.value)
    if precision.value == "int8" and fused.value is None:
        precision = choose_precision("auto", device.value, frozen=frozen)
        precision = Choice(precision.value, f"{precision.reason}; int8 needs fused layers, and {fused.reason}")
    return Execution(
        device=device,
        precision=precision,
        packing=packing,
        fused=fused,
        attention=_choose_attention(model, packing, compute_dtype(precision.value, device.value)),
        threads=_choose_threads(),
        micro_batch_tokens=_choose_micro_batch(model, device.value),
    )


def _choose_attention(model: PreTrainedModel, packing: Choice[Packing | None], dtype: torch.dtype) -> Choice[str]:
    if packing.value is None:
        return Choice("the model's own", "not packed")
    config = model.config
    heads = int(config.num_attention_heads)
    return packing.value.attention(model.device, dtype, int(config.hidden_size) // heads)


def _choose_threads() -> Choice[int]:
    threads = torch.get_num_threads()
    compiled = native()
    reason = "one a core, as PyTorch counts them; OMP_NUM_THREADS sets another number"
    return Choice(threads, reason if compiled.value is None else f"{reason}; compiled kernels use as many")


def _choose_micro_batch(model: PreTrainedModel, device: torch.device) -> Choice[int]:
    """Tokens enough for the processor's products to run at full speed.

    More would cost memory, and time as well where the activations no longer fit into the processor's caches.
    """
    kept = int(model.config.num_hidden_layers) * int(model.config.hidden_size)  # for each token, some 14 times over
    if device.type == "cuda":
        quarter = torch.cuda.get_device_properties(device).total_memory // 4
        tokens = min(65536, max(2048, quarter // (32 * kept) // 1024 * 1024))
        return Choice(tokens, "longer batches go in parts, each in a quarter of the GPU's memory")
    if device.type != "cpu":
        return Choice(16384, "longer batches go in parts")
    tokens = min(2560, max(1024, _KEPT // kept // 256 * 256))
    return Choice(tokens, "longer batches go in parts: as fast on a processor, and half the memory or less")
