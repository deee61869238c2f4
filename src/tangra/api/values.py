"""Abstract values: what the frontend knows of a Python value while it evaluates a program.

Immutable values (`Const`, `Scalar`, `TupleValue`, `FunctionValue`, …) are held directly. Mutable objects (arrays,
lists, dicts,
instances, closure cells) are `Ref`s into the heap, where their state lives: two names of one object hold equal Refs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tangra.api.kinds import Kind
from tangra.ir import I64, ArrayType, Builder, DType, Op, Span, Value
from tangra.shapes import Size


@dataclass(frozen=True, slots=True)
class Const:
    """A Python object known at compile time: None, a number, a string, a dtype, a class, a function, a module …

    Numbers keep their exact type: Const(1.0) is a pyfloat, Const(np.float32(1)) a NumPy scalar.
    """

    value: Any
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Scalar:
    """A run-time number.

    `kinds` lists what `type(x)` may be; with more than one, `tag` is an i64 IR value, the index into `kinds`, and
    `value`'s dtype is the join of their dtypes. For ints, `size` is the value as a symbolic expression where one is
    known, and `lo`, `hi` bound it.
    """

    value: Value
    kinds: tuple[Kind, ...]
    tag: Value | None = None
    size: Size | None = None
    lo: int | None = None
    hi: int | None = None
    span: Span | None = None

    @property
    def dtype(self) -> DType:
        return self.value.dtype

    @property
    def kind(self) -> Kind | None:
        """The one kind; None where it is only known at run time."""
        return self.kinds[0] if len(self.kinds) == 1 else None


@dataclass(frozen=True, slots=True)
class ArrayValue:
    """A reference to an array object on the heap (possibly a view of another). `type` never changes for one Ref.

    A 0-d array is an ArrayValue of rank 0; a NumPy scalar is a `Scalar`. `strides`, in elements, tell the memory layout
    where it is not C order (None: it is; a stride of None: not known); see `numpy_layout`. `flat_of` is the array whose
    `.flat` this is: items are read from there as copies, and written there.
    """

    ref: int
    type: ArrayType
    strides: tuple[Size | None, ...] | None = field(default=None, compare=False)
    flat_of: ArrayValue | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class TupleValue:
    """A tuple; `cls` is the NamedTuple class it is an instance of, if any."""

    items: tuple[AbstractValue, ...]
    cls: type | None = None


@dataclass(frozen=True, slots=True)
class ListValue:
    """A reference to a list on the heap."""

    ref: int


@dataclass(frozen=True, slots=True)
class DictValue:
    """A reference to a dict (keys are compile-time constants) on the heap."""

    ref: int


@dataclass(frozen=True, slots=True)
class DictView:
    """`d.keys()`, `d.values()` or `d.items()`, by `form`: what the dict holds whenever it is looked at."""

    form: str
    of: DictValue


@dataclass(frozen=True, slots=True)
class InstanceValue:
    """A reference to an instance of a user's class (plain or dataclass) on the heap."""

    ref: int
    cls: Any


@dataclass(frozen=True, slots=True)
class SliceValue:
    """`slice(start, stop, step)`; absent parts are Const(None)."""

    start: AbstractValue
    stop: AbstractValue
    step: AbstractValue


@dataclass(frozen=True, slots=True)
class RangeValue:
    """`range(start, stop, step)`: each a pyint, constant or run-time."""

    start: AbstractValue
    stop: AbstractValue
    step: AbstractValue


@dataclass(frozen=True, slots=True)
class IterValue:
    """A lazy iterable: `zip`, `enumerate`, `reversed`, `map`, dict views, a generator expression; `parts` by `form`."""

    form: str
    parts: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class FunctionValue:
    """A function of the user: its definition as the frontend loaded it, and its captured scope."""

    definition: Any
    scope: Any
    defaults: tuple[AbstractValue, ...] = ()
    kw_defaults: tuple[tuple[str, AbstractValue], ...] = ()


@dataclass(frozen=True, slots=True)
class BoundMethod:
    """`function` with its first argument given: a method of an instance, an array, a list, a dict, a string."""

    self: AbstractValue
    function: Any


@dataclass(frozen=True, slots=True)
class PartialValue:
    """`functools.partial(function, *args, **kwargs)`."""

    function: AbstractValue
    args: tuple[AbstractValue, ...]
    kwargs: tuple[tuple[str, AbstractValue], ...]


@dataclass(frozen=True, slots=True)
class TransformValue:
    """A transformed function inside compiled code: `tg.grad(f)`, `tg.vmap(f, in_axes=…)`."""

    transform: str
    function: AbstractValue
    options: tuple[tuple[str, AbstractValue], ...] = ()


@dataclass(frozen=True, slots=True)
class ViewStep:
    """How a view reads and writes its base: `op` is 'index', 'reshape', 'transpose', or (read-only) 'broadcast' or
    'gather', which makes diagonal number `offset`, applied to (base, *operands) with `attrs`; 'diagonal', the main one
    of the first two axes, which can be written; 'windows' (read-only), those of `size` elements along `axis`, with an
    axis of their own at the end; 'strided', which has `size` elements of one axis from a first place, a number of
    places apart, both of them operands; or 'stop_gradient', the same array, a constant for derivatives. A join of two
    heaps can merge views that differ only in `operands`.
    `Context.view` is given the bound methods `step.read` and `step.write`.
    """

    b: Builder
    op: str
    operands: tuple[Value, ...]
    attrs: tuple[tuple[str, Any], ...]
    offset: int = 0

    def read(self, base: Value) -> Value:
        """The view's contents, from the base's."""
        if self.op == "strided":
            return self._axis_last(self.b("gather", self._axis_first(base), self._places()))
        if self.op == "windows":
            return self._windows(base)
        op = "gather" if self.op == "diagonal" else self.op
        return self.b(op, base, *self.operands, **dict(self.attrs))

    def write(self, base: Value, new: Value) -> Value:
        """The base's contents after the view's became `new`."""
        attrs = dict(self.attrs)
        if self.op == "index":
            return self.b("update", base, new, *self.operands, **attrs)
        if self.op == "diagonal":
            return self.b("scatter", base, new, *self.operands)
        if self.op == "strided":
            changed = self.b("scatter", self._axis_first(base), self._axis_first(new), self._places())
            return self._axis_last(changed)
        if self.op == "stop_gradient":
            return self._started(base, new)
        if self.op == "reshape":
            return self.b("reshape", new, shape=base.shape)
        if self.op == "transpose":
            perm = attrs["perm"]
            return self.b("transpose", new, perm=tuple(perm.index(k) for k in range(len(perm))))
        raise AssertionError(f"a {self.op} view is read-only")

    @property
    def writeable(self) -> bool:
        """Whether the base can be written through the view."""
        return self.op in ("index", "reshape", "transpose", "strided", "diagonal", "stop_gradient")

    def _started(self, base: Value, new: Value) -> Value:
        """The base after a write to it through the view: what was not written still has its derivative."""
        started = self._of_base(new, base)
        return new if started is None else started

    def _of_base(self, v: Value, base: Value, written: tuple[Op, Value] | None = None) -> Value | None:
        """The array that `v` is, made of the base where `v` is made of what the view read; None where it is another
        one. `written`: the write of `v` in its place, and the array that it is written into."""
        made = v.defining_op
        if made is None or made.name not in ("stop_gradient", "reshape", "transpose", "index", "update", "scatter"):
            return None
        x, *places = made.operands
        if made.name == "stop_gradient":
            return base if x is base else None
        if made.name == "index":
            if written is None or not _read_there(made, written[0]):
                return None
            return self.b("index", written[1], *places, **made.attrs)
        inner = self._of_base(x, base, written)
        if inner is not None and made.name in ("update", "scatter"):
            part = self._of_base(places[0], base, (made, inner))
            places[0] = places[0] if part is None else part
        return None if inner is None else self.b(made.name, inner, *places, **made.attrs)

    def _windows(self, base: Value) -> Value:
        attrs = dict(self.attrs)
        axis, size = attrs["axis"], attrs["size"]
        shape = (base.shape[axis] - size + 1, size)
        first, inside = (self.b("iota", dtype=I64, shape=shape, axis=k) for k in (0, 1))
        found = self.b("gather", self._axis_first(base), self.b("add", first, inside))
        rest = iter(range(2, len(base.shape) + 1))
        return self.b("transpose", found, perm=(*(0 if k == axis else next(rest) for k in range(len(base.shape))), 1))

    def _places(self) -> Value:
        """Where the elements of a strided view are along the axis."""
        b, (first, apart) = self.b, self.operands
        steps = b("iota", dtype=I64, shape=(dict(self.attrs)["size"],), axis=0)
        apart, first = (b("broadcast", v, shape=steps.shape, dims=()) for v in (apart, first))
        return b("add", first, b("mul", steps, apart))

    def _axis_first(self, value: Value) -> Value:
        """The axis of a strided view in front."""
        axis = dict(self.attrs)["axis"]
        order = (axis, *(k for k in range(len(value.shape)) if k != axis))
        return value if axis == 0 else self.b("transpose", value, perm=order)

    def _axis_last(self, value: Value) -> Value:
        """The inverse of `_axis_first`."""
        axis = dict(self.attrs)["axis"]
        order = (*range(1, axis + 1), 0, *range(axis + 1, len(value.shape)))
        return value if axis == 0 else self.b("transpose", value, perm=order)


def _read_there(read: Op, write: Op) -> bool:
    """Whether one reads what the other overwrites."""
    old = [write.operands[0], *write.operands[2:]]
    return read.attrs == write.attrs and all(map(_same_view, read.operands, old))


def _same_view(a: Value, b: Value) -> bool:
    """Whether both are one value, or the same view of one."""
    one, other = a.defining_op, b.defining_op
    if a is b or one is None or other is None:
        return a is b
    same = one.name == other.name in ("stop_gradient", "reshape", "transpose", "index") and one.attrs == other.attrs
    return same and all(map(_same_view, one.operands, other.operands))


AbstractValue = (
    Const
    | Scalar
    | ArrayValue
    | TupleValue
    | ListValue
    | DictValue
    | DictView
    | InstanceValue
    | SliceValue
    | RangeValue
    | IterValue
    | FunctionValue
    | BoundMethod
    | PartialValue
    | TransformValue
)
