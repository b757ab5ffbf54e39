"""How a model is run on this machine: one function decides, and says why.

What can be asked is asked (has the processor bfloat16?), what can be tried is tried (does this model give the same
logits packed?); nothing is guessed from names. `tunelet doctor` measures the rates behind these choices.
"""

from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from tunelet._choice import Choice
from tunelet._words import counted
from tunelet.kernels import attention_kernel, native
from tunelet.model._fusion import Fusion
from tunelet.model._packing import Packing, choose_fusion, choose_packing
from tunelet.model._precision import choose_precision, element_type
from tunelet.model._structure import Structure
from tunelet.recipe import ModelSettings

_KEPT = 14 << 20  # numbers of the hidden states after each layer, all tokens of a pass together


@dataclass(frozen=True)
class Execution:
    """Every choice with its reason.

    Attributes:
        device: where the model is.
        precision: "float32", "bfloat16" or "int8", of the frozen weights.
        packing: texts end to end without padding, or None: padded rows.
        fusion: the layers through the kernels, or None: module by module.
        attention: which kernel computes it.
        threads: of the processor.
        pass_tokens: how many go through the model at once, about; longer batches in parts.
    """

    device: Choice[torch.device]
    precision: Choice[str]
    packing: Choice[Packing | None]
    fusion: Choice[Fusion | None]
    attention: Choice[str]
    threads: Choice[int]
    pass_tokens: Choice[int]

    @property
    def element(self) -> torch.dtype:
        """The dtype of activations."""
        return element_type(self.precision.value, self.device.value)

    def described(self) -> dict[str, Choice[str]]:
        """The choices with their values as text, by what a screen calls them."""
        return {
            "device": Choice(str(self.device.value), self.device.reason),
            "precision": self.precision,
            "execution": Choice("padded" if self.packing.value is None else "packed", self.packing.reason),
            "layers": Choice("modules" if self.fusion.value is None else "kernels", self.fusion.reason),
            "attention": self.attention,
            "threads": Choice(str(self.threads.value), self.threads.reason),
            "pass": Choice(counted(self.pass_tokens.value, "token"), self.pass_tokens.reason),
        }


def choose_execution(
    model: PreTrainedModel,
    structure: Structure,
    settings: ModelSettings,
    device: Choice[torch.device],
    *,
    frozen: bool,
) -> Execution:
    """Decide for a model, and leave it as it was.

    Args:
        model: in float32 on `device`, its adapter in place.
        structure: its parts.
        settings: the recipe's model section.
        device: the choice made before.
        frozen: whether the pretrained weights stay as they are.

    Raises:
        ModelError: what the recipe asks for cannot be had.
    """
    precision = choose_precision(settings.precision, device.value, frozen=frozen)
    packing = choose_packing(model, structure, settings.packing)
    fusion: Choice[Fusion | None] = Choice(None, "every weight is trained")
    if frozen:
        fusion = choose_fusion(model, structure, packing.value)
    if precision.value == "int8" and fusion.value is None:
        precision = choose_precision("auto", device.value, frozen=frozen)
        precision = Choice(precision.value, f"{precision.reason}; int8 needs layers in kernels, and {fusion.reason}")
    return Execution(
        device=device,
        precision=precision,
        packing=packing,
        fusion=fusion,
        attention=_choose_attention(model, packing, element_type(precision.value, device.value)),
        threads=_choose_threads(),
        pass_tokens=_choose_pass(model, device.value),
    )


def _choose_attention(model: PreTrainedModel, packing: Choice[Packing | None], element: torch.dtype) -> Choice[str]:
    if packing.value is None:
        return Choice("the model's own", "not packed")
    config = model.config
    heads = int(config.num_attention_heads)
    return attention_kernel(model.device, element, int(config.hidden_size) // heads)


def _choose_threads() -> Choice[int]:
    threads = torch.get_num_threads()
    compiled = native()
    told = "one a core, as PyTorch counts them; OMP_NUM_THREADS sets another number"
    return Choice(threads, told if compiled.value is None else f"{told}; compiled kernels use as many")


def _choose_pass(model: PreTrainedModel, device: torch.device) -> Choice[int]:
    """As many as fill the processor's products: more cost memory, and time where activations outgrow its caches."""
    if device.type != "cpu":
        return Choice(16384, "longer batches go in parts")
    kept = int(model.config.num_hidden_layers) * int(model.config.hidden_size)  # for each token, some 14 times over
    tokens = min(2560, max(1024, _KEPT // kept // 256 * 256))
    return Choice(tokens, "longer batches go in parts: as fast on a processor, and half the memory or less")
