"""The kernels room: what makes training fast, each a leaf with a plain definition beside it. No policy lives here."""

from tunelet.kernels._attention import attention_kernel, packed_attention, reference_attention
from tunelet.kernels._disentangled import disentangled_attention
from tunelet.kernels._first import reference_attend_first
from tunelet.kernels._fused_layers import FusedLayers
from tunelet.kernels._gelu import activate
from tunelet.kernels._int8 import CompiledWeight, Int8Product, int8_products
from tunelet.kernels._layer import Layer
from tunelet.kernels._layer_weights import JOINT, ROLES, LayerWeights, LowRank
from tunelet.kernels._lora import lora_linear, reference_lora_linear
from tunelet.kernels._native import Library, native, without_native
from tunelet.kernels._norm import Norm
from tunelet.kernels._pool import Pooling, pool
from tunelet.kernels._processor import features
from tunelet.kernels._products import FloatProduct, Product
from tunelet.kernels._quantise import quantise
from tunelet.kernels._seqlens import DeviceSeqlens, Lengths, on_device, positions_of

__all__ = [
    "JOINT",
    "ROLES",
    "CompiledWeight",
    "DeviceSeqlens",
    "FloatProduct",
    "FusedLayers",
    "Int8Product",
    "Layer",
    "LayerWeights",
    "Lengths",
    "Library",
    "LowRank",
    "Norm",
    "Pooling",
    "Product",
    "activate",
    "attention_kernel",
    "disentangled_attention",
    "features",
    "int8_products",
    "lora_linear",
    "native",
    "on_device",
    "packed_attention",
    "pool",
    "positions_of",
    "quantise",
    "reference_attend_first",
    "reference_attention",
    "reference_lora_linear",
    "without_native",
]
