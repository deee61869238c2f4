"""Divisions of 128-bit integers, which LLVM makes for closed forms of sums, are calls of the compiler's library."""

import ctypes

from tangra.native import engine, symbols
from tangra.native.options import NativeOptions

TEXT = """
define void @divide(ptr %in, ptr %out) {
  %a = load i128, ptr %in
  %at = getelementptr i128, ptr %in, i64 1
  %b = load i128, ptr %at
OPERATIONS
  ret void
}
"""
OPERATIONS = {"udiv": "__udivti3", "urem": "__umodti3", "sdiv": "__divti3", "srem": "__modti3"}


def test_wide_divisions_are_linked():
    lines = []
    for k, name in enumerate(OPERATIONS):
        lines += [f"  %r{k} = {name} i128 %a, %b", f"  %p{k} = getelementptr i128, ptr %out, i64 {k}"]
        lines += [f"  store i128 %r{k}, ptr %p{k}"]
    code = engine.compile_object(TEXT.replace("OPERATIONS", "\n".join(lines)), NativeOptions())
    assert set(OPERATIONS.values()) == symbols.WIDE_DIVISIONS
    loaded = engine.load([code], set(), ["divide"])
    a, b = -(7 * 2**90 + 12345), 3 * 2**64 + 1
    operands = (ctypes.c_uint64 * 4)(*(part for v in (a, b) for part in (v % 2**64, v // 2**64 % 2**64)))
    results = (ctypes.c_uint64 * 8)()
    ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(loaded.addresses["divide"])(operands, results)
    found = [results[2 * k] + (results[2 * k + 1] << 64) for k in range(4)]
    quotient = -(-a // b)
    expected = [(a % 2**128) // b, (a % 2**128) % b, quotient, a - quotient * b]
    assert found == [v % 2**128 for v in expected]
