"""`Context`: what an API entry may ask of the frontend that evaluates the call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn, Protocol

from tangra.api.kinds import Kind
from tangra.api.values import AbstractValue, ArrayValue, Scalar
from tangra.errors import Note, TangraError
from tangra.ir import ArrayType, Builder, DType, Span, Value
from tangra.shapes import Size
from tangra.shapes.facts import Facts


class Context(Protocol):
    """Emission, the heap and diagnostics, as API entries see them. Errors are raised at the call being evaluated."""

    b: Builder

    @property
    def facts(self) -> Facts:
        """What is known of symbols here."""
        ...

    @property
    def span(self) -> Span | None: ...

    # ---- reading abstract values -------------------------------------------------------------------------------
    def number(self, v: AbstractValue, what: str = "argument") -> Scalar:
        """A number as a run-time Scalar (constants are emitted); TypeMismatchError for anything else."""
        ...

    def array(self, v: AbstractValue, dtype: DType | None = None) -> Value:
        """The current IR value of an array, number, or (nested) list/tuple of them as NumPy's asarray reads it
        (0-d arrays and numbers: rank 0), cast to `dtype` if given."""
        ...

    def kind(self, v: AbstractValue) -> Kind:
        """The kind for NEP 50: a Python number is weak, an array or nested list counts as its NumPy dtype's kind."""
        ...

    def type_of(self, v: AbstractValue) -> ArrayType:
        """dtype and shape of an array-like without emitting anything."""
        ...

    def is_array(self, v: AbstractValue) -> bool:
        """True for an ndarray (0-d included), False for scalars, lists, tuples and everything else."""
        ...

    def static(self, v: AbstractValue, what: str) -> Any:
        """The Python value of something that must be known at compile time (axis, flags, strings, tuples of ints).
        Raises StaticNeeded / a TangraError naming `what` where it is a run-time value."""
        ...

    def may_be_constant(self, v: AbstractValue) -> bool:
        """Whether `static` can give the value, also by compiling again for the values of this call."""
        ...

    def size(self, v: AbstractValue, what: str = "size") -> Size:
        """An int as a dim: constants as int, run-time ints as a symbol bound here. Negative ones fail as NumPy does."""
        ...

    def size_value(self, size: Size) -> AbstractValue:
        """The pyint of a dim: Const for an int, else a Scalar that knows its expression."""
        ...

    def symbol_for(self, v: AbstractValue) -> Size:
        """An int of any sign as a size expression: a constant's int, a Scalar's `size`, else a fresh symbol bound here
        (`bind_dim`) with the Scalar's bounds as facts."""
        ...

    def extent(self, v: AbstractValue, what: str) -> Size:
        """`symbol_for` of an int that decides how large a new array is: it may not depend on array elements."""
        ...

    def slice_end(self, v: AbstractValue, axis: Size | None) -> Size:
        """An end of a slice as a size. A number of which nothing is known may be given as the place that it is along an
        axis of size `axis`, for a positive step: a symbol between 0 and that size."""
        ...

    def iterate(self, v: AbstractValue, what: str = "argument") -> Sequence[AbstractValue] | None:
        """The items of a container of static length; None if it is not one."""
        ...

    # ---- making abstract values --------------------------------------------------------------------------------
    def new_array(self, value: Value) -> ArrayValue:
        """A fresh array object holding `value` (rank 0 gives a 0-d array)."""
        ...

    def result(self, value: Value) -> AbstractValue:
        """What a NumPy function returns for `value`: a NumPy scalar for rank 0, else a fresh array."""
        ...

    def scalar(self, value: Value, kind: Kind | None = None) -> Scalar:
        """A run-time number; `kind` defaults to the NumPy scalar type of its dtype."""
        ...

    def view(
        self, base: ArrayValue, read: Callable[[Value], Value], write: Callable[[Value, Value], Value]
    ) -> ArrayValue:
        """A new array object sharing memory with `base`: `read(base_value)` is its value, `write(base_value, new)`
        the base after the view's contents became `new`. Pass the bound methods of a `ViewStep` (its structure can then
        be read from `read.__self__`), also for read-only ones (`broadcast`)."""
        ...

    def require_writeable(self, target: ArrayValue, what: str = "assignment destination") -> None:
        """Fail, naming `what` it is to the operation, if `target` is read-only."""
        ...

    def write(self, target: ArrayValue, value: Value, what: str = "assignment destination") -> None:
        """Replace the contents of `target` (same type), in place: every alias sees it. A read-only one fails as in
        `require_writeable`."""
        ...

    def getitem(self, target: AbstractValue, index: AbstractValue) -> AbstractValue: ...

    def setitem(self, target: AbstractValue, index: AbstractValue, value: AbstractValue) -> None: ...

    def call(
        self, function: AbstractValue, args: Sequence[AbstractValue], kwargs: dict[str, AbstractValue]
    ) -> AbstractValue:
        """Call any abstract function (user's, builtin or API)."""
        ...

    def binary(self, operator: str, left: AbstractValue, right: AbstractValue) -> AbstractValue:
        """`left <operator> right` with Python's meaning ('+', '//', '<', '@' …)."""
        ...

    def truth(self, v: AbstractValue) -> AbstractValue:
        """`bool(v)` as a Const or a pybool Scalar."""
        ...

    def choose(self, cond: AbstractValue, then: AbstractValue, other: AbstractValue) -> AbstractValue:
        """`then if cond else other` of two values of any kind."""
        ...

    # ---- run-time checks and errors ----------------------------------------------------------------------------
    def fail_if(self, cond: Value, kind: str, message: str, payload: Sequence[Value] = ()) -> None:
        """Emit: raise `kind(message.format(*payload))` here at run time if `cond`."""
        ...

    def python_error(self, name: str, message: str) -> NoReturn:
        """Report an exception that Python is certain to raise here."""

    def require_equal(self, a: Size, b: Size, what: str) -> Size:
        """`a` and `b` must be equal: known → the simpler one; unknown → a guard or run-time check; else an error."""
        ...

    def error(
        self,
        cls: type[TangraError],
        message: str,
        *,
        code: str | None = None,
        notes: Sequence[Note] = (),
        fix: str | None = None,
    ) -> NoReturn:
        """Raise a diagnostic at the expression being evaluated."""
        ...
