"""Forward and reverse rules of linear algebra, batched.

Sources: M. Giles, "An extended collection of matrix derivative results for forward and reverse mode automatic
differentiation" (2008): inverse, solve, det, eigh; I. Murray, "Differentiation of the Cholesky decomposition" (2016);
S. Walter and L. Lehmann, "Algorithmic differentiation of linear algebra functions" (2010) and D. Roberts and
L. Roberts, "QR and LQ decomposition matrix backpropagation algorithms" (2020): qr; J. Townsend,
"Differentiating the singular value decomposition" (2016): svd; F. de Hoog, R. Anderssen and M. Lukas,
"Differentiation of matrix functionals using triangular factorization" (2011): lu.

Where eigenvalues or singular values coincide the derivative of their vectors does not exist: it is inf or NaN.
"""

from __future__ import annotations

from tangra.ir.builder import Builder
from tangra.ir.graph import Block, Op, Value
from tangra.ir.opdef import IRTypeError
from tangra.ops import matrices as mat
from tangra.ops.common import add_maybe, or_zeros, zeros_like
from tangra.ops.reduction import products_of_others
from tangra.shapes import dmin

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


SINGULAR = {32: 1e-3, 64: 1e-6}
"""Below this ratio of the pivots of a matrix its cofactors are taken from singular values, by width of the dtype."""


def cofactors(b: Builder, op: Op) -> Value:
    """The cofactor matrices of `det`'s operand: d det / d a.

    Where the pivots say that a is well conditioned they are det(a) a^-T. Else, if only for one matrix of the batch,
    they are det(u v) u diag(products of the other singular values) v^T, which stays exact for a singular a.
    """
    a = op.operands[0]
    near_singular = _any_near_singular(b, a)
    by_singular_values, by_inverse = Block(), Block()
    with b.at(by_singular_values):
        svd = b.emit("svd", [a])
        u, s, vt = svd.results
        scaled = b("mul", u, mat.per_column(b, products_of_others(b, s, (len(s.shape) - 1,)), a.shape[-1]))
        orientation = b("stop_gradient", b("mul", b("det", u), b("det", vt)))
        b.yield_(b("mul", mat.per_matrix(b, orientation, a), mat.matmul(b, scaled, vt)))
    with b.at(by_inverse):
        inverse = mat.transposed(b, mat.first(b, "inverse", a))
        b.yield_(b("mul", mat.per_matrix(b, b("det", a), a), inverse))
    return b.emit("if", [near_singular], {}, [by_singular_values, by_inverse]).result


def _any_near_singular(b: Builder, a: Value) -> Value:
    """Whether a pivot of any matrix is not clearly larger than 0 beside the largest; NaN counts as clearly larger."""
    axis = len(a.shape) - 2
    pivots = b("abs", mat.diagonal(b, mat.first(b, "lu", a)))
    with_zero = b("pad", pivots, b.const(0, a.dtype), low=(0,) * (axis + 1), high=(*(0,) * axis, 1))
    largest = mat.per_row(b, b("reduce_max", with_zero, axes=(axis,)), pivots.shape[axis])
    small = b("le", pivots, b("mul", largest, b.filled(SINGULAR[a.dtype.bits], pivots.array)))
    return b("reduce_or", small, axes=tuple(range(axis + 1)))


def det_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    """The sum of cofactors times tangents."""
    t = tangents[0]
    if t is None:
        return [None]
    rank = len(t.shape)
    return [b("reduce_sum", b("mul", cofactors(b, op), t), axes=(rank - 2, rank - 1))]


def det_vjp(b: Builder, op: Op, cotangents: Partials, wanted: Wanted) -> Partials:
    """The cofactors times the cotangent."""
    ct, a = cotangents[0], op.operands[0]
    if ct is None or not wanted[0]:
        return [None]
    return [b("mul", cofactors(b, op), mat.per_matrix(b, ct, a))]


def slogdet_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    """d log|det a| = trace(a^-1 da); the sign is constant."""
    t = tangents[0]
    if t is None:
        return [None, None]
    product = mat.matmul(b, mat.first(b, "inverse", op.operands[0]), t)
    return [None, b("reduce_sum", mat.diagonal(b, product), axes=(len(t.shape) - 2,))]


def slogdet_vjp(b: Builder, op: Op, cotangents: Partials, wanted: Wanted) -> Partials:
    """ct a^-T."""
    ct, a = cotangents[1], op.operands[0]
    if ct is None or not wanted[0]:
        return [None]
    inverse = mat.transposed(b, mat.first(b, "inverse", a))
    return [b("mul", inverse, mat.per_matrix(b, ct, a))]


def _by_unit_lower(b: Builder, packed: Value, x: Value, trans: bool) -> Value:
    return b("triangular_solve", packed, x, lower=True, trans=trans, unit=True)


def _times_upper_inverse(b: Builder, packed: Value, x: Value, trans: bool) -> Value:
    """x U^-1, or x U^-T if `trans`."""
    solved = b("triangular_solve", packed, mat.transposed(b, x), lower=False, trans=not trans, unit=False)
    return mat.transposed(b, solved)


def _lu_factors(b: Builder, packed: Value) -> tuple[Value, Value]:
    low = b("add", mat.masked(b, packed, "gt"), mat.identity_like(b, packed))
    return low, mat.masked(b, packed, "le")


def lu_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    """With F = L^-1 (P da) U^-1: dL = L tril(F, -1), dU = triu(F) U."""
    if tangents[0] is None:
        return [None, None, None]
    packed, perm, _ = op.results
    low, up = _lu_factors(b, packed)
    permuted = b("gather", tangents[0], *mat.row_indices(b, perm))
    inner = _times_upper_inverse(b, packed, _by_unit_lower(b, packed, permuted, False), False)
    d_low = mat.matmul(b, low, mat.masked(b, inner, "gt"))
    return [b("add", d_low, mat.matmul(b, mat.masked(b, inner, "le"), up)), None, None]


def lu_vjp(b: Builder, op: Op, cotangents: Partials, wanted: Wanted) -> Partials:
    """P^T L^-T (tril(L^T ct, -1) + triu(ct U^T)) U^-T, ct cut to the triangle of the factor."""
    ct, (packed, perm, _) = cotangents[0], op.results
    if ct is None or not wanted[0]:
        return [None]
    low, up = _lu_factors(b, packed)
    below = mat.matmul(b, mat.transposed(b, low), mat.masked(b, ct, "gt"))
    above = mat.matmul(b, mat.masked(b, ct, "le"), mat.transposed(b, up))
    inner = b("add", mat.masked(b, below, "gt"), mat.masked(b, above, "le"))
    outer = _times_upper_inverse(b, packed, _by_unit_lower(b, packed, inner, True), True)
    return [b("scatter", zeros_like(b, ct), outer, *mat.row_indices(b, perm))]


def _gaps(b: Builder, w: Value) -> Value:
    """1 / (w_j - w_i) off the diagonal."""
    n = w.shape[-1]
    return mat.reciprocal_off_diagonal(b, b("sub", mat.per_column(b, w, n), mat.per_row(b, w, n)))


def eigh_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    """With P = V^T S V: dw = diag(P), dV = V (P / gaps); S the symmetric tangent that the lower triangle stands for."""
    if tangents[0] is None:
        return [None, None]
    w, v = op.results
    inner = mat.matmul(b, mat.transposed(b, v), mat.matmul(b, mat.symmetric_from_lower(b, tangents[0]), v))
    return [mat.diagonal(b, inner), mat.matmul(b, v, b("mul", _gaps(b, w), inner))]


def eigh_vjp(b: Builder, op: Op, cotangents: Partials, wanted: Wanted) -> Partials:
    """V (diag(ct_w) + (V^T ct_v) / gaps) V^T, folded to the lower triangle, which is all that is read."""
    (w, v), (ct_w, ct_v) = op.results, cotangents
    vt = mat.transposed(b, v)
    inner = None if ct_w is None else mat.embedded_diagonal(b, ct_w)
    if ct_v is not None:
        inner = add_maybe(b, inner, b("mul", _gaps(b, w), mat.matmul(b, vt, ct_v)))
    if inner is None or not wanted[0]:
        return [None]
    return [mat.folded_to_lower(b, mat.matmul(b, v, mat.matmul(b, inner, vt)))]


def _right_solve(b: Builder, x: Value, r: Value, trans: bool) -> Value:
    """x r^-1, or x r^-T if `trans`, for an upper triangular r."""
    solved = b("triangular_solve", r, mat.transposed(b, x), lower=False, trans=not trans, unit=False)
    return mat.transposed(b, solved)


def _columns(b: Builder, x: Value, wide: Value, tail: bool) -> Value:
    """The first m columns of `x`, or those behind them; m is the number of rows of `wide`, which has more columns."""
    m, n = wide.shape[-2:]
    starts = [b.int(0)] * (len(x.shape) - 1) + [b.dim(m if tail else 0)]
    sizes = (*x.shape[:-1], n - m if tail else m)
    return b("index", x, *starts, sizes=sizes, steps=(1,) * len(x.shape))


def _is_wide(a: Value) -> bool:
    """Whether `a` has more columns than rows."""
    m, n = a.shape[-2:]
    smaller = dmin(m, n)
    if smaller not in (m, n):
        raise IRTypeError(f"qr of {a.type}: its derivative needs to know which of {m} and {n} is larger")
    return bool(smaller != n)


def _tall_qr_jvp(b: Builder, q: Value, r: Value, t: Value) -> tuple[Value, Value]:
    """With C = Q^T da R^-1: dR = (triu(C) + tril(C, -1)^T) R, dQ = da R^-1 - Q (triu(C) + tril(C, -1)^T)."""
    scaled = _right_solve(b, t, r, False)
    c = mat.matmul(b, mat.transposed(b, q), scaled)
    upper = b("add", mat.masked(b, c, "le"), mat.transposed(b, mat.masked(b, c, "gt")))
    return b("sub", scaled, mat.matmul(b, q, upper)), mat.matmul(b, upper, r)


def qr_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    """A wide matrix is [x y] with x = q u, r = [u q^T y]."""
    t, a = tangents[0], op.operands[0]
    q, r = op.results
    if t is None:
        return [None, None]
    if not _is_wide(a):
        return list(_tall_qr_jvp(b, q, r, t))
    dq, du = _tall_qr_jvp(b, q, _columns(b, r, a, False), _columns(b, t, a, False))
    y, ty = _columns(b, a, a, True), _columns(b, t, a, True)
    dv = b("add", mat.matmul(b, mat.transposed(b, dq), y), mat.matmul(b, mat.transposed(b, q), ty))
    return [dq, b("concat", du, dv, axis=len(a.shape) - 1)]


def _tall_qr_vjp(b: Builder, q: Value, r: Value, ct_q: Value, ct_r: Value) -> Value:
    """With M = R ct_r^T - ct_q^T Q: (ct_q + Q copyltu(M)) R^-T, copyltu the symmetric matrix of the lower triangle."""
    m = b("sub", mat.matmul(b, r, mat.transposed(b, ct_r)), mat.matmul(b, mat.transposed(b, ct_q), q))
    return _right_solve(b, b("add", ct_q, mat.matmul(b, q, mat.symmetric_from_lower(b, m))), r, True)


def qr_vjp(b: Builder, op: Op, cotangents: Partials, wanted: Wanted) -> Partials:
    """The adjoint of `qr_jvp`."""
    a, (q, r) = op.operands[0], op.results
    if (cotangents[0] is None and cotangents[1] is None) or not wanted[0]:
        return [None]
    ct_q, ct_r = (or_zeros(b, ct, x) for ct, x in zip(cotangents, op.results, strict=True))
    ct_r = mat.masked(b, ct_r, "le")
    if not _is_wide(a):
        return [_tall_qr_vjp(b, q, r, ct_q, ct_r)]
    y, ct_v = _columns(b, a, a, True), _columns(b, ct_r, a, True)
    ct_q = b("add", ct_q, mat.matmul(b, y, mat.transposed(b, ct_v)))
    ct_x = _tall_qr_vjp(b, q, _columns(b, r, a, False), ct_q, _columns(b, ct_r, a, False))
    return [b("concat", ct_x, mat.matmul(b, q, ct_v), axis=len(a.shape) - 1)]


def _square_gaps(b: Builder, s: Value) -> Value:
    """1 / (s_j^2 - s_i^2) off the diagonal."""
    k = s.shape[-1]
    columns, rows = mat.per_column(b, s, k), mat.per_row(b, s, k)
    return mat.reciprocal_off_diagonal(b, b("mul", b("sub", columns, rows), b("add", columns, rows)))


def _over_columns(b: Builder, x: Value, s: Value) -> Value:
    """x diag(s)^-1."""
    return b("div", x, mat.per_column(b, s, x.shape[-2]))


def _outside(b: Builder, x: Value, basis: Value) -> Value:
    """The part of `x` outside the span of the columns of `basis`."""
    return b("sub", x, mat.matmul(b, basis, mat.matmul(b, mat.transposed(b, basis), x)))


def svd_jvp(b: Builder, op: Op, tangents: Partials) -> Partials:
    """With P = U^T da V: ds = diag(P), dU = U (F * (P S + S P^T)) + outside, dV = V (F * (S P + P^T S)) + outside."""
    t, (u, s, vt) = tangents[0], op.results
    if t is None:
        return [None, None, None]
    v, k = mat.transposed(b, vt), s.shape[-1]
    moved = mat.matmul(b, t, v)
    inner = mat.matmul(b, mat.transposed(b, u), moved)
    rows, columns, gaps = mat.per_row(b, s, k), mat.per_column(b, s, k), _square_gaps(b, s)
    inner_t = mat.transposed(b, inner)
    du = mat.matmul(b, u, b("mul", gaps, b("add", b("mul", inner, columns), b("mul", rows, inner_t))))
    dv = mat.matmul(b, v, b("mul", gaps, b("add", b("mul", rows, inner), b("mul", inner_t, columns))))
    if u.shape[-2] != k:
        du = b("add", du, _over_columns(b, _outside(b, moved, u), s))
    if v.shape[-2] != k:
        back = mat.matmul(b, mat.transposed(b, t), u)
        dv = b("add", dv, _over_columns(b, _outside(b, back, v), s))
    return [du, mat.diagonal(b, inner), mat.transposed(b, dv)]


def _doubled(b: Builder, gaps: Value, basis: Value, ct: Value) -> Value:
    """J + J^T with J = F * (basis^T ct)."""
    j = b("mul", gaps, mat.matmul(b, mat.transposed(b, basis), ct))
    return b("add", j, mat.transposed(b, j))


def svd_vjp(b: Builder, op: Op, cotangents: Partials, wanted: Wanted) -> Partials:
    """The adjoint of `svd_jvp`; without cotangents of u and v no gap is divided by, so that equal values are right."""
    (u, s, vt), (ct_u, ct_s, ct_vt) = op.results, cotangents
    if (ct_u is None and ct_s is None and ct_vt is None) or not wanted[0]:
        return [None]
    v, k = mat.transposed(b, vt), s.shape[-1]
    inner = None if ct_s is None else mat.embedded_diagonal(b, ct_s)
    outer = None
    if ct_u is not None:
        middle = b("mul", _doubled(b, _square_gaps(b, s), u, ct_u), mat.per_column(b, s, k))
        inner = add_maybe(b, inner, middle)
        if u.shape[-2] != k:
            outer = mat.matmul(b, _over_columns(b, _outside(b, ct_u, u), s), vt)
    if ct_vt is not None:
        ct_v = mat.transposed(b, ct_vt)
        middle = b("mul", mat.per_row(b, s, k), _doubled(b, _square_gaps(b, s), v, ct_v))
        inner = add_maybe(b, inner, middle)
        if v.shape[-2] != k:
            right = mat.transposed(b, _over_columns(b, _outside(b, ct_v, v), s))
            outer = add_maybe(b, outer, mat.matmul(b, u, right))
    assert inner is not None
    return [add_maybe(b, mat.matmul(b, u, mat.matmul(b, inner, vt)), outer)]
