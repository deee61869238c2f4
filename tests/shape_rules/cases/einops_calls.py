"""Calls of einops."""

from math import prod

from tests.shape_rules.draws import Call, Draws, case

NAMES = "b h w c d e".split()


def side(r: Draws, names: list[str], extra: list[str]) -> str:
    names = r.sample(names, len(names)) + extra
    parts: list[str] = []
    while names:
        count = r.randint(1, min(2, len(names)))
        group, names = names[:count], names[count:]
        parts.append(f"({' '.join(group)})" if count == 2 or r.chance(10) else group[0])
    if r.chance(15):
        parts.insert(r.randint(0, len(parts)), r.choice(["1", "()"]))
    return " ".join(parts)


def setting(r: Draws) -> tuple[list[str], dict[str, int], str, tuple[int, ...], dict[str, object], bool]:
    """(names, sizes, left side, shape, given sizes, ellipsis)."""
    names = r.sample(NAMES, r.randint(1, 4))
    sizes = {name: r.randint(1, 4) for name in names}
    parts, shape, given = [], [], {}
    rest = list(names)
    while rest:
        count = r.randint(1, min(2, len(rest)))
        group, rest = rest[:count], rest[count:]
        if count == 1:
            parts.append(group[0])
        else:
            parts.append(f"({' '.join(group)})")
            given[group[0]] = sizes[group[0]]
        total = 1
        for name in group:
            total *= sizes[name]
        shape.append(total)
    dots = r.chance(25)
    if dots:
        place = r.randint(0, len(parts))
        parts.insert(place, "...")
        shape[place:place] = r.shape(high=2)
    return names, sizes, " ".join(parts), tuple(shape), given, dots


def broken(r: Draws, pattern: str) -> str:
    if r.chance(75):
        return pattern
    return r.choice(
        [pattern.replace("->", ""), pattern + " zz", pattern.replace(" ", " q ", 1), f"({pattern}", pattern + " b"]
    )


@case("einops.rearrange")
def rearrange(r: Draws) -> Call:
    names, _, left, shape, given, dots = setting(r)
    right = side(r, names, ["..."] if dots else [])
    return Call("", [r.tensor(shape), broken(r, f"{left} -> {right}")], given)


def numbered(left: str, names: list[str], given: dict[str, object]) -> tuple[str, dict[str, object]]:
    """The left side with sizes in place of some names."""
    for name in names:
        left = left.replace(name, str(given[name]))
    return left, {name: size for name, size in given.items() if name not in names}


@case("einops.reduce")
def reduce(r: Draws) -> Call:
    names, _, left, shape, given, dots = setting(r)
    kept = r.sample(names, r.randint(0, len(names)))
    if r.chance(40):  # numbers for axes that go
        left, given = numbered(left, [name for name in given if name not in kept], given)
    right = side(r, kept, ["..."] if dots else [])
    return Call("", [r.tensor(shape), broken(r, f"{left} -> {right}"), r.choice(["sum", "mean", "max", "min"])], given)


@case("einops.repeat")
def repeat(r: Draws) -> Call:
    names, _, left, shape, given, dots = setting(r)
    right = side(r, [*names, "n"], ["..."] if dots else [])
    return Call("", [r.tensor(shape), broken(r, f"{left} -> {right}")], {**given, "n": r.randint(1, 3)})


@case("einops.einsum", dtypes=False)
def einsum(r: Draws) -> Call:
    sizes = {name: r.randint(1, 4) for name in NAMES}
    words = [r.sample(NAMES, r.randint(1, 3)) for _ in range(r.randint(1, 3))]
    used = sorted({name for word in words for name in word})
    pattern = f"{', '.join(' '.join(word) for word in words)} -> {' '.join(r.sample(used, r.randint(0, len(used))))}"
    return Call("", [*(r.tensor(tuple(sizes[name] for name in word)) for word in words), broken(r, pattern)])


@case("einops.parse_shape")
def parse_shape(r: Draws) -> Call:
    names = r.sample(NAMES, r.randint(1, 4))
    return Call("", [r.tensor(tuple(r.randint(1, 4) for _ in names)), " ".join(names)])


@case("einops.layers.torch.Rearrange")
def layer(r: Draws) -> Call:
    names, _, left, shape, given, _ = setting(r)
    if "..." in left:
        left, shape = names[0], (2,)
        names, given = names[:1], {}
    return Call("", [broken(r, f"{left} -> {side(r, names, [])}")], given, "layer", [r.tensor(shape)])


def layer_pattern(r: Draws) -> tuple[list[str], str, tuple[int, ...], dict[str, object]]:
    """(names, left side, shape, given sizes), without an ellipsis."""
    names, _, left, shape, given, _ = setting(r)
    return (names[:1], names[0], (2,), {}) if "..." in left else (names, left, shape, given)


L = "einops.layers."


@case(L + "torch.Reduce")
def reduce_layer(r: Draws) -> Call:
    names, left, shape, given = layer_pattern(r)
    right = side(r, r.sample(names, r.randint(0, len(names))), [])
    how = r.choice(["sum", "mean", "max", "min"])
    return Call("", [broken(r, f"{left} -> {right}"), how], given, "layer", [r.tensor(shape)])


@case(L + "flax.Reduce")
def flax_reduce(r: Draws) -> Call:
    names, left, shape, given = layer_pattern(r)
    right = side(r, r.sample(names, r.randint(0, len(names))), [])
    how = r.choice(["sum", "mean", "max", "min"])
    return Call("", [broken(r, f"{left} -> {right}"), how], {"sizes": given}, "layer", [r.tensor(shape)])


@case(L + "flax.Rearrange")
def flax_rearrange(r: Draws) -> Call:
    names, left, shape, given = layer_pattern(r)
    return Call("", [broken(r, f"{left} -> {side(r, names, [])}")], {"sizes": given}, "layer", [r.tensor(shape)])


def packing(r: Draws) -> tuple[str, list[tuple[int, ...]], tuple[int, ...], tuple[int, ...]]:
    """(pattern, shapes at the star, sizes before it, sizes behind it)."""
    before, behind = r.shape(high=2), r.shape(high=2)
    names = r.sample(NAMES, len(before) + len(behind))
    pattern = " ".join([*names[: len(before)], "*", *names[len(before) :]])
    return pattern, [r.shape(high=2, most=3) for _ in range(r.randint(1, 3))], before, behind


@case("einops.pack")
def pack(r: Draws) -> Call:
    pattern, shapes, before, behind = packing(r)
    pattern = pattern if r.chance(90) else r.choice([pattern + " *", pattern.replace("*", "q"), pattern + " q"])
    return Call("", [[r.tensor((*before, *shape, *behind)) for shape in shapes], pattern])


@case("einops.unpack")
def unpack(r: Draws) -> Call:
    pattern, shapes, before, behind = packing(r)
    total = sum(prod(shape) for shape in shapes)
    pattern = pattern if r.chance(90) else r.choice([pattern + " *", pattern.replace("*", "q"), pattern + " q"])
    if r.chance(30):
        shapes[r.randrange(len(shapes))] = (-1,)
    return Call("", [r.tensor((*before, total, *behind)), list(shapes), pattern])
