"""What AVX-512 has an instruction for where other targets take several: the same results, to the last bit."""

from __future__ import annotations

from tangra.native.vecmath.builder import Float, Writer

POSITIVE_FROM_ONE = 12
"""For getmant: a mantissa from 1 to 2, NaN of negative numbers, 1 of both zeros and of infinity."""


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


def mantissa(x: Float) -> Float:
    """x 2^-exponent(x) for positive x; see POSITIVE_FROM_ONE."""
    return _call(x.writer, "getmant", x, f", i32 {POSITIVE_FROM_ONE}")


def scale(x: Float, whole: Float) -> Float:
    """x 2^whole, rounded once."""
    return _call(x.writer, "scalef", x, f", {x.writer.type} {whole.name}")
