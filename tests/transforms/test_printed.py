"""Every pass on a small function, before and after, as text."""

# ruff: noqa: E501
from __future__ import annotations

import textwrap

from tangra.ir.graph import clone_func
from tangra.ir.printer import print_func
from tangra.ir.verifier import verify
from tangra.transforms import jvp, vjp, vmap
from tangra.transforms.cse import eliminate_common_subexpressions
from tangra.transforms.dce import eliminate_dead_code
from tangra.transforms.dimensions import resolve_sizes
from tangra.transforms.folding import fold
from tangra.transforms.inlining import inline_calls
from tangra.transforms.licm import hoist_invariants
from tangra.transforms.pipeline import simplify
from tangra.transforms.ranges import remove_proved_checks
from tangra.transforms.rules import emit_call
from tests.transforms.dsl import INT, REAL, E, build, vec


def shown(func):
    """The text of the body, without the function's attributes."""
    verify(func)
    lines = print_func(func, callees=False).splitlines()
    return "\n".join([lines[0].split(") {")[0] + ") {", *lines[1:]])


def applied(each, func):
    func = clone_func(func)
    assert each(func) is not False
    return func


def expected(text):
    return textwrap.dedent(text).strip()


def test_dead_code():
    def program(p, x, y):
        s, unused = p.for_(0, 5, [1.0, 1.0], lambda i, s, u: [s * x, u * y])
        p.f("exp", y)
        return s

    func = applied(eliminate_dead_code, build([REAL, REAL], program))
    assert shown(func) == expected("""
        func @f(%0: f64, %1: f64) {
          %2: f64 = constant {value = float64(0x1.0000000000000p+0), dtype = f64}
          %3: i64 = constant {value = int64(0), dtype = i64}
          %4: i64 = constant {value = int64(5), dtype = i64}
          %5: i64 = constant {value = int64(1), dtype = i64}
          %6: f64 = loop %3, %4, %5, %2 {counted = True, exits = False, parallel = False} do (%7: i64, %8: f64) {
            %9: f64 = mul %8, %0
            yield %9
          }
          return %6
        }
    """)


def test_common_subexpressions():
    def program(p, x, y):
        return p.if_(x < y, lambda: [p.f("exp", x * y)], lambda: [(y * x) + (x * y)])

    func = applied(eliminate_common_subexpressions, build([REAL, REAL], program))
    assert shown(func) == expected("""
        func @f(%0: f64, %1: f64) {
          %2: bool = lt %0, %1
          %3: f64 = if %2 do {
            %4: f64 = mul %0, %1
            %5: f64 = exp %4
            yield %5
          } do {
            %6: f64 = mul %1, %0
            %7: f64 = add %6, %6
            yield %7
          }
          return %3
        }
    """)


def test_folding():
    def program(p, x, v):
        a = x.set(0, v)
        return p.if_(p.truth(True), lambda: [a[0] * 1.0], lambda: [a[1]])

    func = applied(fold, build([vec(3), REAL], program))
    assert shown(func) == expected("""
        func @f(%0: f64[3], %1: f64) {
          %2: i64 = constant {value = int64(0), dtype = i64}
          %3: f64[3] = update %0, %1, %2 {sizes = (None,), steps = (1,)}
          %4: bool = constant {value = bool(True), dtype = bool}
          %5: i64 = constant {value = int64(0), dtype = i64}
          %6: f64 = constant {value = float64(0x1.0000000000000p+0), dtype = f64}
          return %1
        }
    """)


def test_invariants():
    def program(p, x, n):
        return p.for_(0, n, [1.0], lambda i, s: s * p.f("exp", x))

    func = applied(hoist_invariants, build([REAL, INT], program))
    assert shown(func) == expected("""
        func @f(%0: f64, %1: i64) {
          %2: f64 = constant {value = float64(0x1.0000000000000p+0), dtype = f64}
          %3: i64 = constant {value = int64(0), dtype = i64}
          %4: i64 = constant {value = int64(1), dtype = i64}
          %5: f64 = exp %0
          %6: f64 = loop %3, %1, %4, %2 {counted = True, exits = False, parallel = False} do (%7: i64, %8: f64) {
            %9: f64 = mul %8, %5
            yield %9
          }
          return %6
        }
    """)


def test_proved_checks():
    def program(p, x):
        n = p.integer(x.v.shape[0])
        return p.for_(1, n, [0.0], lambda i, s: s + x[p.op("check_index", i - 1, n, axis=0)])

    func = applied(remove_proved_checks, build([vec("n")], program))
    assert shown(func) == expected("""
        func @f(%0: f64[n]) {
          %1: i64 = dim {size = `n`}
          %2: f64 = constant {value = float64(0x0.0p+0), dtype = f64}
          %3: i64 = constant {value = int64(1), dtype = i64}
          %4: i64 = constant {value = int64(1), dtype = i64}
          %5: f64 = loop %3, %1, %4, %2 {counted = True, exits = False, parallel = False} do (%6: i64, %7: f64) {
            %8: i64 = constant {value = int64(1), dtype = i64}
            %9: i64 = sub %6, %8
            %10: f64 = index %0, %9 {sizes = (None,), steps = (1,)}
            %11: f64 = add %7, %10
            yield %11
          }
          return %5
        }
    """)


def test_sizes():
    def program(p, n):
        return p.zeros(p.bind(p.integer(2), "two"))

    func = applied(resolve_sizes, build([INT], program))
    assert shown(func) == expected("""
        func @f(%0: i64) {
          %1: i64 = constant {value = int64(2), dtype = i64}
          %2: f64 = constant {value = float64(0x0.0p+0), dtype = f64}
          %3: f64[2] = broadcast %2 {shape = (2,), dims = ()}
          return %3
        }
    """)


def test_inlining():
    def program(p, x):
        callee = build([REAL], lambda q, y: y * y, "square")
        return E(p, emit_call(p.b, callee, [x.v]).result) + 1.0

    func = applied(inline_calls, build([REAL], program))
    assert shown(func) == expected("""
        func @f(%0: f64) {
          %1: f64 = mul %0, %0
          %2: f64 = constant {value = float64(0x1.0000000000000p+0), dtype = f64}
          %3: f64 = add %1, %2
          return %3
        }
    """)


def test_forward_mode():
    def program(p, x):
        return x[1] * x[1]

    func = simplify(jvp(build([vec(3)], program), [True]))
    assert shown(func) == expected("""
        func @jvp_f(%0: f64[3], %1: f64[3]) {
          %2: i64 = constant {value = int64(1), dtype = i64}
          %3: f64 = index %0, %2 {sizes = (None,), steps = (1,)}
          %4: f64 = index %1, %2 {sizes = (None,), steps = (1,)}
          %5: f64 = mul %3, %3
          %6: f64 = mul %4, %3
          %7: f64 = add %6, %6
          return %5, %7
        }
    """)


def test_reverse_mode():
    def program(p, x, n):
        return p.for_(0, n, [1.0], lambda i, s: p.f("sin", s * x))

    func = simplify(vjp(build([REAL, INT], program), [True, False]))
    assert shown(func) == expected("""
        func @vjp_f(%0: f64, %1: i64, %2: f64) {
          %3: tape<f64> = tape_new {record = (!f64,)}
          %4: f64 = constant {value = float64(0x1.0000000000000p+0), dtype = f64}
          %5: i64 = constant {value = int64(0), dtype = i64}
          %6: i64 = constant {value = int64(1), dtype = i64}
          %7: f64 = loop %5, %1, %6, %4 {counted = True, exits = False, parallel = False} do (%8: i64, %9: f64) {
            %10: f64 = mul %9, %0
            %11: f64 = sin %10
            tape_push %3, %9
            yield %11
          }
          %12: i64 = sub %1, %6
          %13: i64 = constant {value = int64(-1), dtype = i64}
          %14: f64 = constant {value = float64(0x0.0p+0), dtype = f64}
          %15: f64, %16: f64 = loop %12, %13, %13, %2, %14 {counted = True, exits = False, parallel = False} do (%i.17: i64, %18: f64, %19: f64) {
            %20: f64 = tape_pop %3
            %21: f64 = mul %20, %0
            %22: f64 = cos %21
            %23: f64 = mul %18, %22
            %24: f64 = mul %23, %0
            %25: f64 = mul %23, %20
            %26: f64 = add %19, %25
            yield %24, %26
          }
          return %7, %16
        }
    """)


def test_batching():
    func = vmap(build([REAL, vec(2)], lambda p, x, w: p.sum(w) * x), [0, None], 4)
    assert shown(func) == expected("""
        func @vmap_f(%0: f64[4], %1: f64[2]) {
          %2: f64 = reduce_sum %1 {axes = (0,)}
          %3: f64[4] = empty {dtype = f64, shape = (4,)}
          %4: i64 = constant {value = int64(0), dtype = i64}
          %5: i64 = constant {value = int64(4), dtype = i64}
          %6: i64 = constant {value = int64(1), dtype = i64}
          %7: f64[4] = loop %4, %5, %6, %3 {counted = True, exits = False, parallel = True} do (%8: i64, %9: f64[4]) {
            %10: f64 = index %0, %8 {sizes = (None,), steps = (1,)}
            %11: f64 = mul %2, %10
            %12: f64[4] = update %9, %11, %8 {sizes = (None,), steps = (1,)}
            yield %12
          }
          return %7
        }
    """)
