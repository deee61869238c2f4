"""Error functions and the gamma family, closed under differentiation by `polygamma`.

Reference: scipy.special. Derivatives: NIST DLMF 7.2, 5.2.2, 5.15.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tangra.ir.builder import Builder
from tangra.ir.graph import Op, Value
from tangra.ir.opdef import OpDef, register
from tangra.ir.types import Type
from tangra.ops.common import FLOAT, elementwise, quiet, require, scale
from tangra.ops.outside import outside

FAMILY = "special"
SOURCE = "scipy.special"
FACTS: dict[str, Any] = {"source": SOURCE, "cost": 40}
GAMMA_FACTS: dict[str, Any] = {**FACTS, "strong_zero": True}
_POLYGAMMA = outside(SOURCE, "polygamma")


def _gaussian(b: Builder, op: Op, sign: float) -> list[Value | None]:
    """2 / sqrt(pi) exp(-x^2)."""
    x = op.operands[0]
    return [scale(b, b("exp", b("neg", b("mul", x, x))), sign * 2.0 / math.sqrt(math.pi))]


elementwise(
    "erf",
    FAMILY,
    1,
    FLOAT,
    outside(SOURCE, "erf"),
    partials=lambda b, op: _gaussian(b, op, 1.0),
    doc="error function",
    **FACTS,
)
elementwise(
    "erfc",
    FAMILY,
    1,
    FLOAT,
    outside(SOURCE, "erfc"),
    partials=lambda b, op: _gaussian(b, op, -1.0),
    doc="1 - erf(x)",
    **FACTS,
)
elementwise(
    "lgamma",
    FAMILY,
    1,
    FLOAT,
    outside(SOURCE, "gammaln"),
    partials=lambda b, op: [b("digamma", op.operands[0])],
    doc="log |gamma(x)|",
    **GAMMA_FACTS,
)
elementwise(
    "gamma",
    FAMILY,
    1,
    FLOAT,
    outside(SOURCE, "gamma"),
    doc="gamma function",
    partials=lambda b, op: [b("mul", op.result, b("digamma", op.operands[0]))],
    **GAMMA_FACTS,
)
elementwise(
    "digamma",
    FAMILY,
    1,
    FLOAT,
    outside(SOURCE, "digamma"),
    partials=lambda b, op: [b("trigamma", op.operands[0])],
    doc="derivative of lgamma",
    **GAMMA_FACTS,
)


def polygamma(x: Any, n: int) -> Any:
    """The n-th derivative of digamma, in the dtype of x."""
    dtype = np.asarray(x).dtype
    return np.asarray(_POLYGAMMA(n, x)).astype(dtype)[()]


def _infer_polygamma(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    (x,) = operands
    require(x.dtype.is_float and isinstance(attrs["n"], int) and attrs["n"] >= 0, "polygamma of floats, n >= 0")
    return [x.type]


elementwise(
    "trigamma",
    FAMILY,
    1,
    FLOAT,
    lambda x: polygamma(x, 1),
    doc="derivative of digamma",
    partials=lambda b, op: [b("polygamma", op.operands[0], n=2)],
    **GAMMA_FACTS,
)
register(
    OpDef(
        "polygamma",
        FAMILY,
        _infer_polygamma,
        quiet(polygamma),
        native="polygamma",
        elementwise=True,
        attrs=("n",),
        partials=lambda b, op: [b("polygamma", op.operands[0], n=op.attrs["n"] + 1)],
        doc="n-th derivative of digamma, n a static int",
        **GAMMA_FACTS,
    )
)
