"""Functions of NumPy arrays that are operations of the compiler, beyond what NumPy has: convolutions, pools, and
products in chosen arithmetic.

They are public, but meant for libraries (`tangra.nn` gives them their names). Called as they are they run as plain
NumPy; in compiled code the frontend knows each by identity (`api/registry`) and emits the IR operation that it stands
for. Both ways read and check the arguments with the same functions (`planning`), so the same calls are refused.
"""

from tangra.primitives import convolution_entries, pooling_entries, products_entries
from tangra.primitives.convolution import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from tangra.primitives.pooling import (
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)
from tangra.primitives.products import linear, matmul

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "convolution_entries",
    "linear",
    "matmul",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "pooling_entries",
    "products_entries",
]
