"""The table itself: no operation lacks a fact without saying why."""

from __future__ import annotations

import pytest

from tangra.ir import OpDef
from tangra.ir.opdef import all_ops, lookup, register
from tests.ops.samples import samples, smooth_samples

ALL = [pytest.param(d, id=d.name) for d in all_ops()]
DOCUMENTED = {
    "constant",
    "undef",
    "empty",
    "iota",
    "dim",
    "bind_dim",
    "cast",
    "bfloat16",
    "bfloat16_back",
    "ldexp",
    "add_overflows",
    "sub_overflows",
    "mul_overflows",
    "select",
    "stop_gradient",
    "broadcast",
    "reshape",
    "transpose",
    "index",
    "update",
    "accumulate",
    "gather",
    "scatter",
    "scatter_add",
    "concat",
    "pad",
    "argmax",
    "argmin",
    "cumsum",
    "cumprod",
    "cummax",
    "cummin",
    "dot_general",
    "conv",
    "conv_input",
    "conv_kernel",
    "pool_max",
    "pool_argmax",
    "pool_sum",
    "pool_spread",
    "sort",
    "argsort",
    "searchsorted",
    "cholesky",
    "triangular_solve",
    "solve",
    "lu",
    "inverse",
    "det",
    "slogdet",
    "eigh",
    "qr",
    "svd",
    "if",
    "loop",
    "call",
    "custom_derivative",
    "fail_if",
    "check_index",
    "tape_new",
    "tape_push",
    "tape_pop",
    "yield",
    "return",
    *(f"reduce_{n}" for n in ("sum", "prod", "max", "min", "and", "or")),
    *(
        "neg abs sign exp exp2 expm1 log log2 log10 log1p sqrt cbrt sin cos tan asin acos atan sinh cosh tanh asinh "
        "acosh atanh floor ceil trunc rint isnan isinf isfinite signbit not invert erf erfc lgamma gamma digamma "
        "sigmoid "
        "add sub mul mul_rounded div floordiv mod fmod pow atan2 hypot maximum minimum fmax fmin copysign nextafter "
        "logaddexp logaddexp2 heaviside gcd lcm and or xor shl shr eq ne lt le gt ge"
    ).split(),
}
BEYOND_THE_PAGE = {"trigamma", "polygamma"}


def test_the_operations_are_those_of_the_architecture_page() -> None:
    assert {d.name for d in all_ops()} == DOCUMENTED | BEYOND_THE_PAGE


@pytest.mark.parametrize("defn", ALL)
def test_every_op_has_every_fact_or_says_why_not(defn: OpDef) -> None:
    assert defn.doc
    assert defn.native or defn.absent.get("native")
    assert defn.evaluate or defn.absent.get("evaluate")
    assert defn.source or defn.family == "control"
    derivative = defn.zero_derivative or defn.partials is not None or (defn.jvp is not None and defn.vjp is not None)
    assert derivative or (defn.absent.get("jvp") and defn.absent.get("vjp"))
    assert not (defn.zero_derivative and (defn.partials or defn.jvp or defn.vjp))
    assert (defn.jvp is None) == (defn.vjp is None)
    assert all(defn.absent.values())


@pytest.mark.parametrize("defn", ALL)
def test_facts_agree_with_each_other(defn: OpDef) -> None:
    if defn.partials is not None:
        assert defn.elementwise
        assert defn.jvp is None
    if defn.strong_zero:
        assert defn.partials is not None
    if defn.elementwise and not defn.zero_derivative and defn.partials is None:
        assert defn.absent["partials"]


@pytest.mark.parametrize("defn", [p for p in ALL if p.values[0].family != "control"])
def test_every_op_has_samples_with_its_attributes(defn: OpDef) -> None:
    found = samples(defn.name)
    assert found
    for operands, attrs in found:
        assert set(attrs) == set(defn.attrs)
    if defn.elementwise and not defn.attrs:
        shapes = {x.shape for operands, _ in found for x in operands}
        assert {(), (0,), (1,)} <= shapes or defn.name.endswith("_overflows")


def test_an_op_with_a_derivative_has_smooth_samples() -> None:
    for defn in all_ops():
        if defn.partials is not None or defn.jvp is not None:
            assert smooth_samples(defn.name), defn.name


def test_names_are_unique_and_known() -> None:
    with pytest.raises(ValueError, match="'add' is declared twice"):
        register(lookup("add"))
    with pytest.raises(KeyError, match="no operation is called 'plus'"):
        lookup("plus")
