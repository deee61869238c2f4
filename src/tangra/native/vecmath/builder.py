"""Writing branch-free LLVM text from formulas: values with operators, in one of the two float formats.

A function of this folder is a Python function from `Float`s to a `Float`; running it once writes the LLVM text. A value
belongs to the `Writer` it was made by. Python numbers become constants, rounded to the format once.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

Number = int | float


@dataclass(frozen=True)
class Format:
    """A binary float format. `magic`: adding it to x, |x| < 2^(fraction - 2), leaves rint(x) in the low bits."""

    name: str
    type: str
    bits: int
    fraction: int
    bias: int

    @property
    def integer(self) -> str:
        """The LLVM type of the format's bits."""
        return f"i{self.bits}"

    @property
    def magic(self) -> float:
        return 1.5 * 2.0**self.fraction

    @property
    def smallest_normal(self) -> float:
        return 2.0 ** (1 - self.bias)

    @property
    def mantissa_mask(self) -> int:
        return (1 << self.fraction) - 1

    @property
    def sign_mask(self) -> int:
        return 1 << (self.bits - 1)

    def round(self, value: float) -> float:
        """The nearest number of the format."""
        return float(struct.unpack("<f", struct.pack("<f", value))[0]) if self.bits == 32 else float(value)

    def bits_of(self, value: float) -> int:
        """The number's bits as an unsigned integer."""
        codes = ("<d", "<Q") if self.bits == 64 else ("<f", "<I")
        return int(struct.unpack(codes[1], struct.pack(codes[0], value))[0])

    def literal(self, value: float) -> str:
        """LLVM's exact spelling of a constant: the bits of the double of the same value."""
        rounded = self.round(value)
        if rounded != rounded:
            return "0x7FF8000000000000"
        return f"0x{DOUBLE.bits_of(rounded):016X}"


DOUBLE = Format("f64", "double", 64, 52, 1023)
SINGLE = Format("f32", "float", 32, 23, 127)
FORMATS = {"f64": DOUBLE, "f32": SINGLE}


class Writer:
    """The text of one function of a format: its instructions, and the declarations they need.

    `lanes`: how many numbers every value is, side by side; 1 is a single number. `avx512`: the values are vectors of
    512 bits, for which there are instructions of that extension (see `instructions`). `tables`: how many floats a table
    has from which the CPU takes several at once (32 with AVX-512, 8 with AVX2, else 0); with tables of that size
    formulas may look numbers up, in vectors of any length and for single numbers.
    """

    def __init__(self, form: Format, names: int = 0, lanes: int = 1, avx512: bool = False, tables: int = 0) -> None:
        self.form = form
        self.tables = tables
        self.lanes = lanes
        self.avx512 = avx512
        self.lines: list[str] = []
        self.declares: dict[str, None] = {}
        self._names = names

    def wide(self, type: str) -> str:
        """The LLVM type of so many of that type as there are lanes."""
        return type if self.lanes == 1 else f"<{self.lanes} x {type}>"

    @property
    def type(self) -> str:
        return self.wide(self.form.type)

    @property
    def integer(self) -> str:
        return self.wide(self.form.integer)

    @property
    def bit(self) -> str:
        return self.wide("i1")

    def same(self, type: str, literal: str) -> str:
        """A constant, the same in all lanes."""
        return literal if self.lanes == 1 else f"splat ({type} {literal})"

    def ins(self, text: str) -> str:
        """Append an instruction; the name of its result."""
        self._names += 1
        self.lines.append(f"  %t{self._names} = {text}")
        return f"%t{self._names}"

    def float(self, value: Float | Number) -> Float:
        """A constant of the format (or the value itself)."""
        if isinstance(value, Float):
            return value
        return Float(self, self.same(self.form.type, self.form.literal(value)))

    def int(self, value: Int | int) -> Int:
        """An integer constant as wide as the format."""
        if isinstance(value, Int):
            return value
        wrapped = (value + self.form.sign_mask) % (2 * self.form.sign_mask) - self.form.sign_mask
        return Int(self, self.same(self.form.integer, str(wrapped)))

    def intrinsic(self, name: str, *args: Float) -> Float:
        """Call `llvm.<name>` on floats of the format."""
        lanes = "" if self.lanes == 1 else f"v{self.lanes}"
        type, full = self.type, f"@llvm.{name}.{lanes}f{self.form.bits}"
        self.declares[f"declare {type} {full}({', '.join([type] * len(args))})"] = None
        return Float(self, self.ins(f"call {type} {full}({', '.join(f'{type} {a.name}' for a in args)})"))


@dataclass(frozen=True)
class Bit:
    """An i1."""

    writer: Writer
    name: str

    def __and__(self, other: Bit) -> Bit:
        return Bit(self.writer, self.writer.ins(f"and {self.writer.bit} {self.name}, {other.name}"))

    def __or__(self, other: Bit) -> Bit:
        return Bit(self.writer, self.writer.ins(f"or {self.writer.bit} {self.name}, {other.name}"))

    def __invert__(self) -> Bit:
        w = self.writer
        return Bit(w, w.ins(f"xor {w.bit} {self.name}, {w.same('i1', 'true')}"))

    def __xor__(self, other: Bit) -> Bit:
        return Bit(self.writer, self.writer.ins(f"xor {self.writer.bit} {self.name}, {other.name}"))


@dataclass(frozen=True)
class Int:
    """An integer as wide as the format; arithmetic wraps around. `>>` is the logical shift."""

    writer: Writer
    name: str

    def _op(self, op: str, other: Int | int) -> Int:
        other = self.writer.int(other)
        return Int(self.writer, self.writer.ins(f"{op} {self.writer.integer} {self.name}, {other.name}"))

    def __add__(self, other: Int | int) -> Int:
        return self._op("add", other)

    def __sub__(self, other: Int | int) -> Int:
        return self._op("sub", other)

    def __and__(self, other: Int | int) -> Int:
        return self._op("and", other)

    def __or__(self, other: Int | int) -> Int:
        return self._op("or", other)

    def __xor__(self, other: Int | int) -> Int:
        return self._op("xor", other)

    def __lshift__(self, places: int) -> Int:
        return self._op("shl", places)

    def __rshift__(self, places: int) -> Int:
        return self._op("lshr", places)

    def ne(self, other: Int | int) -> Bit:
        b = self.writer.int(other)
        return Bit(self.writer, self.writer.ins(f"icmp ne {self.writer.integer} {self.name}, {b.name}"))

    def below(self, other: Int | int) -> Bit:
        """Whether it is less, both without signs."""
        b = self.writer.int(other)
        return Bit(self.writer, self.writer.ins(f"icmp ult {self.writer.integer} {self.name}, {b.name}"))

    def is_negative(self) -> Bit:
        return Bit(
            self.writer, self.writer.ins(f"icmp slt {self.writer.integer} {self.name}, {self.writer.int(0).name}")
        )

    def __neg__(self) -> Int:
        return self.writer.int(0) - self

    def float(self) -> Float:
        """The float of these bits."""
        w = self.writer
        return Float(w, w.ins(f"bitcast {w.integer} {self.name} to {w.type}"))


@dataclass(frozen=True)
class Float:
    """A float of the writer's format. Comparisons are ordered (false with NaN), `ne` is true with NaN."""

    writer: Writer
    name: str

    def _op(self, op: str, other: Float | Number, swap: bool = False) -> Float:
        a, b = self, self.writer.float(other)
        a, b = (b, a) if swap else (a, b)
        return Float(self.writer, self.writer.ins(f"{op} {self.writer.type} {a.name}, {b.name}"))

    def __add__(self, other: Float | Number) -> Float:
        return self._op("fadd", other)

    def __radd__(self, other: Number) -> Float:
        return self._op("fadd", other, swap=True)

    def __sub__(self, other: Float | Number) -> Float:
        return self._op("fsub", other)

    def __rsub__(self, other: Number) -> Float:
        return self._op("fsub", other, swap=True)

    def __mul__(self, other: Float | Number) -> Float:
        return self._op("fmul", other)

    def __rmul__(self, other: Number) -> Float:
        return self._op("fmul", other, swap=True)

    def __truediv__(self, other: Float | Number) -> Float:
        return self._op("fdiv", other)

    def __rtruediv__(self, other: Number) -> Float:
        return self._op("fdiv", other, swap=True)

    def __neg__(self) -> Float:
        return Float(self.writer, self.writer.ins(f"fneg {self.writer.type} {self.name}"))

    def _test(self, predicate: str, other: Float | Number) -> Bit:
        b = self.writer.float(other)
        return Bit(self.writer, self.writer.ins(f"fcmp {predicate} {self.writer.type} {self.name}, {b.name}"))

    def __lt__(self, other: Float | Number) -> Bit:
        return self._test("olt", other)

    def __le__(self, other: Float | Number) -> Bit:
        return self._test("ole", other)

    def __gt__(self, other: Float | Number) -> Bit:
        return self._test("ogt", other)

    def __ge__(self, other: Float | Number) -> Bit:
        return self._test("oge", other)

    def eq(self, other: Float | Number) -> Bit:
        return self._test("oeq", other)

    def ne(self, other: Float | Number) -> Bit:
        return self._test("une", other)

    def bits(self) -> Int:
        """The float's bits."""
        w = self.writer
        return Int(w, w.ins(f"bitcast {w.type} {self.name} to {w.integer}"))

    def is_nan(self) -> Bit:
        return self._test("uno", self)

    def abs(self) -> Float:
        return self.writer.intrinsic("fabs", self)

    def sqrt(self) -> Float:
        return self.writer.intrinsic("sqrt", self)

    def rint(self) -> Float:
        return self.writer.intrinsic("rint", self)

    def floor(self) -> Float:
        return self.writer.intrinsic("floor", self)

    def with_sign_of(self, other: Float) -> Float:
        return self.writer.intrinsic("copysign", self, other)

    def flip(self, sign: Int) -> Float:
        """Negated where the top bit of `sign` is set; the other bits of `sign` are ignored."""
        return (self.bits() ^ (sign & self.writer.form.sign_mask)).float()

    def at_most(self, bound: Float | Number) -> Float:
        """The lesser of both; NaN stays NaN."""
        return select(self > bound, bound, self)

    def at_least(self, bound: Float | Number) -> Float:
        """The greater of both; NaN stays NaN."""
        return select(self < bound, bound, self)


def fma(a: Float, b: Float | Number, c: Float | Number) -> Float:
    """a b + c, rounded once."""
    w = a.writer
    return w.intrinsic("fma", a, w.float(b), w.float(c))


def select(condition: Bit, then: Float | Number, other: Float | Number) -> Float:
    """`then` where the condition holds."""
    w = condition.writer
    a, b, type = w.float(then), w.float(other), w.type
    return Float(w, w.ins(f"select {w.bit} {condition.name}, {type} {a.name}, {type} {b.name}"))


def select_int(condition: Bit, then: Int | int, other: Int | int) -> Int:
    """`then` where the condition holds."""
    w = condition.writer
    a, b, type = w.int(then), w.int(other), w.integer
    return Int(w, w.ins(f"select {w.bit} {condition.name}, {type} {a.name}, {type} {b.name}"))


def poly(x: Float, coefficients: Sequence[Number]) -> Float:
    """The polynomial with these coefficients, lowest first, by Estrin's scheme: short chains, one fma per coefficient.

    Each level rounds the sum with the first coefficient once; `poly_closely` does so only once.
    """
    w, power = x.writer, x
    terms: list[Float | Number] = list(coefficients)
    while len(terms) > 1:
        pairs = list(zip(terms[1::2], terms[::2], strict=False))
        odd: list[Float | Number] = terms[len(terms) - 1 :] if len(terms) % 2 else []
        terms = [*(fma(power, high, low) for high, low in pairs), *odd]
        if len(terms) > 1:
            power = power * power
    return w.float(terms[0])


def poly_closely(x: Float, coefficients: Sequence[Number]) -> Float:
    """The same with the first coefficient added last."""
    return fma(x, poly(x, coefficients[1:]), coefficients[0])
