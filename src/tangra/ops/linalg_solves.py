"""Forward and reverse rules of the Cholesky factor, the inverse and the solves, batched.

Sources: M. Giles, "An extended collection of matrix derivative results for forward and reverse mode automatic
differentiation" (2008); I. Murray, "Differentiation of the Cholesky decomposition" (2016).
"""

from __future__ import annotations

from tangra.ir.builder import Builder
from tangra.ir.graph import Op, Value
from tangra.ops import matrices as mat
from tangra.ops.common import add_maybe

Partials = list[Value | None]
Wanted = list[bool]


def cholesky_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    """dL = L Phi(L^-1 S L^-T), S the symmetric tangent that the lower triangle of da stands for."""
    if tangents[0] is None:
        return [None, None]
    low = op.results[0]
    half = _lower_solve(b, low, mat.symmetric_from_lower(b, tangents[0]))
    inner = _lower_solve(b, low, mat.transposed(b, half))
    return [mat.matmul(b, low, mat.halved_lower(b, inner)), None]


def _lower_solve(b: Builder, low: Value, x: Value, trans: bool = False) -> Value:
    return b("triangular_solve", low, x, lower=True, trans=trans, unit=False)


def cholesky_vjp(b: Builder, op: Op, cotangents: Partials, wanted: Wanted) -> Partials:
    """L^-T Phi(L^T ct) L^-1, folded to the lower triangle, which is all that is read."""
    ct, low = cotangents[0], op.results[0]
    if ct is None or not wanted[0]:
        return [None]
    inner = mat.halved_lower(b, mat.matmul(b, mat.transposed(b, low), ct))
    left = _lower_solve(b, low, inner, trans=True)
    both = _lower_solve(b, low, mat.transposed(b, left), trans=True)
    return [mat.folded_to_lower(b, mat.transposed(b, both))]


def inverse_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    """-X da X."""
    t, x = tangents[0], op.results[0]
    return [None if t is None else b("neg", mat.matmul(b, x, mat.matmul(b, t, x))), None]


def inverse_vjp(b: Builder, op: Op, cotangents: Partials, wanted: Wanted) -> Partials:
    """-X^T ct X^T."""
    ct = cotangents[0]
    if ct is None or not wanted[0]:
        return [None]
    x = mat.transposed(b, op.results[0])
    return [b("neg", mat.matmul(b, x, mat.matmul(b, ct, x)))]


def solve_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    """a^-1 (db - da x)."""
    a, x = op.operands[0], op.results[0]
    ta, tb = tangents
    if ta is None and tb is None:
        return [None, None]
    shift = None if ta is None else b("neg", mat.matmul(b, ta, x))
    right = add_maybe(b, tb, shift)
    assert right is not None
    return [mat.first(b, "solve", a, right), None]


def solve_vjp(b: Builder, op: Op, cotangents: Partials, wanted: Wanted) -> Partials:
    """ct_b = a^-T ct, ct_a = -ct_b x^T."""
    ct, a, x = cotangents[0], op.operands[0], op.results[0]
    if ct is None:
        return [None, None]
    ct_b = mat.first(b, "solve", mat.transposed(b, a), ct)
    ct_a = b("neg", mat.matmul(b, ct_b, mat.transposed(b, x))) if wanted[0] else None
    return [ct_a, ct_b if wanted[1] else None]


def triangular_solve_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    """As for solve, with the triangle of da that is read."""
    a, x = op.operands[0], op.result
    ta, tb = tangents
    if ta is None and tb is None:
        return [None]
    shift = None
    if ta is not None:
        read = mat.triangle(b, ta, op.attrs["lower"], op.attrs["unit"])
        read = mat.transposed(b, read) if op.attrs["trans"] else read
        shift = b("neg", mat.matmul(b, read, x))
    right = add_maybe(b, tb, shift)
    assert right is not None
    return [b("triangular_solve", a, right, **op.attrs)]


def triangular_solve_vjp(b: Builder, op: Op, cotangents: Partials, wanted: Wanted) -> Partials:
    """As for solve, cut to the triangle that is read."""
    ct, a, x = cotangents[0], op.operands[0], op.result
    if ct is None:
        return [None, None]
    attrs = op.attrs | {"trans": not op.attrs["trans"]}
    ct_b = b("triangular_solve", a, ct, **attrs)
    ct_a = None
    if wanted[0]:
        left, right = (x, ct_b) if op.attrs["trans"] else (ct_b, x)
        outer = b("neg", mat.matmul(b, left, mat.transposed(b, right)))
        ct_a = mat.triangle(b, outer, op.attrs["lower"], op.attrs["unit"])
    return [ct_a, ct_b if wanted[1] else None]
