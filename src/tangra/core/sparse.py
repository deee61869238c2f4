"""`tg.sparse_jacobian`: the Jacobian as a sparse matrix, from as few tangents as its pattern allows.

Columns that have no row in common share a tangent (A. R. Curtis, M. J. D. Powell and J. K. Reid, 1974): they get one
colour, and a colour takes one forward derivative. Which elements can differ from zero is found by running the function
on sets of bits (`transforms.dependences`), not by looking at numbers, so it holds whatever the numbers are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.core.transformed import NOT_CALLABLE, PASS_FUNCTION, Transformed
from tangra.errors import EntryError, NotDifferentiableError, declare

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Ints = np.ndarray[Any, np.dtype[np.intp]]
NOT_ARRAYS = declare("TG827", "sparse_jacobian of a function whose argument or result is not one array of floats")
WORDS = 8
"""Words of sets in a round, one of the widest vectors."""
COLUMNS = 64 * WORDS
"""Columns whose sets are found in one run."""


class Pattern:
    """Where a matrix may differ from zero, row by row as in CSR, and a colour for each of its columns. `forms`: the
    compiled derivatives that it is known to hold for."""

    def __init__(self, shape: tuple[int, int], rows: Ints, columns: Ints) -> None:
        """From the places' rows, ascending, and their columns, ascending in each row."""
        self.shape, self.rows, self.columns = shape, rows, columns
        self.starts = np.searchsorted(rows, np.arange(shape[0] + 1))
        self.colours = colouring(shape[1], self.starts, rows, columns)
        self.count = int(self.colours.max(initial=0)) + 1
        self.forms: set[int] = set()

    def same(self, shape: tuple[int, int], rows: Ints, columns: Ints) -> bool:
        """Whether it is of these places."""
        return shape == self.shape and np.array_equal(rows, self.rows) and np.array_equal(columns, self.columns)


def colouring(size: int, starts: Ints, rows: Ints, columns: Ints) -> Ints:
    """The least colour for each column in turn that none of those has which share a row with it."""
    order = np.argsort(columns, kind="stable")
    firsts = np.searchsorted(columns[order], np.arange(size + 1))
    colours = np.full(size, -1, np.intp)
    used: list[set[int]] = [set() for _ in range(len(starts) - 1)]
    by_column = rows[order].tolist()
    for column in range(size):
        places = by_column[firsts[column] : firsts[column + 1]]
        if not places:
            colours[column] = 0
            continue
        taken = used[places[0]] if len(places) == 1 else set().union(*(used[row] for row in places))
        colour = 0
        while colour in taken:
            colour += 1
        colours[column] = colour
        for row in places:
            used[row].add(colour)
    return colours


class SparseJacobian:
    """See `sparse_jacobian`."""

    def __init__(self, function: Any, argnums: int) -> None:
        if not callable(function):
            text = f"tg.sparse_jacobian takes a function, not {type(function).__name__}"
            raise EntryError(text, code=NOT_CALLABLE, fix=PASS_FUNCTION)
        self.function, self.argnums = function, argnums
        self._sparsity = Transformed("sparsity", function, argnums=argnums)
        self._compressed = Transformed("compressed", function, argnums=argnums)
        self._patterns: dict[Any, Pattern] = {}
        self._last: Pattern | None = None

    def __call__(self, *args: Any) -> csr_array:
        """The Jacobian at these arguments: a `scipy.sparse.csr_array` of shape (result.size, argument.size)."""
        from scipy.sparse import csr_array

        x, key = self._argument(args), _key(args)
        pattern = self._known(key, args)
        found, form = self._along(pattern, x, args)
        if form not in pattern.forms:
            # Compiled anew, perhaps because a constant that the function reads has changed, and the pattern with it.
            fresh = self._found(x, args, key)
            if fresh is not pattern:
                pattern = fresh
                found, form = self._along(pattern, x, args)
            pattern.forms.add(form)
        data = found.reshape(pattern.shape[0], pattern.count)[pattern.rows, pattern.colours[pattern.columns]]
        places = pattern.columns.copy(), pattern.starts.copy()  # which methods of the matrix change in place
        return csr_array((data, *places), shape=pattern.shape)

    def pattern(self, *args: Any) -> Pattern:
        """Where the Jacobian may differ from zero, and the colours of its columns (attributes `rows`, `columns`,
        `colours`, `count`)."""
        return self._found(self._argument(args), args, _key(args))

    def _known(self, key: Any, args: tuple[Any, ...]) -> Pattern:
        found = None if key is None else self._patterns.get(key)
        return self._found(self._argument(args), args, key) if found is None else found

    def _found(self, x: np.ndarray[Any, Any], args: tuple[Any, ...], key: Any) -> Pattern:
        """The pattern, found anew; the last one, or the one kept for the key, if it is of the same places."""
        (m, rows, columns), fixed = self._places(x, args)
        shape = (m, x.size)
        for known in (self._patterns.get(key), self._last):
            if known is not None and known.same(shape, rows, columns):
                pattern = known
                break
        else:
            pattern = Pattern(shape, rows, columns)
        self._last = pattern
        if fixed and key is not None:
            self._patterns[key] = pattern
        return pattern

    def _along(self, pattern: Pattern, x: np.ndarray[Any, Any], args: tuple[Any, ...]) -> tuple[Any, int]:
        """The sums of the columns of each colour."""
        seeds = np.equal.outer(np.arange(pattern.count), pattern.colours).astype(x.dtype)
        return self._compressed(seeds.reshape(pattern.count, *x.shape), *args)  # type: ignore[no-any-return]

    def _places(self, x: np.ndarray[Any, Any], args: tuple[Any, ...]) -> tuple[tuple[int, Ints, Ints], bool]:
        """(rows of the matrix; rows and columns of its places, ascending), and whether only whole numbers decide."""
        found: list[tuple[Ints, Ints]] = []
        fixed, m = True, 0
        for start in range(0, max(x.size, 1), COLUMNS):
            sets, fixed = self._sparsity(start // 64, *args)
            if sets is None:
                m = int(self._compressed(np.zeros((1, *x.shape), x.dtype), *args)[0].size)
                rows, columns = np.divmod(np.arange(m * x.size), max(x.size, 1))
                return (m, rows, columns), True
            bits = np.unpackbits(sets.reshape(-1, WORDS).astype("<u8").view(np.uint8), axis=1, bitorder="little")
            m = len(bits)
            rows, columns = np.nonzero(bits)
            found.append((rows, columns + start))
        rows, columns = (np.concatenate(parts) for parts in zip(*found, strict=True))
        order = np.lexsort((columns, rows))
        return (m, rows[order], columns[order]), fixed

    def _argument(self, args: tuple[Any, ...]) -> np.ndarray[Any, Any]:
        x = args[self.argnums] if -len(args) <= self.argnums < len(args) else None
        if isinstance(x, np.ndarray) and x.dtype.kind == "f":
            return x
        raise NotDifferentiableError(
            f"sparse_jacobian differentiates by one array of floats, but argument {self.argnums} is "
            + ("not there" if x is None else f"of type {type(x).__name__}"),
            code=NOT_ARRAYS,
            fix="choose one array by argnums, or use tg.jacfwd, which takes any structure",
        )

    def __repr__(self) -> str:
        return f"<tangra.sparse_jacobian of {getattr(self.function, '__qualname__', self.function)!r}>"


def _key(args: tuple[Any, ...]) -> Any:
    """What of the arguments a pattern may depend on that is the same for all floats: types, sizes, whole numbers. None
    where an argument is neither an array nor a number."""
    found: list[Any] = []
    for value in args:
        if isinstance(value, np.ndarray):
            found.append(("array", value.dtype.str, value.shape))
        elif isinstance(value, int | np.integer | np.bool_):
            found.append((type(value), value))
        elif isinstance(value, float | np.floating):
            found.append(type(value))
        else:
            return None
    return tuple(found)


def sparse_jacobian(f: Callable[..., Any], argnums: int = 0) -> SparseJacobian:
    """The Jacobian of `f` by one array as a sparse matrix, computed from as many tangents as it needs colours.

    `f` takes positional arguments, is differentiated by the array of floats at `argnums`, and returns one array of
    floats. The result is called like `f` and returns a `scipy.sparse.csr_array` of shape (result.size, argument.size),
    both flattened in row-major order; zeros are stored where a number that is not zero is possible. A tridiagonal
    Jacobian takes three tangents, whatever its size; an elementwise function one.

    The pattern is found by running `f` on sets of bits. Where it depends on floats (through branches), or on the
    contents of arrays of indices, it is found anew at each call. Where an operation has no rule for sets (a
    factorisation, a sort), the pattern is full.

    Raises NotDifferentiableError where the argument or the result is not one array of floats.
    """
    return SparseJacobian(f, argnums)
