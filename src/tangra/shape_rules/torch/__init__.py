"""Rules for torch: functions, tensor methods and attributes, `torch.nn.functional`, and the layers of `torch.nn`.

Each file holds one family. What `torch.name(x)` and `x.name()` share is declared once (`common.both`). Dtypes follow
torch's promotion; a tensor's layout in memory is followed as far as `view` needs it. Random draws of every rule are
compared with recorded answers of the real library (`tests/shape_rules`).
"""

from tangra.shape_rules.torch import (
    convolutions,
    creation,
    elementwise,
    indexing,
    joining,
    losses,
    norms,
    products,
    reductions,
    shaping,
)

__all__ = [
    "convolutions",
    "creation",
    "elementwise",
    "indexing",
    "joining",
    "losses",
    "norms",
    "products",
    "reductions",
    "shaping",
]
