"""Calls of NumPy's and `jax.numpy`'s elementwise functions, operators and reductions."""

from tangra.shape_rules.numpy.elementwise import ARITHMETIC, BITWISE, COMPARISONS, DIVISIONS, PREDICATES, SAME, TO_FLOAT
from tests.shape_rules.draws import Call, Draws, case

NUMPY_ALONE = frozenset(
    """
    shape size ndim nonzero argwhere flatnonzero unique bincount linalg.cholesky linalg.eigh linalg.eigvalsh split pow
    fft.irfft linalg.norm diff
    """.split()
)
"""Functions that `jax.numpy` is not compared on: its answers to what are no arrays, negative places and matrices that
aren't square are by chance, and a trace can't tell how many elements data decides."""


def named(*names: str) -> list[str]:
    """The names in NumPy and in `jax.numpy`."""
    return [f"numpy.{name}" for name in names] + [f"jax.numpy.{name}" for name in names if name not in NUMPY_ALONE]


def number(r: Draws) -> str:
    return r.choice(["float32", "float32", "float64", "int64", "int32", "int16"])


@case(*named(*TO_FLOAT, *PREDICATES, *SAME, "abs", "rint", "round"))
def unary(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=number(r))])


def operands(r: Draws) -> list[object]:
    first = r.tensor(dtype=number(r))
    second = r.tensor(r.fitting(first.shape) if r.chance(80) else r.shape(), number(r))
    return [first, second] if r.chance(80) else [first, r.choice([2, 2.5])]


@case(*named(*ARITHMETIC, *COMPARISONS, *DIVISIONS))
def binary(r: Draws) -> Call:
    found = operands(r)
    return Call("", found if r.chance(60) else found[::-1])


@case(*named(*BITWISE))
def bitwise(r: Draws) -> Call:
    x = r.tensor(dtype=r.choice(["int32", "int64", "uint8", "int32", "float32"]))
    return Call("", [x, r.tensor(r.fitting(x.shape) if r.chance(80) else r.shape(), r.choice(["int32", "int64"]))])


@case(
    *(f"numpy.op.{symbol}" for symbol in ("+", "-", "*", "/", "//", "%", "<", "==")),
    "jax.op.+",
)
def operators(r: Draws) -> Call:
    found = operands(r)
    if r.chance(40):
        found[1] = r.tensor(low=1)
    return Call("", found if r.chance(50) else found[::-1], kind="operator")


@case(*named("where"))
def where(r: Draws) -> Call:
    x, y = operands(r)
    return Call("", [r.tensor(r.fitting(x.shape), "bool"), x, y])


@case(*named("clip"))
def clip(r: Draws) -> Call:
    x = r.tensor(dtype=number(r))
    return Call("", [x, r.choice([0, 0.5]), r.choice([2, 1.5, r.tensor(r.fitting(x.shape))])])


def reduction(r: Draws, several: bool = True) -> Call:
    x = r.tensor(dtype=number(r))
    rank = len(x.shape)
    kwargs: dict[str, object] = {}
    if r.chance(85):
        axes = r.sample(range(rank), r.randint(1, rank)) if rank else []
        kwargs["axis"] = tuple(axes) if several and axes and r.chance(40) else r.axis(rank)
        if r.chance(50):
            kwargs["keepdims"] = r.chance(60)
    return Call("", [x], kwargs)


@case(
    *named(
        "sum",
        "prod",
        "mean",
        "std",
        "var",
        "max",
        "min",
        "all",
        "any",
        "ptp",
        "median",
        "count_nonzero",
        "nansum",
        "nanmean",
    )
)
def reductions(r: Draws) -> Call:
    return reduction(r)


@case(*named("argmax", "argmin"))
def indices(r: Draws) -> Call:
    return reduction(r, several=False)


@case(*(f"{cls}.{name}" for cls in ("numpy.ndarray",) for name in ("sum", "mean", "max", "argmax")))
def reduction_methods(r: Draws) -> Call:
    call = reduction(r, several=False)
    return Call("", call.args, call.kwargs, kind="method")


@case(*named("cumsum", "cumprod", "sort", "argsort"))
def scans(r: Draws) -> Call:
    x = r.tensor(dtype=number(r))
    return Call("", [x], {"axis": r.axis(len(x.shape))} if r.chance(80) else {})


@case(*named("quantile"))
def quantile(r: Draws) -> Call:
    call = reduction(r)
    return Call("", [call.args[0].with_(dtype="float32"), r.choice([0.5, r.tensor((2,))])], call.kwargs)


@case(*named("trace", "diagonal"))
def trace(r: Draws) -> Call:
    x = r.tensor(low=2)
    first, second = r.sample(range(len(x.shape)), 2)
    return Call("", [x, r.randint(-2, 2), first, second])


@case(*named("diff"))
def diff(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.randint(0, 2)], {"axis": r.axis(len(x.shape))})
