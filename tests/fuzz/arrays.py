"""Expressions that are arrays of a known dtype and known sizes. Every one is an atom or in parentheses."""

from __future__ import annotations

from tests.fuzz import library, scalars
from tests.fuzz.scope import (
    COLUMN,
    FVECTOR,
    INT,
    IVECTOR,
    MATRIX,
    PAIR,
    POINT,
    TABLE,
    VECTOR,
    Gen,
    M,
    Ty,
    V,
    array,
)


def array_expr(g: Gen, ty: Ty, fuel: int) -> str:
    """An array of a type."""
    if fuel > 0 and g.percent(8):
        found = library.call(g, ty, fuel)
        if found is not None:
            return found
    if ty.dtype == "float64":
        return float_array(g, ty, fuel)
    if ty.dtype == "float32":
        return single_array(g, ty, fuel)
    return mask(g, ty, fuel) if ty.dtype == "bool" else int_array(g, ty, fuel)


def name(g: Gen, ty: Ty) -> str:
    """A name of the type, or a new array where there is none."""
    known = g.known(ty)
    return g.pick(known) if known else made(g, ty, 0)


def made(g: Gen, ty: Ty, fuel: int) -> str:
    """A new array."""
    shape = g.shape(ty.dims)
    count = " * ".join(g.size(d) for d in ty.dims)
    dtype = "" if ty.dtype == "float64" else f", np.{ty.dtype if ty.dtype != 'bool' else 'bool_'}"
    found = [f"np.zeros({shape}{dtype})", f"np.ones({shape}{dtype})", f"np.full({shape}, {fill(g, ty, fuel)})"]
    if ty.dtype == "float64":
        found.append(f"np.linspace(-1.0, 1.0, {count}).reshape({shape})")
        if len(ty.dims) == 1:
            found += comprehension(g, ty, fuel)
    elif ty.dtype != "bool":
        kind = f"np.{ty.dtype}"
        found.append(f"np.arange({count}, dtype={kind}).reshape({shape})")
    return g.pick(found)


def fill(g: Gen, ty: Ty, fuel: int) -> str:
    """A scalar whose NumPy dtype is the array's."""
    if ty.dtype == "float64":
        return scalars.floating(g, fuel - 1)
    if ty.dtype == "bool":
        return g.pick(["True", "False"])
    return f"np.{ty.dtype}({scalars.integer(g, 0)} % 7)"


def comprehension(g: Gen, ty: Ty, fuel: int) -> list[str]:
    """`np.array` of a list comprehension, or of a display where the size is a number."""
    size = g.size(ty.dims[0])
    if g.static:
        return [f"np.array([{', '.join(scalars.floating(g, fuel - 1) for _ in range(int(size)))}])"]
    inner = g.inner()
    i = inner.bind(INT, g.fresh("q"))
    inner.indices.setdefault(ty.dims[0], []).append(i)
    return [f"np.array([float({scalars.floating(inner, fuel - 1)}) for {i} in range({size})])"]


# ---- float64 ---------------------------------------------------------------------------

NAMED = ("name",)
FORMS = (
    "name",
    "binary",
    "binary",
    "weak",
    "weak",
    "unary",
    "unary",
    "quotient",
    "copy",
    "made",
    "shaped",
    "shaped",
    "taken",
    "from",
    "root",
)
KINKED = (*FORMS, "where", "kinked", "cast", "sorted")


def float_array(g: Gen, ty: Ty, fuel: int) -> str:
    """A float64 array."""
    form = g.pick(NAMED if fuel <= 0 else FORMS if g.smooth else KINKED)
    if form == "binary":
        other = array_of_broadcast(g, ty)
        pair = [array_expr(g, ty, fuel - 1), array_expr(g, other, fuel - 1)]
        return f"({pair[0]} {g.pick(['+', '-', '*'])} {pair[1]})"
    if form == "weak":
        pair = [array_expr(g, ty, fuel - 1), g.pick([scalars.floating, scalars.integer])(g, fuel - 1)]
        return "({} {} {})".format(
            *(pair[i] if i != 2 else g.pick(["+", "-", "*"]) for i in g.pick([(0, 2, 1), (1, 2, 0)]))
        )
    if form == "unary":
        return f"{g.pick(['np.sin', 'np.tanh', 'np.cos', '-', 'np.arctan'])}({array_expr(g, ty, fuel - 1)})"
    if form == "quotient":
        below = g.pick(["(2.0 + np.sin({}))", "(1.0 + {0} ** 2)"]).format(name(g, ty))
        return f"({array_expr(g, ty, fuel - 1)} / {below})"
    if form == "copy":
        return g.pick(["{}.copy()", "np.array({})", "np.copy({})", "(+{})", "{}.astype(np.float64)"]).format(
            name(g, ty)
        )
    if form == "root":
        a = name(g, ty)
        return g.pick(
            [
                "np.sqrt(1.0 + {0} * {0})",
                "np.exp(-{0} ** 2)",
                "(np.tanh({}) ** 2)",
                "np.log1p({0} ** 2)",
                "np.square(np.sin({}))",
                "np.hypot({}, 1.0)",
                "np.logaddexp({}, 0.0)",
            ]
        ).format(a)
    if form == "made":
        return made(g, ty, fuel)
    if form == "shaped":
        return shaped(g, ty, fuel)
    if form == "taken":
        return taken(g, ty)
    if form == "from":
        return from_object(g, ty)
    return kinked(g, ty, form, fuel) if form != "name" else name(g, ty)


def array_of_broadcast(g: Gen, ty: Ty) -> Ty:
    """The same type, or one that broadcasts to it."""
    if ty == MATRIX and g.percent(40):
        return VECTOR
    if ty == VECTOR and not g.smooth and g.percent(15):
        return g.pick([FVECTOR, IVECTOR])
    return ty


def shaped(g: Gen, ty: Ty, fuel: int) -> str:
    """Made from an array of another shape."""
    v, m, w = name(g, VECTOR), name(g, MATRIX), name(g, COLUMN)
    k, n = g.shape(("K",)), g.shape(("N",))
    if ty == VECTOR:
        return g.pick(
            [
                f"{m}[{scalars.index(g, 'K')}]",
                f"np.sum({m}, axis=0)",
                f"{m}.mean(axis=0)",
                f"({w} @ {m})",
                f"{m}.T.dot({w})",
                f"({m}.T @ np.ones({k}))",
                f"{m}.T[:, {scalars.index(g, 'K')}]",
                f"np.einsum('ij,i->j', {m}, {w})",
                f"({m} * {w}[:, None]).sum(axis=0)",
            ]
        )
    if ty == COLUMN:
        return g.pick(
            [
                f"{m}[:, {scalars.index(g, 'N')}]",
                f"np.sum({m}, axis=1)",
                f"({m} @ {v})",
                f"{m}.mean(axis=-1)",
                f"np.einsum('ij,j->i', {m}, {v})",
                f"{m}.T[{scalars.index(g, 'N')}]",
            ]
        )
    return g.pick(
        [
            f"np.outer({w}, {v})",
            f"({w}[:, None] * {v})",
            f"({m} @ np.eye({n}))",
            f"{m}.T.copy().T",
            f"{m}.reshape(-1).reshape({g.shape(M)})",
            f"{m}.T.reshape({g.shape(M)})",
            f"np.broadcast_to({v}, {g.shape(M)})",
            f"({v} + {w}.reshape(-1, 1))",
            f"{m}.ravel().reshape({g.shape(M)})",
        ]
    )


def taken(g: Gen, ty: Ty) -> str:
    """The elements of an array in another order, or running sums of them."""
    a = name(g, ty)
    forms = [
        "{}[::-1]",
        "np.cumsum({}, axis=0)",
        "np.roll({}, 1, axis=0)",
        "np.concatenate(({0}[1:], {0}[:1]))",
        "np.flip({}, axis=0)",
        "np.concatenate([{0}[:1], {0}[:-1]])",
        "{}[...]",
    ]
    if ty == VECTOR:
        forms += [f"{{}}[np.arange({g.size('N')}) - 1]", "{}[::-1][::-1]", "np.cumsum({})", f"{{}}[{int_index(g)}]"]
    if ty == MATRIX:
        forms += ["{}[:, ::-1]", "{}[::-1, ::-1]", "np.cumsum({}, axis=1)", "{}[:, np.arange(%s)]" % g.size("N")]
    return g.pick(forms).format(a)


def int_index(g: Gen) -> str:
    """An int64 array whose elements are indices of axis N."""
    return g.pick([f"({name(g, IVECTOR)} % {g.size('N')})", f"np.arange({g.size('N')})[::-1]"])


def from_object(g: Gen, ty: Ty) -> str:
    helpers = [h.call for h in g.helpers if h.result == ty and h.call]
    if helpers and g.percent(60):
        return g.pick(helpers)(g, 1)
    found = [
        *(f"{p}.v" for p in g.known(POINT)),
        *(f"{p}.v" for p in g.known(PAIR)),
        *(f"{d}['v']" for d in g.known(TABLE)),
    ]
    if ty == VECTOR and found:
        return g.pick(found)
    return name(g, ty)


def kinked(g: Gen, ty: Ty, form: str, fuel: int) -> str:
    """Forms that are not smooth, or lose precision."""
    a = array_expr(g, ty, fuel - 1)
    if form == "where":
        return f"np.where({mask(g, array(ty.dims, 'bool'), fuel - 1)}, {a}, {scalars.floating(g, fuel - 1)})"
    if form == "cast":
        source = array(ty.dims, g.pick(["int64", "float32", "int32", "bool"]))
        return f"{array_expr(g, source, fuel - 1)}.astype(np.float64)"
    if form == "sorted":
        forms = ["np.sort({}, axis=0)", "np.maximum.accumulate({}, axis=0)"]
        forms += [f"{name(g, ty)}[np.argsort({{}}, kind='stable')]", "np.sort({})[::-1]"] if ty == VECTOR else []
        return g.pick(forms).format(a)
    b = array_expr(g, ty, fuel - 1)
    return g.pick(
        [
            f"np.clip({a}, -1.0, 1.0)",
            f"np.maximum({a}, {b})",
            f"np.minimum({a}, 0.5)",
            f"np.abs({a})",
            f"np.floor({a})",
            f"np.sign({a})",
            f"({a} % 1.5)",
            f"np.fmax({a}, {b})",
            f"({a} // 0.5)",
            f"np.round({a})",
            f"np.nan_to_num({a})",
            f"({a} * {mask(g, array(ty.dims, 'bool'), fuel - 1)})",
        ]
    )


# ---- float32, ints, bools ---------------------------------------------------------------------------


def single_array(g: Gen, ty: Ty, fuel: int) -> str:
    """A float32 array: Python numbers beside it are weak."""
    a = name(g, ty)
    if fuel <= 0:
        return a
    b = single_array(g, ty, fuel - 1)
    small = scalars.numpy_scalar(g, "float32", 0)
    return g.pick(
        [
            a,
            f"({a} {g.pick(['+', '*', '-'])} {b})",
            f"({b} * {g.pick(['0.5', '2', small])})",
            f"np.sin({b})",
            f"{a}[::-1]",
            f"{array_expr(g, array(ty.dims), fuel - 1)}.astype(np.float32)",
            f"({a} + {scalars.integer(g, 0)})",
            f"np.maximum({b}, 0.25)",
            made(g, ty, fuel),
        ]
    )


def int_array(g: Gen, ty: Ty, fuel: int) -> str:
    """An array of ints, which wrap around."""
    a = name(g, ty)
    if fuel <= 0:
        return a
    b = int_array(g, ty, fuel - 1)
    forms = [
        a,
        f"({a} {g.pick(['+', '*', '-'])} {b})",
        f"({b} {g.pick(['+', '*', '-', '&', '|', '^'])} {g.pick(['2', '3', '7'])})",
        f"({a} {g.pick(['//', '%'])} {g.pick(['3', '5'])})",
        f"({a} {g.pick(['//', '%'])} {b})",
        f"np.maximum({a}, {b})",
        f"{a}[::-1]",
        f"np.cumsum({b}, axis=0, dtype=np.{ty.dtype})",
        f"({a} >> 1)",
        made(g, ty, fuel),
        f"abs({a})",
        f"(~{a})",
        f"np.where({mask(g, array(ty.dims, 'bool'), fuel - 1)}, {a}, {b})",
        f"np.sort({a}, axis=0)",
    ]
    if ty.dtype == "int64":
        forms.append(f"({mask(g, array(ty.dims, 'bool'), fuel - 1)} + {a})")
        if not g.smooth:
            forms += [f"(5.0 * np.sin({array_expr(g, array(ty.dims), fuel - 1)})).astype(np.int64)"]
        if ty.dims == V:
            forms += [f"np.argsort({name(g, ty)}, kind='stable')"]
            forms += [] if g.smooth else [f"np.argsort({array_expr(g, VECTOR, fuel - 1)}, kind='stable')"]
    else:
        forms.append(f"{array_expr(g, array(ty.dims, 'int64'), fuel - 1)}.astype(np.{ty.dtype})")
    return g.pick(forms)


def mask(g: Gen, ty: Ty, fuel: int) -> str:
    """An array of bools."""
    known = g.known(ty)
    if known and (fuel <= 0 or g.percent(25)):
        return g.pick(known)
    if g.smooth or fuel <= 0 or g.percent(25):
        a = name(g, array(ty.dims, "int64")) if ty.dims == V else made(g, array(ty.dims, "int64"), 0)
        return f"({a} {g.pick(['>', '==', '<='])} {scalars.integer(g, 0)})"
    a = array_expr(g, array(ty.dims), fuel - 1)
    b = g.pick([scalars.literal(g), scalars.floating(g, 0), name(g, array(ty.dims))])
    compared = f"({a} {g.pick(['>', '<', '>=', '<=', '!='])} {b})"
    if g.percent(30):
        other = mask(g, ty, fuel - 1)
        return g.pick(
            [
                f"({compared} & {other})",
                f"({compared} | {other})",
                f"(~{compared})",
                f"np.logical_and({compared}, {other})",
                f"np.isfinite({a})",
                f"({compared} ^ {other})",
                f"np.logical_not({compared})",
            ]
        )
    return compared
