"""Expressions that call functions of NumPy's larger library, and convolutions and pools (`F`)."""

from __future__ import annotations

from tests.fuzz import arrays, scalars, templates
from tests.fuzz.scope import COLUMN, FLOAT, IVECTOR, MASK, MATRIX, VECTOR, Gen, Ty

FUNCTIONS = "from tangra.nn import functional as F\n"

VECTORS = [
    "np.convolve({v}, np.array([0.5, {a}]))[:-1]",
    "np.convolve(np.array([0.25, {a}, 0.5]), {v}, 'full')[1:-1]",
    "np.correlate({v}, np.array([0.5, {a}]), mode='full')[1:]",
    "np.einsum('i,i->i', {v}, {u})",
    "np.einsum('ij,ij->j', {m}, {m})",
    "np.tensordot({w}, {m}, axes=1)",
    "np.kron({v}, np.array([{a}]))",
    "np.pad({v}, (1, 0), mode='edge')[:-1]",
    "np.pad({v}, 2, mode='wrap')[1:-3]",
    "np.pad({v}, 1, mode='symmetric')[2:]",
    "np.pad({v}, (0, 2), constant_values={a})[2:]",
    "np.take_along_axis({v}, {i}, axis=0)",
    "np.diff({v}, prepend=0.5)",
    "np.linalg.solve(2.0 * np.eye({n}) + np.outer(np.sin({v}), np.sin({v})), {u})",
    "(np.linalg.inv(2.0 * np.eye({n}) + np.outer(np.sin({v}), np.sin({v}))) @ {u})",
    "(np.linalg.cholesky(np.eye({n}) + np.outer(np.sin({v}), np.sin({v}))) @ {u})",
    "np.stack([{v}, {u}]).sum(axis=0)",
    "np.stack([{v}, {u}], axis=-1).mean(axis=1)",
    "np.tile({v}, 2)[1:{n} + 1]",
    "np.repeat({v}, 2)[::2]",
    "np.append({v}[1:], {a})",
    "np.insert({v}[1:], 0, {a})",
    "np.delete(np.append({v}, {a}), 0)",
    "np.split(np.concatenate([{v}, {u}]), 2)[1]",
    "np.cumprod(np.cos({v}))",
    "(np.tril(np.outer({v}, {u})) @ {u})",
    "np.diag(np.outer({v}, {u}))",
    "np.einsum('ii->i', np.outer({v}, {u}))",
    "np.average({m}, axis=0, weights=1.0 + {w} ** 2)",
    "np.mean({m}, axis=0, keepdims=True)[0]",
    "np.sum({m}, axis=0, initial={a})",
    "np.add.reduce({m})",
    "np.meshgrid({v}, {w})[0][-1]",
    "np.lib.stride_tricks.sliding_window_view(np.pad({v}, 1), 3).sum(axis=1)",
    "F.conv1d({v}[None], np.array([[[{a}, 0.5, -0.25]]]), padding=1)[0]",
    "F.conv1d({v}[None], np.array([[[0.5, {a}, 0.3]]]), np.array([{b}]), padding=2, dilation=2)[0]",
    "F.conv1d(np.stack([{v}, {u}]), np.array([[[0.5, {a}, 0.25]], [[{b}, 1.0, 0.5]]]), padding=1, groups=2)[1]",
    "F.conv_transpose1d({v}[None], np.array([[[0.5, {a}, -0.5]]]), padding=1)[0]",
    "F.avg_pool1d({v}[None], 3, stride=1, padding=1)[0]",
]
KINKED_VECTORS = [
    "np.interp({v}, np.linspace(-2.0, 2.0, 5), np.array([0.5, {a}, -0.5, 1.0, {b}]))",
    "np.interp({v}, np.linspace(0.0, 2.0, 4), np.array([0.5, {a}, -0.5, 1.0]), left=-1.0, right={b})",
    "np.select([{v} > 0.5, {v} > -0.5], [{v}, {u}], default={a})",
    "np.choose({i} % 2, [{v}, {u}])",
    "np.max({m}, axis=0, initial=-0.5)",
    "np.sum({m}, axis=0, where={m} > 0.1)",
    "np.min({m}, axis=0, where={m} < 0.5, initial=0.75)",
    "np.median({m}, axis=0)",
    "np.percentile({m}, 30.0, axis=0)",
    "np.std({m}, axis=0)",
    "np.minimum.accumulate({v})",
    "{v}[np.argsort({u}, kind='stable')]",
    "F.max_pool1d({v}[None], 3, stride=1, padding=1)[0]",
    "np.where(np.isclose({v}, {u}), {v}, {a})",
    "np.fmod({v}, 0.75)",
    "np.nanmax(np.stack([{v}, {u}]), axis=0)",
]
MATRICES = [
    "np.kron(np.array([[{a}]]), {m})",
    "np.tril({m})",
    "np.triu({m}, 1)",
    "np.vstack([{m}[1:], {m}[:1]])",
    "np.hstack([{m}[:, 1:], {m}[:, :1]])",
    "np.rot90(np.rot90({m}))",
    "np.multiply.outer({w}, {v})",
    "np.swapaxes({m}.T, 0, 1)",
    "np.take({m}, {i}, axis=1)",
    "np.repeat({v}[None], {k}, axis=0)",
    "np.cumsum({m}[::-1], axis=0)",
    "np.roll({m}, (1, -1), axis=(0, 1))",
    "np.pad({m}, ((1, 0), (0, 0)))[:-1]",
    "np.linalg.solve(2.0 * np.eye({k}) + np.outer(np.sin({w}), np.sin({w})), {m})",
    "np.einsum('ij,jk->ik', {m}, np.outer({v}, {u}))",
    "F.conv2d({m}[None], 0.2 * np.ones((1, 1, 3, 3)) * {a}, padding=1)[0]",
    "F.conv2d({m}[None], np.array([[[[{a}, 0.5, {b}]]]]), padding=(0, 1))[0]",
    "F.avg_pool2d({m}[None], (1, 3), stride=1, padding=(0, 1))[0]",
]
KINKED_MATRICES = [
    "np.sort({m}, axis=1)",
    "np.maximum.accumulate({m}, axis=1)",
    "np.take_along_axis({m}, np.argsort({m}, axis=1, kind='stable'), axis=1)",
    "F.max_pool2d({m}[None], 3, stride=1, padding=1)[0]",
    "np.clip({m}, {v} - 0.5, {v} + 0.5)",
]
FLOATS = [
    "np.trace(np.outer({v}, {u}))",
    "np.linalg.det(2.0 * np.eye({n}) + 0.1 * np.outer({v}, {u}))",
    "np.linalg.slogdet(2.0 * np.eye({n}) + np.outer(np.sin({v}), np.sin({v})))[1]",
    "np.linalg.norm(np.append({v}, 2.0))",
    "np.vdot({v}, {u})",
    "np.trapezoid({v}, dx=0.5)",
    "np.einsum('i,i', {v}, {u})",
    "np.average({v}, weights=1.0 + {u} ** 2)",
    "np.polyval(np.array([0.5, {a}, -0.25]), {b})",
    "np.sum(F.conv1d({v}[None], np.array([[[{a}, 0.5, 0.25]]]), stride=2, padding=1))",
    "np.mean(np.hypot({v}, 1.0), keepdims=True)[0]",
]
KINKED_FLOATS = [
    "np.median({v})",
    "np.quantile({v}, 0.3)",
    "np.interp({a}, np.linspace(-1.0, 1.0, 3), np.array([0.5, -0.5, 1.0]))",
    "np.max({v}, initial=0.1)",
    "np.sum(F.max_pool1d({v}[None], 2, padding=1))",
    "np.std({m})",
    "sorted([{a}, {b}, 0.25])[1]",
    "sorted({v}, key=lambda q: (q - 0.2) ** 2)[0]",
    "np.linalg.norm({m})",
]
INTS = [
    "np.searchsorted(np.sort({v}), {u})",
    "np.searchsorted(np.sort({v}), {u}, side='right')",
    "np.digitize({v}, np.array([-0.5, 0.0, 0.5]))",
    "np.argsort({v}, kind='stable')",
    "np.bincount({i}, minlength={n})",
    "np.argmax({m}, axis=0)",
    "np.argmin({m}, axis=0)",
    "np.count_nonzero({m} > 0.1, axis=0)",
    "np.cumsum({v} > 0.0)",
]
SMOOTH_INTS = ["np.bincount({i}, minlength={n})", "np.take({i}, {i})", "np.diff({i}, append=0)"]


def table(g: Gen, ty: Ty) -> list[str]:
    """Templates for a type."""
    smooth, kinked = {
        VECTOR: (VECTORS + templates.VECTORS, KINKED_VECTORS + templates.KINKED_VECTORS),
        MATRIX: (MATRICES + templates.MATRICES, KINKED_MATRICES + templates.KINKED_MATRICES),
        FLOAT: (FLOATS + templates.FLOATS, KINKED_FLOATS + templates.KINKED_FLOATS),
        IVECTOR: (SMOOTH_INTS + templates.SMOOTH_INTS, INTS + templates.INTS),
        MASK: (templates.MASKS, []),
    }.get(ty, ([], []))
    return smooth if g.smooth else smooth + kinked


def call(g: Gen, ty: Ty, fuel: int) -> str | None:
    """A call that gives a value of a type; None where none does."""
    found = table(g, ty)
    if not found:
        return None
    template = g.pick(found)
    parts = {"i": lambda: arrays.int_index(g), "n": lambda: g.size("N"), "k": lambda: g.size("K")}
    parts |= {"v": lambda: arrays.name(g, VECTOR), "u": lambda: arrays.array_expr(g, VECTOR, min(fuel - 1, 1))}
    parts |= {"m": lambda: arrays.name(g, MATRIX), "w": lambda: arrays.name(g, COLUMN)}
    parts |= {"a": lambda: f"np.tanh({scalars.floating(g, 0)})", "b": lambda: f"np.sin({scalars.floating(g, 0)})"}
    parts |= {"q": lambda: arrays.mask(g, MASK, 0), "c": lambda: cube(g)}
    return f"({template.format(**{key: make() for key, make in parts.items() if '{' + key + '}' in template})})"


def cube(g: Gen) -> str:
    """An array of rank 3, two matrices."""
    m = arrays.name(g, MATRIX)
    return g.pick([f"np.stack([{m}, 0.5 * {m}])", f"np.array([{m}, {m}[::-1]])", f"({m} * np.ones((2, 1, 1)))"])
