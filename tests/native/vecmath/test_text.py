"""The LLVM text: what is offered, that it stands alone, that each thing is there once, that loops become vectors."""

import itertools
import re

import llvmlite.binding as llvm
import numpy as np
import pytest

from benchmarks import vecmath_reference as reference
from benchmarks.vecmath_harness import assembly, compiled, loop_text, optimised, variant_text
from tangra.ir import DTYPES, F32, F64, DType
from tangra.native import engine, vecmath
from tangra.native.vecmath.operations import OPERATIONS
from tangra.native.vecmath.tabulated import FORMULAS

CASES = [pytest.param(op, t, id=f"{op}-{t}") for t in (F64, F32) for op in sorted(vecmath.functions(t))]
WANTED = set("exp exp2 expm1 log log2 log10 log1p sin cos tan sinh cosh tanh sigmoid pow cbrt atan asin acos atan2"
             " asinh acosh atanh erf erfc lgamma hypot".split())  # fmt: skip


@pytest.mark.parametrize("dtype", [F64, F32])
def test_offered(dtype: DType):
    assert vecmath.functions(dtype) >= WANTED


@pytest.mark.parametrize("dtype", [F64, F32])
def test_some_serve_single_values_too(dtype: DType):
    assert {"tanh", "sinh", "expm1"} <= vecmath.scalar_functions(dtype) < vecmath.functions(dtype)
    assert "exp" not in vecmath.scalar_functions(dtype)


@pytest.mark.parametrize("name", ["i64", "bool", "u8"])
def test_nothing_for_other_types(name: str):
    assert vecmath.functions(DTYPES[name]) == frozenset()


def test_unknown_operation_is_refused():
    with pytest.raises(KeyError):
        vecmath.definition("floor", F64)


@pytest.mark.parametrize("op, dtype", CASES)
def test_definition_stands_alone(op: str, dtype: DType):
    module = llvm.parse_assembly(vecmath.definition(op, dtype), llvm.create_context())
    module.verify()
    assert module.get_function(vecmath.symbol(op, dtype)[1:]).linkage == llvm.Linkage.internal


def test_all_together_everything_once():
    names = [(op, t) for t in (F32, F64) for op in sorted(vecmath.functions(t))]
    text = vecmath.collect([*names, *names])
    llvm.parse_assembly(text, llvm.create_context()).verify()
    defined = re.findall(r"^define [^@]*(@\w+)", text, re.MULTILINE)
    assert len(defined) == len(set(defined)) and {vecmath.symbol(*n) for n in names} <= set(defined)


def test_pieces_end_with_the_function_itself():
    pieces = vecmath.pieces("sin", F64)
    assert list(pieces)[-1] == "@tg_sin_f64"
    assert all(
        text.startswith("declare" if key.startswith("declare") else ("define", "@")) for key, text in pieces.items()
    )


@pytest.mark.parametrize("op, dtype", CASES)
def test_loop_is_vectorised_without_calls(op: str, dtype: DType):
    text = str(optimised(loop_text(op, dtype)))
    body = text[text.index("define void @loop") :].split("\n}")[0]
    wide = r"<(4|8|16) x double>" if dtype == F64 else r"<(4|8|16) x float>"
    assert re.search(rf"store {wide}", body)
    called = set(re.findall(r"call [^@\n]*@([\w.]+)", body))
    assert all(name.startswith(("llvm.", "tg_")) and (name.startswith("llvm.") or "_slow_" in name) for name in called)
    targets = set(re.findall(r"call\w*\s+\*?(\w+)", assembly(op, dtype)))
    forbidden = {"sin", "cos", "exp", "log", "pow", "fma", "fmaf", "rint", "floor", op}
    assert not targets & (forbidden - vecmath.externals(op, dtype))


@pytest.mark.parametrize("way", ["variant", "inlined"])
@pytest.mark.parametrize("op, dtype", CASES)
def test_every_lane_and_the_rest_of_the_loop(op: str, dtype: DType, way: str):
    """37 elements: whole vectors and a scalar rest give what single elements give; huge arguments in some lanes."""
    x = np.linspace(0.1, 0.9, 37).astype(dtype.numpy)
    x[[2, 9, 22, 36]] = [1e30, 3e13, 0.3, 1e25]
    function = compiled(op, dtype, way)
    args = [x] * OPERATIONS[op].arity
    alone = np.concatenate([function(*(a[i : i + 1].copy() for a in args)) for i in range(37)])
    np.testing.assert_array_equal(function(*args), alone)


@pytest.mark.parametrize("op, dtype", CASES)
def test_variants_give_what_single_values_give(op: str, dtype: DType):
    """To the last bit, on the whole range: also where the variant is of other instructions."""
    args, variant = reference.points(op, dtype, 40_000, seed=3), compiled(op, dtype)
    found, expected = variant(*args), compiled(op, dtype, "inlined")(*args)
    if (op, dtype.name) in FORMULAS[vecmath.table_size(engine.host_features())]:
        # There single values have a formula of their own too, which few elements are given.
        few = [[a[k : k + 3].copy() for a in args] for k in range(0, args[0].size, 3)]
        expected = np.concatenate([variant(*some) for some in few])
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.signbit(found[found == 0]), np.signbit(expected[expected == 0]))


@pytest.mark.parametrize("op, dtype", CASES)
@pytest.mark.parametrize("tables", FORMULAS)
def test_loops_call_variants_of_all_widths(op: str, dtype: DType, tables: int):
    """And nothing of the math is left in front of them when LLVM chooses one."""
    declared = vecmath.vector_declarations(op, dtype)
    assert [int(name.split("_v")[1].split("_")[0]) * dtype.bits for name in declared] == [256, 512]
    for lanes, alone in itertools.product((256 // dtype.bits, 512 // dtype.bits), (True, False)):
        module = llvm.parse_assembly(vecmath.vector_text(op, dtype.name, lanes, tables, alone), llvm.create_context())
        module.verify()
    text = str(optimised(variant_text(op, dtype)))
    called = set(re.findall(r"call <\d+ x \w+> @(tg_\w+)", text))
    assert called <= set(vecmath.careful_names(op, dtype)) and re.search(r"store <(4|8|16) x", text)
