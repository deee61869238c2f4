"""Random calls of library functions, the same in every process: what rules are compared with the real library on.

A `Call` names a function, method, operator or layer and its abstract arguments. A case is a generator that draws mostly
good calls; `draw` spoils every other one by changing a size, a rank, a dtype, an int or a kind of argument, so that
both answers come up. Whether a call is accepted is for the library to say.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

from tangra.shape_rules import DType, Tensor


@dataclass
class Call:
    """`kind`: "function", "method" (the receiver is the first argument), "mutation" (a method whose result is the
    receiver afterwards), "attribute", "operator", "getitem", "setitem" or "layer" (constructed with args and kwargs,
    then called with `inputs`)."""

    name: str
    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)
    kind: str = "function"
    inputs: list[Any] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Built:
    """An argument that is a layer, or what another function makes."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


@dataclass(frozen=True)
class Case:
    """`mask`: sizes of the result depend on elements, so only ranks and dtypes are compared. `spoil`: whether calls are
    spoiled at random (else the generator draws bad ones itself). `total`: the library never refuses.
    `dtypes`: whether spoiling changes dtypes. `eager`: JAX computes, as what it does depends on elements."""

    name: str
    generate: Callable[[Draws], Call]
    mask: bool = False
    spoil: bool = True
    total: bool = False
    dtypes: bool = True
    eager: bool = False

    @property
    def library(self) -> str:
        """That of its arrays."""
        return library_of(self.name)


def library_of(name: str) -> str:
    """The library whose arrays a function takes."""
    first = name.partition(".")[0]
    if first in ("flax", "equinox", "optax") or name.startswith("einops.layers.flax"):
        return "jax"
    return "numpy" if first in ("numpy", "scipy") else "jax" if first == "jax" else "torch"


NARROW = {"float64": "float32", "int64": "int32"}
"""What JAX makes of 64-bit dtypes."""

CASES: dict[str, Case] = {}


class Draws(random.Random):
    """Random sizes, shapes and tensors; `library` is that of the tensors."""

    library = "torch"
    dtypes = True

    def chance(self, percent: int) -> bool:
        return self.randrange(100) < percent

    def shape(self, low: int = 0, high: int = 4, least: int = 1, most: int = 5) -> tuple[int, ...]:
        return tuple(self.randint(least, most) for _ in range(self.randint(low, high)))

    def tensor(self, shape: tuple[int, ...] | None = None, dtype: str = "float32", **limits: int) -> Tensor:
        shape = self.shape(**limits) if shape is None else tuple(shape)
        if self.library == "jax":
            dtype = NARROW.get(dtype, dtype)
        return Tensor(self.library, shape, dtype, "contiguous" if self.library == "torch" else None)

    def any_dtype(self) -> str:
        return self.choice(["float32", "float32", "float64", "int64", "int32", "uint8", "bool"])

    def axis(self, rank: int) -> int:
        """An axis in range (of a 0-d array 0 or -1)."""
        return self.randrange(-rank, rank) if rank else self.choice([0, -1])

    def fitting(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A shape that broadcasts with `shape`."""
        kept = shape[self.randint(0, len(shape)) if self.chance(40) else 0 :]
        kept = tuple(1 if self.chance(25) else size for size in kept)
        return (*self.shape(0, 1), *kept) if len(kept) == len(shape) and self.chance(15) else kept


def case(
    *names: str, mask: bool = False, spoil: bool = True, total: bool = False, dtypes: bool = True, eager: bool = False
) -> Callable[[Callable[[Draws], Call]], None]:
    """Declare a generator for these rules; the call's name is filled in where the generator leaves it empty."""

    def declare(generate: Callable[[Draws], Call]) -> None:
        for name in names:
            assert name not in CASES, name
            CASES[name] = Case(name, generate, mask, spoil, total, dtypes, eager)

    return declare


def draw(one: Case, number: int) -> Call:
    """Call `number` of a case."""
    r = Draws(f"{one.name}:{number}")
    r.dtypes = one.dtypes
    r.library = one.library
    call = one.generate(r)
    if not call.name:
        call = replace(call, name=one.name)
    return spoiled(r, call) if one.spoil and number % 3 else call


def spoiled(r: Draws, call: Call) -> Call:
    """The call with one or two things changed."""
    call = replace(call, args=list(call.args), kwargs=dict(call.kwargs), inputs=list(call.inputs))
    for _ in range(r.choice([1, 1, 2])):
        spots = _spots(call)
        if r.chance(6 if len(spots) > 1 else 35) or not spots:
            call.kwargs["no_such_word"] = 1
            continue
        where, key = r.choice(spots)
        where[key] = _changed(r, where[key])
    return call


def _spots(call: Call) -> list[tuple[Any, Any]]:
    groups = [call.args, call.inputs] if call.kind != "layer" else [call.inputs, call.inputs, call.args]
    found: list[tuple[Any, Any]] = [(group, place) for group in groups for place in range(len(group))]
    found += [(call.kwargs, word) for word in call.kwargs]
    found += [(call.options, word) for word in call.options]
    deeper = []
    for where, key in found:
        value = where[key]
        if isinstance(value, list) and value:
            deeper += [(value, place) for place in range(len(value))]
    return [
        spot
        for spot in found + deeper
        if isinstance(spot[0][spot[1]], (Tensor, int, tuple)) and spot[0][spot[1]] is not None
    ]


def _changed(r: Draws, value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return r.choice([value - 1, value + 1, -value, 2 * value + 1, 7, -7, 1.5])
    if isinstance(value, tuple):
        kind = r.randrange(3)
        ints = all(isinstance(entry, int) for entry in value)
        if kind == 0 or not value or not ints:
            return (*value, r.randint(1, 4)) if ints else value
        if kind == 1:
            return value[1:]
        place = r.randrange(len(value))
        return (*value[:place], r.choice([value[place] + 1, value[place] - 1, 7]), *value[place + 1 :])
    if isinstance(value, Tensor) and value.shape is not None:
        return _changed_tensor(r, value)
    return value


def _changed_tensor(r: Draws, value: Tensor) -> Any:
    shape = list(value.shape or ())
    chosen = r.randrange(20)
    if chosen < 10 and shape:
        place = r.randrange(len(shape))
        shape[place] = r.choice([shape[place] + 1, max(shape[place] - 1, 1), 7, 1, 3])
    elif chosen < 13:
        shape.insert(r.randint(0, len(shape)), r.randint(1, 4))
    elif chosen < 16 and shape:
        del shape[r.randrange(len(shape))]
    elif chosen < 18 and r.dtypes:
        dtype = r.choice(["float32", "float64", "int64", "bool"])
        return replace(value, dtype=NARROW.get(dtype, dtype) if value.library == "jax" else dtype)
    elif chosen < 19 and value.library != "numpy":  # NumPy makes arrays of objects of anything
        return r.choice([None, {}])
    if value.layout == "identity" and len(shape) < 2:
        value = replace(value, layout="contiguous")
    elements = None
    if value.elements is not None:
        elements = (0,) * prod(shape)
    return replace(value, shape=tuple(shape), elements=elements)


def dtype_object(name: str, library: str = "torch") -> DType:
    """A dtype as an argument."""
    return DType(library, name)
