"""Types of IR values: element types, arrays with symbolic dims, tapes."""

from __future__ import annotations

from dataclasses import dataclass

from tangra.shapes import Size


@dataclass(frozen=True, slots=True, eq=False)
class DType:
    """An element type. `kind` is 'b' (bool), 'i', 'u' or 'f'; `bits` the width (bool: 8, as NumPy stores it).

    Each exists once: they are compared by identity, also those that were pickled.
    """

    name: str
    kind: str
    bits: int
    numpy: str

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self.bits // 8

    @property
    def is_float(self) -> bool:
        return self.kind == "f"

    @property
    def is_integer(self) -> bool:
        return self.kind in "iu"

    def __str__(self) -> str:
        return self.name

    def __reduce__(self) -> tuple[object, ...]:
        return _named, (self.name,)


BOOL = DType("bool", "b", 8, "bool")
I8, I16, I32, I64 = (DType(f"i{n}", "i", n, f"int{n}") for n in (8, 16, 32, 64))
U8, U16, U32, U64 = (DType(f"u{n}", "u", n, f"uint{n}") for n in (8, 16, 32, 64))
F32, F64 = (DType(f"f{n}", "f", n, f"float{n}") for n in (32, 64))
DTYPES = {d.name: d for d in (BOOL, I8, I16, I32, I64, U8, U16, U32, U64, F32, F64)}


def _named(name: str) -> DType:
    return DTYPES[name]


@dataclass(frozen=True, slots=True)
class ArrayType:
    """An array of `dtype` with `shape`; a dim is an int or a symbolic `Dim`. Rank 0 is a scalar in a register."""

    dtype: DType
    shape: tuple[Size, ...] = ()

    @property
    def rank(self) -> int:
        return len(self.shape)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return type(other) is ArrayType and self.dtype is other.dtype and self.shape == other.shape

    def __str__(self) -> str:
        if not self.shape:
            return self.dtype.name
        return f"{self.dtype.name}[{', '.join(str(d) for d in self.shape)}]"


@dataclass(frozen=True, slots=True)
class TapeType:
    """A last-in first-out store of records; each record holds one value of every type in `record`."""

    record: tuple[ArrayType, ...]

    def __str__(self) -> str:
        return f"tape<{', '.join(str(t) for t in self.record)}>"


Type = ArrayType | TapeType


_SCALARS = {dtype: ArrayType(dtype, ()) for dtype in DTYPES.values()}


def scalar(dtype: DType) -> ArrayType:
    """The rank-0 type of `dtype`."""
    return _SCALARS[dtype]
