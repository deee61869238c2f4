"""What AVX-512 has an instruction for where other targets take several: the same results, to the last bit."""

from __future__ import annotations

from collections.abc import Sequence

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


def looked_up(w: Writer, name: str, table: Sequence[float], place: Int) -> Float:
    """The element of a table of 32 floats at the low five bits of `place`, in each lane; `name` is the table's."""
    numbers = [f"float {w.form.literal(v)}" for v in table]
    if w.lanes == 1:
        w.declares[f"@{name} = internal unnamed_addr constant [32 x float] [{', '.join(numbers)}]"] = None
        at = w.ins(f"getelementptr [32 x float], ptr @{name}, i32 0, i32 {(place & 31).name}")
        return Float(w, w.ins(f"load float, ptr {at}"))
    full, type = "@llvm.x86.avx512.vpermi2var.ps.512", "<16 x float>"
    w.declares[f"declare {type} {full}({type}, <16 x i32>, {type})"] = None
    index = place.name if w.lanes == 16 else _resized(w, "i32", place.name, w.lanes, 16)
    low, high = (f"{type} <{', '.join(half)}>" for half in (numbers[:16], numbers[16:]))
    found = w.ins(f"call {type} {full}({low}, <16 x i32> {index}, {high})")
    return Float(w, found if w.lanes == 16 else _resized(w, "float", found, 16, w.lanes))


def _resized(w: Writer, type: str, value: str, lanes: int, wanted: int) -> str:
    """The first lanes of a vector; those that it has not are those that it has again."""
    order = ", ".join(f"i32 {k % lanes}" for k in range(wanted))
    given = f"<{lanes} x {type}>"
    return w.ins(f"shufflevector {given} {value}, {given} poison, <{wanted} x i32> <{order}>")
