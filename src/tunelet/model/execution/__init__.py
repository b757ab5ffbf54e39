"""How a model runs on this machine: device, precision, packing and fused layers, each chosen with its reason."""

from typing import TYPE_CHECKING

from tunelet._lazy import lazy_exports

if TYPE_CHECKING:
    from tunelet.model.execution._execution import Execution, choose_execution
    from tunelet.model.execution._fused_stack import FusedStack
    from tunelet.model.execution._packing import Packing, has_segments, padded_inputs
    from tunelet.model.execution._precision import choose_device, choose_precision, compute_dtype, refused_precisions

__all__ = [
    "Execution",
    "FusedStack",
    "Packing",
    "choose_device",
    "choose_execution",
    "choose_precision",
    "compute_dtype",
    "has_segments",
    "padded_inputs",
    "refused_precisions",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "_execution": ("Execution", "choose_execution"),
        "_fused_stack": ("FusedStack",),
        "_packing": ("Packing", "has_segments", "padded_inputs"),
        "_precision": ("choose_device", "choose_precision", "compute_dtype", "refused_precisions"),
    },
)
