"""A small `Context` over a plain heap, and proxies that run a Python function on abstract values through the API
entries.

`trace(function, *arguments)` calls `function(np, *proxies)`, where every name of the stand-in `np` is its API entry,
and
gives the IR that was emitted. Straight-line programs only: branches and loops are the frontend's.
"""

from __future__ import annotations

import builtins
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, NoReturn

import numpy as np
from scipy import special

import tangra.ops  # noqa: F401
from tangra.api import indexing, kinds, numbers, registry
from tangra.api.kinds import PYBOOL, Kind, kind_of, np_kind, promote
from tangra.api.values import AbstractValue, ArrayValue, BoundMethod, Const, ListValue, Scalar, SliceValue, TupleValue
from tangra.errors import ShapeMismatchError, TangraError, TypeMismatchError
from tangra.ir import I64, ArrayType, Block, Builder, DType, Func, Op, Value
from tangra.shapes import Dim, Size, known_eq, symbol
from tangra.shapes.facts import Facts


@dataclass
class View:
    base: int
    read: Callable[[Value], Value]
    write: Callable[[Value, Value], Value]


@dataclass
class Heap:
    """Implements `tangra.api.context.Context` for straight-line code."""

    b: Builder = field(default_factory=Builder)
    facts: Facts = field(default_factory=Facts)
    objects: list[Any] = field(default_factory=list)
    span = None

    # ---- reading -----------------------------------------------------------------------------------------------
    def number(self, v: AbstractValue, what: str = "argument") -> Scalar:
        if isinstance(v, Scalar):
            return v
        kind = kind_of(v.value) if isinstance(v, Const) else None
        if kind is None:
            self.error(TypeMismatchError, f"{what} must be a number, not {v}")
        bound = int(v.value) if kind.dtype.is_integer else None
        return Scalar(self.b.const(v.value, kind.dtype), (kind,), None, bound if kind.python else None, bound, bound)

    def array(self, v: AbstractValue, dtype: DType | None = None) -> Value:
        if dtype is not None:
            value = self.array(v)
            return value if value.dtype == dtype else self.b("cast", value, dtype=dtype)
        if isinstance(v, ArrayValue):
            state = self.objects[v.ref]
            return state.read(self.array(self._base(state))) if isinstance(state, View) else state
        if isinstance(v, (Scalar, Const)) and not isinstance(getattr(v, "value", None), (tuple, list)):
            return self.number(v).value
        type_, items = self.type_of(v), self.iterate(v)
        if not items:
            return self.b.const_array(np.zeros(0), type_.dtype)
        parts = [self.array(i, type_.dtype) for i in items]
        rows = [self.b("reshape", p, shape=(1, *p.shape)) for p in parts]
        return self.b("concat", *rows, axis=0)

    def _base(self, state: View) -> ArrayValue:
        base = self.objects[state.base]
        return ArrayValue(state.base, base.value_type if isinstance(base, View) else base.array)

    def kind(self, v: AbstractValue) -> Kind:
        if isinstance(v, Scalar) and v.kind is not None:
            return v.kind
        found = kind_of(v.value) if isinstance(v, Const) else None
        return found or np_kind(self.type_of(v).dtype)

    def type_of(self, v: AbstractValue) -> ArrayType:
        if isinstance(v, ArrayValue):
            return v.type
        if isinstance(v, Scalar):
            return ArrayType(v.dtype)
        found = kind_of(v.value) if isinstance(v, Const) else None
        if found:
            return ArrayType(found.dtype)
        items = self.iterate(v)
        if items is None:
            self.error(TypeMismatchError, f"{v} can't be converted to an array")
        if not items:
            return ArrayType(kinds.F64, (0,))
        types = [self.type_of(i) for i in items]
        if any(t.shape != types[0].shape for t in types):
            self.error(ShapeMismatchError, "ragged")
        return ArrayType(promote(tuple(np_kind(t.dtype) for t in types)), (len(items), *types[0].shape))

    def is_array(self, v: AbstractValue) -> bool:
        return isinstance(v, ArrayValue)

    def static(self, v: AbstractValue, what: str) -> Any:
        if isinstance(v, Const):
            return v.value
        if isinstance(v, TupleValue):
            return tuple(self.static(i, what) for i in v.items)
        if isinstance(v, ListValue):
            return [self.static(i, what) for i in self.objects[v.ref]]
        if isinstance(v, SliceValue):
            return slice(*(self.static(p, what) for p in (v.start, v.stop, v.step)))
        self.error(TangraError, f"{what} must be known at compile time")

    def may_be_constant(self, v: AbstractValue) -> bool:
        return not isinstance(v, Scalar)

    def size(self, v: AbstractValue, what: str = "size") -> Size:
        size = self.symbol_for(v)
        if isinstance(size, int):
            if size < 0:
                self.error(ShapeMismatchError, "negative dimensions are not allowed")
            return size
        self.fail_if(
            self.b("lt", self.number(v).value, self.b.int(0)), "ValueError", "negative dimensions are not allowed"
        )
        self.facts = self.facts.with_dims(size)
        return size

    def size_value(self, size: Size) -> AbstractValue:
        return Const(size) if isinstance(size, int) else Scalar(self.b.dim(size), (kinds.PYINT,), None, size, 0)

    def symbol_for(self, v: AbstractValue) -> Size:
        if isinstance(v, Const):
            return int(v.value)
        s = self.number(v)
        if s.size is not None:
            return s.size
        name = f"s{len(self.objects)}"
        self.objects.append(None)
        self.b.emit("bind_dim", [s.value], {"symbol": name})
        self.facts = self.facts.with_bounds(name, s.lo, s.hi)
        return symbol(name)

    def extent(self, v: AbstractValue, what: str) -> Size:
        return self.symbol_for(v)

    def slice_end(self, v: AbstractValue, axis: Size | None) -> Size:
        return self.symbol_for(v)

    def iterate(self, v: AbstractValue, what: str = "argument") -> Sequence[AbstractValue] | None:
        if isinstance(v, TupleValue):
            return v.items
        if isinstance(v, ListValue):
            return self.objects[v.ref]
        if isinstance(v, Const) and isinstance(v.value, (tuple, list)):
            return [Const(i) for i in v.value]
        if isinstance(v, ArrayValue) and v.type.rank and isinstance(v.type.shape[0], int):
            return [self.getitem(v, Const(k)) for k in range(v.type.shape[0])]
        return None

    # ---- making ------------------------------------------------------------------------------------------------
    def _new(self, state: Any) -> int:
        self.objects.append(state)
        return len(self.objects) - 1

    def new_array(self, value: Value) -> ArrayValue:
        return ArrayValue(self._new(value), value.array)

    def result(self, value: Value) -> AbstractValue:
        return self.new_array(value) if value.shape else self.scalar(value)

    def scalar(self, value: Value, kind: Kind | None = None) -> Scalar:
        return Scalar(value, (kind or np_kind(value.dtype),))

    def view(self, base: ArrayValue, read: Any, write: Any) -> ArrayValue:
        value = read(self.array(base))
        state = View(base.ref, read, write)
        state.value_type = value.array
        return ArrayValue(self._new(state), value.array)

    def require_writeable(self, target: ArrayValue, what: str = "assignment destination") -> None:
        """Arrays of this stand-in can all be written to."""

    def write(self, target: ArrayValue, value: Value, what: str = "assignment destination") -> None:
        assert value.type == target.type, (value, target)
        state = self.objects[target.ref]
        if isinstance(state, View):
            base = self._base(state)
            self.write(base, state.write(self.array(base), value))
        else:
            self.objects[target.ref] = value

    def getitem(self, target: AbstractValue, index: AbstractValue) -> AbstractValue:
        if isinstance(target, ArrayValue):
            return indexing.getitem(self, target, index)
        items = self.iterate(target)
        chosen = items[self.static(index, "index")]
        return chosen

    def setitem(self, target: AbstractValue, index: AbstractValue, value: AbstractValue) -> None:
        indexing.setitem(self, target, index, value)

    def call(self, function: Any, args: Sequence[AbstractValue], kwargs: dict[str, AbstractValue]) -> AbstractValue:
        if isinstance(function, BoundMethod):
            return function.function(self, function.self, *args, **kwargs)
        entry = registry.find(function.value)
        if entry is not None:
            return entry(self, *args, **kwargs)
        proxies = Proxies(self)
        return proxies.lower(
            function.value(*map(proxies.wrap, args), **{k: proxies.wrap(v) for k, v in kwargs.items()})
        )

    def binary(self, operator: str, left: AbstractValue, right: AbstractValue) -> AbstractValue:
        return numbers.binary(self, operator, left, right)

    def truth(self, v: AbstractValue) -> AbstractValue:
        return numbers.truth(self, v)

    # ---- checks and errors -------------------------------------------------------------------------------------
    def fail_if(self, cond: Value, kind: str, message: str, payload: Sequence[Value] = ()) -> None:
        self.b.emit("fail_if", [cond, *payload], {"kind": kind, "message": message, "state": (), "n_state": 0})

    def python_error(self, name: str, message: str) -> NoReturn:
        raise getattr(builtins, name)(message)

    def require_equal(self, a: Size, b: Size, what: str) -> Size:
        known = known_eq(a, b, self.facts)
        if known is False:
            self.error(ShapeMismatchError, f"{what}: {a} and {b} differ")
        if known is None:
            self.fail_if(self.b("ne", self.b.dim(a), self.b.dim(b)), "ValueError", f"{what}: sizes differ")
            self.facts = self.facts.with_equal(a, b)
        return a if isinstance(a, int) else b

    def error(self, cls: type[TangraError], message: str, *, code: Any = None, notes: Any = (), fix: Any = None) -> Any:
        raise cls(message, code=code, notes=list(notes), fix=fix)


class Proxies:
    """Python objects that stand for abstract values in a traced function."""

    def __init__(self, ctx: Heap) -> None:
        self.ctx = ctx

    def wrap(self, v: AbstractValue) -> Any:
        """An abstract value as the traced function sees it."""
        if isinstance(v, TupleValue):
            items = tuple(map(self.wrap, v.items))
            return v.cls._make(items) if v.cls else items
        if isinstance(v, ListValue):
            return [self.wrap(i) for i in self.ctx.objects[v.ref]]
        if isinstance(v, Const) and not isinstance(v.value, (bool, int, float, np.generic)):
            return v.value
        return Proxy(self, v)

    def lower(self, obj: Any) -> AbstractValue:
        """What the traced function made, as an abstract value."""
        if isinstance(obj, Proxy):
            return obj.v
        if isinstance(obj, tuple):
            return TupleValue(tuple(map(self.lower, obj)), None if type(obj) is tuple else type(obj))
        if isinstance(obj, list):
            return ListValue(self.ctx._new([self.lower(i) for i in obj]))
        if isinstance(obj, slice):
            return SliceValue(*map(self.lower, (obj.start, obj.stop, obj.step)))
        if isinstance(obj, Module):
            return Const(obj.target)
        if isinstance(obj, np.ndarray):
            return self.ctx.new_array(self.ctx.b.const_array(obj, kinds.dtype_of(obj.dtype)))
        return Const(obj)

    def call(self, entry: Callable[..., AbstractValue], args: Any, kwargs: Any) -> Any:
        lowered = [self.lower(a) for a in args]
        return self.wrap(entry(self.ctx, *lowered, **{k: self.lower(v) for k, v in kwargs.items()}))


class Module:
    """`np`, `np.linalg` or a ufunc with methods: attribute access finds entries, calling calls them."""

    def __init__(self, proxies: Proxies, target: Any) -> None:
        self.proxies, self.target = proxies, target

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.target, name)
        sub = registry.sub_entry(self.target, name)
        if sub is not None:
            return lambda *args, **kwargs: self.proxies.call(sub, args, kwargs)
        if registry.find(found) is None and not isinstance(found, (ModuleType, np.ufunc)):
            builder = registry.find_subscript(found)
            if builder is not None:
                return Builders(self.proxies, builder)
            assert not callable(found) or isinstance(found, type), f"{name} has no entry"
            return found
        return Module(self.proxies, found)

    def special(self, name: str) -> Module:
        """`scipy.special.<name>`."""
        return Module(self.proxies, getattr(special, name))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        entry = registry.find(self.target)
        assert entry is not None, f"{self.target} has no entry"
        return self.proxies.call(entry, args, kwargs)


class Builders:
    """`np.mgrid`, `np.r_`: subscription calls the entry."""

    def __init__(self, proxies: Proxies, entry: Callable[..., AbstractValue]) -> None:
        self.proxies, self.entry = proxies, entry

    def __getitem__(self, index: Any) -> Any:
        return self.proxies.call(self.entry, (index,), {})


class Proxy:
    """A number or array in a traced function."""

    def __init__(self, proxies: Proxies, v: AbstractValue) -> None:
        self.__dict__.update(proxies=proxies, v=v)

    def __getattr__(self, name: str) -> Any:
        receiver = "array" if isinstance(self.v, ArrayValue) else "scalar"
        found = registry.ATTRIBUTES.get((receiver, name))
        if found is not None:
            return self.proxies.wrap(found(self.proxies.ctx, self.v))
        entry = registry.METHODS.get((receiver, name))
        if entry is None:
            raise AttributeError(f"{receiver} has no {name}")
        return lambda *args, **kwargs: self.proxies.call(lambda ctx, *a, **k: entry(ctx, self.v, *a, **k), args, kwargs)

    def __getitem__(self, index: Any) -> Any:
        return self.proxies.wrap(self.proxies.ctx.getitem(self.v, self.proxies.lower(index)))

    def __setitem__(self, index: Any, value: Any) -> None:
        self.proxies.ctx.setitem(self.v, self.proxies.lower(index), self.proxies.lower(value))

    def __neg__(self) -> Any:
        return self.proxies.wrap(numbers.unary(self.proxies.ctx, "-", self.v))

    def __invert__(self) -> Any:
        return self.proxies.wrap(numbers.unary(self.proxies.ctx, "~", self.v))

    def __iter__(self) -> Any:
        return iter([self.proxies.wrap(i) for i in self.proxies.ctx.iterate(self.v)])

    def __len__(self) -> int:
        return int(self.v.type.shape[0])

    def __bool__(self) -> bool:
        assert isinstance(self.v, Const), "a run-time truth value in a traced function"
        return bool(self.v.value)

    def __index__(self) -> int:
        assert isinstance(self.v, Const), "a run-time int where Python needs one"
        return operator.index(self.v.value)


def _operator(symbol: str, swapped: bool) -> Callable[[Proxy, Any], Any]:
    def apply(self: Proxy, other: Any) -> Any:
        pair = (self.v, self.proxies.lower(other))
        return self.proxies.wrap(self.proxies.ctx.binary(symbol, *(pair[::-1] if swapped else pair)))

    return apply


_NAMES = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "**": "pow",
    "@": "matmul",
    "&": "and",
    "|": "or",
    "^": "xor",
    "<<": "lshift",
    ">>": "rshift",
}
for _symbol, _name in _NAMES.items():
    setattr(Proxy, f"__{_name}__", _operator(_symbol, False))
    setattr(Proxy, f"__r{_name}__", _operator(_symbol, True))
for _symbol, _name in {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}.items():
    setattr(Proxy, f"__{_name}__", _operator(_symbol, False))


def parameter(ctx: Heap, value: Any, symbolic: bool, symbols: dict[int, Dim]) -> AbstractValue:
    """A parameter for `value`: with `symbolic`, every size above 1 is a symbol (one for each size)."""
    if isinstance(value, (bool, int, float, np.generic)):
        kind = kind_of(value)
        return Scalar(ctx.b.block.add_arg(ArrayType(kind.dtype)), (kind,))
    if not isinstance(value, np.ndarray):
        return Const(value)
    shape: list[Size] = []
    for n in value.shape:
        size: Size = n
        if symbolic and n > 1:
            size = symbols.setdefault(n, symbol(f"n{n}"))
            ctx.facts = ctx.facts.with_dims(size)
        shape.append(size)
    return ctx.new_array(ctx.b.block.add_arg(ArrayType(kinds.dtype_of(value.dtype), tuple(shape))))


def trace(function: Callable[..., Any], args: Sequence[Any], symbolic: bool = False) -> tuple[Func, list[Any], Any]:
    """The IR of `function(np, *args)`, the run-time arguments, and the abstract result; what the arguments hold at the
    end are the last results."""
    from tangra.frontend import modules

    modules.load_all()

    ctx = Heap()
    symbols: dict[int, Dim] = {}
    params = [parameter(ctx, a, symbolic, symbols) for a in args]
    proxies = Proxies(ctx)
    result = proxies.lower(function(Module(proxies, np), *map(proxies.wrap, params)))
    leaves: list[Value] = []
    shown = collect(ctx, result, leaves)
    for p in params:
        if isinstance(p, ArrayValue):
            leaves.append(ctx.array(p))
    ctx.b.return_(*leaves)
    live = [a for a in args if isinstance(a, (bool, int, float, np.generic, np.ndarray))]
    return Func("traced", ctx.b.block), live, shown


def collect(ctx: Heap, v: AbstractValue, leaves: list[Value]) -> Callable[[list[Any]], Any]:
    """Adds the run-time values in `v` to `leaves`; gives a function from their results to the Python object."""
    if isinstance(v, TupleValue):
        parts = [collect(ctx, i, leaves) for i in v.items]
        return lambda r: v.cls(*(p(r) for p in parts)) if v.cls else tuple(p(r) for p in parts)
    if isinstance(v, ListValue):
        parts = [collect(ctx, i, leaves) for i in ctx.objects[v.ref]]
        return lambda r: [p(r) for p in parts]
    if isinstance(v, Const):
        return lambda r: v.value
    at = len(leaves)
    if isinstance(v, Scalar):
        assert v.kind is not None
        leaves.append(v.value)
        return lambda r: v.kind.type(r[at])
    leaves.append(ctx.array(v))
    return lambda r: np.asarray(r[at])


__all__ = ["I64", "PYBOOL", "Block", "Heap", "Op", "trace"]
