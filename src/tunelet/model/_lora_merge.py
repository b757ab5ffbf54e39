"""Predictions with merged adapters where the layers run module by module: one product for each linear, not three."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from tunelet.model._lora_layer import LoraLinear

_counting = threading.Lock()


@contextmanager
def merged_modules(module: nn.Module) -> Iterator[None]:
    """Let the modules with plain LoRA inside `module` predict with W + sBA, formed in float32 and rounded once.

    The weights themselves stay as they are, so that training goes on from the same bits. Threads that predict at the
    same time share what the first of them formed.
    """
    layers = [layer for layer in module.modules() if isinstance(layer, LoraLinear)]
    with _counting:
        for layer in layers:
            if not layer.merged_users:
                layer.merged_weight = layer.merged_plain()
            layer.merged_users += 1
    try:
        yield
    finally:
        with _counting:
            for layer in layers:
                layer.merged_users -= 1
                if not layer.merged_users:
                    layer.merged_weight = None
