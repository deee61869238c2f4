"""Comparisons, tests of floats, and operations on truth values and bits."""

from __future__ import annotations

import numpy as np

from tangra.ir.types import BOOL
from tangra.ops import folding
from tangra.ops.common import ANY, BITS, FLOAT, INTEGER, elementwise

FAMILY = "logic"

_COMPARISONS: dict[str, np.ufunc] = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
_TESTS: dict[str, np.ufunc] = {"isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite, "signbit": np.signbit}

for _name, _ufunc in _COMPARISONS.items():
    elementwise(
        _name,
        FAMILY,
        2,
        ANY,
        _ufunc,
        result=BOOL,
        fold=folding.comparison(_name),
        doc=f"x {_name} y",
        commutative=_name in ("eq", "ne"),
    )
for _name, _ufunc in _TESTS.items():
    elementwise(_name, FAMILY, 1, FLOAT, _ufunc, result=BOOL, fold=folding.computed(_name), doc=f"{_name} of x")

for _name in ("not", "invert"):
    elementwise(
        _name,
        FAMILY,
        1,
        BITS,
        np.invert,
        fold=folding.complement,
        doc="logical not of bool, bitwise complement of integers",
    )
elementwise(
    "and",
    FAMILY,
    2,
    BITS,
    np.bitwise_and,
    fold=folding.conjunction,
    commutative=True,
    doc="logical and of bool, bitwise of integers",
)
elementwise(
    "or",
    FAMILY,
    2,
    BITS,
    np.bitwise_or,
    fold=folding.disjunction,
    commutative=True,
    doc="logical or of bool, bitwise of integers",
)
elementwise(
    "xor",
    FAMILY,
    2,
    BITS,
    np.bitwise_xor,
    fold=folding.computed("xor"),
    commutative=True,
    doc="exclusive or of bool, bitwise of integers",
)
elementwise("shl", FAMILY, 2, INTEGER, np.left_shift, doc="x 2^y; 0 for shifts of the width or more")
elementwise(
    "shr",
    FAMILY,
    2,
    INTEGER,
    np.right_shift,
    doc="x shifted right, signed for signed dtypes; 0 or -1 for shifts of the width or more",
)
