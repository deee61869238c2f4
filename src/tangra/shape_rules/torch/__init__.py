"""Rules for torch: functions, tensor methods and attributes, `torch.nn.functional`, and the layers of `torch.nn`.

Each file holds one family. What `torch.name(x)` and `x.name()` share is declared once (`common.both`). Dtypes follow
torch's promotion; a tensor's layout in memory is followed as far as `view` needs it. Random draws of every rule are
compared with recorded answers of the real library (`tests/shape_rules`).
"""

from tangra.shape_rules.torch import (
    activations,
    arithmetic,
    convolutions,
    creation,
    elementwise,
    environment,
    functional,
    indexing,
    initialisers,
    joining,
    layers,
    layers_norms,
    layers_plain,
    linalg,
    losses,
    norms,
    products,
    rearranging,
    recurrent,
    reductions,
    sequences,
    shaping,
    tensors,
    transformers,
    vision,
)

__all__ = [
    "activations",
    "arithmetic",
    "convolutions",
    "creation",
    "elementwise",
    "environment",
    "functional",
    "indexing",
    "initialisers",
    "joining",
    "layers",
    "layers_norms",
    "layers_plain",
    "linalg",
    "losses",
    "norms",
    "products",
    "rearranging",
    "recurrent",
    "reductions",
    "sequences",
    "shaping",
    "tensors",
    "transformers",
    "vision",
]
