"""What AVX-512 has an instruction for where other targets take several: the same results, to the last bit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tangra.native.vecmath.builder import Float, Int, Writer

POSITIVE_FROM_ONE, POSITIVE_FROM_THREE_QUARTERS = 12, 15
"""For getmant: a mantissa from 1 to 2, or 3/4 to 3/2; NaN of negative numbers, 1 of both zeros and of infinity."""
SIZE_FROM_ONE = 4
"""The same from 1 to 2 of numbers without their sign."""


def _call(w: Writer, name: str, first: Float, others: str) -> Float:
    letter = {64: "d", 32: "s"}[w.form.bits]
    full = f"@llvm.x86.avx512.mask.{name}.p{letter}.512"
    mask, type = f"i{w.lanes}", w.type
    given = {"getexp": "", "getmant": ", i32", "scalef": f", {type}"}[name]
    w.declares[f"declare {type} {full}({type}{given}, {type}, {mask}, i32)"] = None
    return Float(w, w.ins(f"call {type} {full}({type} {first.name}{others}, {type} undef, {mask} -1, i32 4)"))


def exponent(x: Float) -> Float:
    """floor(log2|x|), of denormals too; -inf of zeros, inf of infinities."""
    return _call(x.writer, "getexp", x, "")


def mantissa(x: Float, interval: int = POSITIVE_FROM_ONE) -> Float:
    """x 2^-exponent(x) for positive x, or twice or half as much; see POSITIVE_FROM_ONE."""
    return _call(x.writer, "getmant", x, f", i32 {interval}")


def scale(x: Float, whole: Float) -> Float:
    """x 2^whole, rounded once."""
    return _call(x.writer, "scalef", x, f", {x.writer.type} {whole.name}")


class _Lookup(NamedTuple):
    """An instruction that takes numbers from two registers: its name, how many there are, what indices are."""

    name: str
    numbers: int
    places: str


LOOKUPS = {"f32": _Lookup("ps", 32, "i32"), "f64": _Lookup("pd", 16, "i64")}
FLOATS_AT_ONCE = 8
"""In one register of AVX2."""


def looked_up(w: Writer, name: str, table: Sequence[float], place: Int) -> Float:
    """The element of a table of 32 floats, 16 doubles or, with AVX2, 8 floats at the low five, four or three bits of
    `place`, in each lane; `name` is the table's."""
    known, type = LOOKUPS[w.form.name], w.form.type
    numbers = [f"{type} {w.form.literal(v)}" for v in table]
    if w.lanes == 1:
        count = len(table)
        w.declares[f"@{name} = internal unnamed_addr constant [{count} x {type}] [{', '.join(numbers)}]"] = None
        low = place & (count - 1)
        at = w.ins(f"getelementptr [{count} x {type}], ptr @{name}, {known.places} 0, {known.places} {low.name}")
        return Float(w, w.ins(f"load {type}, ptr {at}"))
    if len(table) == FLOATS_AT_ONCE:
        return _of_eight(w, f"<{', '.join(numbers)}>", place)
    assert len(table) == known.numbers
    half = known.numbers // 2
    full = f"@llvm.x86.avx512.vpermi2var.{known.name}.512"
    wide, places = f"<{half} x {type}>", f"<{half} x {known.places}>"
    w.declares[f"declare {wide} {full}({wide}, {places}, {wide})"] = None
    index = place.name if w.lanes == half else _resized(w, known.places, place.name, w.lanes, half)
    first, second = (f"{wide} <{', '.join(part)}>" for part in (numbers[:half], numbers[half:]))
    found = w.ins(f"call {wide} {full}({first}, {places} {index}, {second})")
    return Float(w, found if w.lanes == half else _resized(w, type, found, half, w.lanes))


def _of_eight(w: Writer, table: str, place: Int) -> Float:
    """Eight lanes after eight lanes."""
    full, found = "@llvm.x86.avx2.permps", ""
    w.declares[f"declare <8 x float> {full}(<8 x float>, <8 x i32>)"] = None
    for first in range(0, w.lanes, FLOATS_AT_ONCE):
        order = ", ".join(f"i32 {k}" for k in range(first, first + FLOATS_AT_ONCE))
        given = f"{w.integer} {place.name}, {w.integer} poison, <8 x i32> <{order}>"
        index = place.name if w.lanes == FLOATS_AT_ONCE else w.ins(f"shufflevector {given}")
        part = w.ins(f"call <8 x float> {full}(<8 x float> {table}, <8 x i32> {index})")
        both = ", ".join(f"i32 {k}" for k in range(first + FLOATS_AT_ONCE))
        joined = f"<{first} x float> {found}, <8 x float> {part}, <{first + FLOATS_AT_ONCE} x i32> <{both}>"
        found = w.ins(f"shufflevector {joined}") if found else part
    return Float(w, found)


def _resized(w: Writer, type: str, value: str, lanes: int, wanted: int) -> str:
    """The first lanes of a vector; those that it has not are those that it has again."""
    order = ", ".join(f"i32 {k % lanes}" for k in range(wanted))
    given = f"<{lanes} x {type}>"
    return w.ins(f"shufflevector {given} {value}, {given} poison, <{wanted} x i32> <{order}>")
