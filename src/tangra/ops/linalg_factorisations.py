"""Forward and reverse rules of lu, eigh, qr and svd, batched.

Sources: F. de Hoog, R. Anderssen and M. Lukas, "Differentiation of matrix functionals using triangular factorization"
(2011): lu; M. Giles (2008): eigh; S. Walter and L. Lehmann, "Algorithmic differentiation of linear algebra functions"
(2010) and D. Roberts and L. Roberts, "QR and LQ decomposition matrix backpropagation algorithms" (2020): qr;
J. Townsend, "Differentiating the singular value decomposition" (2016): svd.

Where eigenvalues or singular values coincide the derivative of their vectors does not exist: it is inf or NaN.
"""

from __future__ import annotations

from tangra.ir.builder import Builder
from tangra.ir.graph import Op, Value
from tangra.ir.opdef import IRTypeError
from tangra.ops import matrices as mat
from tangra.ops.common import add_maybe, or_zeros, zeros_like
from tangra.shapes import dmin

Partials = list[Value | None]
Wanted = list[bool]


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
