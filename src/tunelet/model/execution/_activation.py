"""One kernel for each activation: transformers computes the tanh form of GELU in eight passes, which a GPU has to wait
for."""

from torch import nn
from transformers import PreTrainedModel
from transformers.activations import FastGELUActivation, NewGELUActivation


def fuse_activations(model: PreTrainedModel) -> None:
    """Put `nn.GELU(approximate="tanh")` in the place of transformers' modules of the same function."""
    for parent in model.modules():
        for name, child in parent.named_children():
            if isinstance(child, (NewGELUActivation, FastGELUActivation)):
                setattr(parent, name, nn.GELU(approximate="tanh"))
