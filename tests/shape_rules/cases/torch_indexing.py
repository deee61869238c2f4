"""Indexing torch tensors, and functions that read and write by index."""

from tangra.shape_rules import Tensor
from tests.shape_rules.draws import Call, Draws, case


def zeros(r: Draws, shape: tuple[int, ...], dtype: str = "int64") -> Tensor:
    """An index that is in range everywhere."""
    count = 1
    for size in shape:
        count *= size
    return Tensor(r.library, shape, dtype, elements=(0,) * count)


def bound(r: Draws) -> int | None:
    return r.choice([None, None, 0, 1, 2, -1, -2, 5])


def entry(r: Draws, size: int, advanced: bool) -> object:
    kind = r.randrange(10 if advanced else 6)
    if kind < 2:
        return r.randrange(-size, size)
    if kind < 5:
        step = r.choice([None, 1, 2]) if r.library == "torch" else r.choice([None, 1, 2, -1, -2])
        return slice(bound(r), bound(r), step)
    if kind < 6:
        return slice(None)
    if kind < 8:
        return zeros(r, r.choice([(), (1,), (3,), (3,), (2, 1), (2, 3)]))
    if kind < 9:
        return [0] * r.randint(1, 3)
    return Tensor(r.library, (size,), "bool", elements=tuple(n == 0 for n in range(size)))


def index(r: Draws, shape: tuple[int, ...], advanced: bool = True) -> object:
    parts = [entry(r, size, advanced) for size in shape[: r.randint(0, len(shape))]]
    if r.chance(25):
        parts.insert(r.randint(0, len(parts)), ...)
    for _ in range(r.choice([0, 0, 1, 2])):
        parts.insert(r.randint(0, len(parts)), None)
    if r.chance(12):
        parts.insert(r.randint(0, len(parts)), r.choice([99, 1.5, ..., slice(0, 2, -1), "a"]))
    return parts[0] if len(parts) == 1 and r.chance(70) else tuple(parts)


@case("torch.getitem", spoil=False)
def getitem(r: Draws) -> Call:
    x = r.tensor(low=1)
    advanced = r.chance(30)
    shape = x.shape if r.chance(60) else (*x.shape, 3)
    found = index(r, shape, advanced)
    if any(isinstance(part, Tensor) and part.dtype == "bool" for part in (found if isinstance(found, tuple) else ())):
        found = index(r, shape, False)
    return Call("", [x, found], kind="getitem")


@case("torch.masks", mask=True, spoil=False)
def masks(r: Draws) -> Call:
    x = r.tensor(low=1)
    start = r.randrange(len(x.shape))
    shape = x.shape[start : r.randint(start + 1, len(x.shape))]
    if r.chance(50):
        shape = (*shape[:-1], shape[-1] + r.choice([1, 2, -1]))
    mask = Tensor(r.library, shape, "bool")
    return Call("", [x, (*(slice(None),) * start, mask)], kind="getitem")


@case("torch.setitem", spoil=False)
def setitem(r: Draws) -> Call:
    x = r.tensor(low=1, high=3)
    part = r.choice([0, slice(None), slice(0, 2), (..., 0), (slice(None), None)])
    shape = {0: x.shape[1:], 1: x.shape, 2: (min(2, x.shape[0]), *x.shape[1:]), 3: x.shape[:-1]}.get(
        [0, slice(None), slice(0, 2), (..., 0), (slice(None), None)].index(part), (x.shape[0], 1, *x.shape[1:])
    )
    value = r.choice([2, r.tensor(shape), r.tensor(r.shape(high=3)), r.tensor((1, *shape)), r.tensor(shape[1:])])
    return Call("", [x, part, value], kind="setitem")


def picks(r: Draws) -> list[object]:
    x = r.tensor()
    axis = r.axis(len(x.shape))
    shape = list(x.shape)
    if shape:
        shape[axis] = r.randint(1, 6)
    if r.chance(40):
        shape = [
            r.choice([size, 1, max(1, size - 1)]) if place != axis % len(shape) else size
            for place, size in enumerate(shape)
        ]
    found = zeros(r, tuple(shape))
    return [x, axis, found]


@case("torch.gather")
def gather(r: Draws) -> Call:
    return Call("", picks(r))


@case("torch.take_along_dim")
def take_along_dim(r: Draws) -> Call:
    x, axis, found = picks(r)
    return Call("", [x, found, axis])


@case("torch.scatter", "torch.scatter_add")
def scatter(r: Draws) -> Call:
    x = r.tensor(low=1)
    axis = r.axis(len(x.shape))
    shape = tuple(r.choice([size, max(1, size - 1)]) for size in x.shape)
    return Call("", [x, axis, zeros(r, shape), r.tensor(shape)])


@case("torch.index_select")
def index_select(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.axis(len(x.shape)), zeros(r, r.shape(high=1))])


@case("torch.select")
def select(r: Draws) -> Call:
    x = r.tensor(low=1)
    axis = r.axis(len(x.shape))
    return Call("", [x, axis, r.randrange(-x.shape[axis], x.shape[axis])])


@case("torch.narrow")
def narrow(r: Draws) -> Call:
    x = r.tensor(low=1)
    axis = r.axis(len(x.shape))
    start = r.randint(0, x.shape[axis])
    return Call("", [x, axis, start, r.randint(0, x.shape[axis] - start)])


@case("torch.masked_fill")
def masked_fill(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.tensor(r.fitting(x.shape), "bool"), r.choice([0, 1.5, r.tensor(())])])


@case("torch.Tensor.masked_fill_")
def masked_fill_inplace(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.tensor(r.fitting(x.shape), "bool"), 0], kind="method")


@case("torch.masked_select", mask=True)
def masked_select(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.tensor(r.fitting(x.shape), "bool")])


@case("torch.nonzero", mask=True)
def nonzero(r: Draws) -> Call:
    return Call("", [r.tensor()], {"as_tuple": True} if r.chance(40) else {})


@case("torch.bucketize")
def bucketize(r: Draws) -> Call:
    return Call("", [r.tensor(), r.tensor(low=1, high=1)])


@case("torch.searchsorted")
def searchsorted(r: Draws) -> Call:
    x = r.tensor(low=1, high=3)
    return Call("", [x, r.tensor((*x.shape[:-1], r.randint(1, 4)))])
