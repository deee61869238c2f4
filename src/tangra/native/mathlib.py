"""Functions in LLVM text for what neither an instruction nor an intrinsic does: NumPy's division rules, integer powers,
shifts, greatest common divisors, and the gamma family.

Each entry of the tables is the body of a function with parameters `%a` and `%b`; `{T}` is the element type, `{S}` the
intrinsics' suffix, `{P}` is s(igned) or u(nsigned). `need` in `module` instantiates one per dtype.
"""

from __future__ import annotations

import math
from fractions import Fraction

from tangra.ir import DType
from tangra.native.llvm_types import double_bits, literal, register_type, suffix

# NumPy's npy_divmod: the quotient is taken from the exact remainder, so that both agree; zeros keep the sign of a / b.
FLOAT_BINARY = {
    "floordiv": """
  %zero = fcmp oeq {T} %b, {0}
  %plain = fdiv {T} %a, %b
  br i1 %zero, label %direct, label %general
direct:
  ret {T} %plain
general:
  %m = frem {T} %a, %b
  %am = fsub {T} %a, %m
  %d = fdiv {T} %am, %b
  %mnz = fcmp une {T} %m, {0}
  %bneg = fcmp olt {T} %b, {0}
  %mneg = fcmp olt {T} %m, {0}
  %differ = xor i1 %bneg, %mneg
  %fix = and i1 %mnz, %differ
  %d1 = fsub {T} %d, {1}
  %d2 = select i1 %fix, {T} %d1, {T} %d
  %fl = call {T} @llvm.floor.{S}({T} %d2)
  %rest = fsub {T} %d2, %fl
  %big = fcmp ogt {T} %rest, {0.5}
  %up = fadd {T} %fl, {1}
  %rounded = select i1 %big, {T} %up, {T} %fl
  %signed = call {T} @llvm.copysign.{S}({T} {0}, {T} %plain)
  %dnz = fcmp une {T} %d2, {0}
  %r = select i1 %dnz, {T} %rounded, {T} %signed
  ret {T} %r""",
    "mod": """
  %m = frem {T} %a, %b
  %mnz = fcmp une {T} %m, {0}
  %bneg = fcmp olt {T} %b, {0}
  %mneg = fcmp olt {T} %m, {0}
  %differ = xor i1 %bneg, %mneg
  %sum = fadd {T} %m, %b
  %fixed = select i1 %differ, {T} %sum, {T} %m
  %none = call {T} @llvm.copysign.{S}({T} {0}, {T} %b)
  %r0 = select i1 %mnz, {T} %fixed, {T} %none
  %zero = fcmp oeq {T} %b, {0}
  %r = select i1 %zero, {T} %m, {T} %r0
  ret {T} %r""",
    "heaviside": """
  %nan = fcmp uno {T} %a, %a
  %below = fcmp olt {T} %a, {0}
  %at = fcmp oeq {T} %a, {0}
  %r0 = select i1 %below, {T} {0}, {T} {1}
  %r1 = select i1 %at, {T} %b, {T} %r0
  %r = select i1 %nan, {T} %a, {T} %r1
  ret {T} %r""",
    "logaddexp": """
  %same = fcmp oeq {T} %a, %b
  %twice = fadd {T} %a, {LN2}
  %t = fsub {T} %a, %b
  %above = fcmp ogt {T} %t, {0}
  %below = fcmp ole {T} %t, {0}
  %size = call {T} @llvm.fabs.{S}({T} %t)
  %minus = fneg {T} %size
  %e = call {T} @llvm.exp.{S}({T} %minus)
  %l = call {T} @log1p{C}({T} %e)
  %larger = select i1 %above, {T} %a, {T} %b
  %sum = fadd {T} %larger, %l
  %known = or i1 %above, %below
  %r0 = select i1 %known, {T} %sum, {T} %t
  %r = select i1 %same, {T} %twice, {T} %r0
  ret {T} %r""",
    "logaddexp2": """
  %same = fcmp oeq {T} %a, %b
  %twice = fadd {T} %a, {1}
  %t = fsub {T} %a, %b
  %above = fcmp ogt {T} %t, {0}
  %below = fcmp ole {T} %t, {0}
  %size = call {T} @llvm.fabs.{S}({T} %t)
  %minus = fneg {T} %size
  %e = call {T} @llvm.exp2.{S}({T} %minus)
  %l0 = call {T} @log1p{C}({T} %e)
  %l = fmul {T} %l0, {LOG2E}
  %larger = select i1 %above, {T} %a, {T} %b
  %sum = fadd {T} %larger, %l
  %known = or i1 %above, %below
  %r0 = select i1 %known, {T} %sum, {T} %t
  %r = select i1 %same, {T} %twice, {T} %r0
  ret {T} %r""",
}

FLOAT_UNARY = {
    "sigmoid": """
  %n = fneg {T} %a
  %e = call {T} @llvm.exp.{S}({T} %n)
  %d = fadd {T} %e, {1}
  %r = fdiv {T} {1}, %d
  ret {T} %r""",
    # At minus infinity SciPy's gammaln is minus infinity, the C library's lgamma is not.
    "lgamma": """
  %g = call {T} @lgamma{C}({T} %a)
  %low = fcmp oeq {T} %a, {-inf}
  %r = select i1 %low, {T} %a, {T} %g
  ret {T} %r""",
    # tgamma is NaN at minus infinity and at the negative integers, as scipy.special.gamma is.
    "gamma": """
  %r = call {T} @tgamma{C}({T} %a)
  ret {T} %r""",
}

INTEGER_BINARY = {
    "floordiv": """
  %zero = icmp eq {T} %b, 0
  %minus = icmp eq {T} %b, -1
  %special = or i1 %zero, %minus
  %safe = select i1 %special, {T} 1, {T} %b
  %q = sdiv {T} %a, %safe
  %back = mul {T} %q, %safe
  %inexact = icmp ne {T} %back, %a
  %x = xor {T} %a, %safe
  %differ = icmp slt {T} %x, 0
  %fix = and i1 %inexact, %differ
  %q1 = sub {T} %q, 1
  %r0 = select i1 %fix, {T} %q1, {T} %q
  %negated = sub {T} 0, %a
  %r1 = select i1 %minus, {T} %negated, {T} %r0
  %r = select i1 %zero, {T} 0, {T} %r1
  ret {T} %r""",
    "mod": """
  %zero = icmp eq {T} %b, 0
  %minus = icmp eq {T} %b, -1
  %special = or i1 %zero, %minus
  %safe = select i1 %special, {T} 1, {T} %b
  %m = srem {T} %a, %safe
  %nz = icmp ne {T} %m, 0
  %x = xor {T} %m, %safe
  %differ = icmp slt {T} %x, 0
  %fix = and i1 %nz, %differ
  %sum = add {T} %m, %safe
  %r = select i1 %fix, {T} %sum, {T} %m
  ret {T} %r""",
    "fmod": """
  %zero = icmp eq {T} %b, 0
  %minus = icmp eq {T} %b, -1
  %special = or i1 %zero, %minus
  %safe = select i1 %special, {T} 1, {T} %b
  %r = srem {T} %a, %safe
  ret {T} %r""",
}

UNSIGNED_BINARY = {
    "floordiv": """
  %zero = icmp eq {T} %b, 0
  %safe = select i1 %zero, {T} 1, {T} %b
  %q = udiv {T} %a, %safe
  %r = select i1 %zero, {T} 0, {T} %q
  ret {T} %r""",
    "mod": """
  %zero = icmp eq {T} %b, 0
  %safe = select i1 %zero, {T} 1, {T} %b
  %r = urem {T} %a, %safe
  ret {T} %r""",
}
UNSIGNED_BINARY["fmod"] = UNSIGNED_BINARY["mod"]

# Shifts by the width or more, or by a negative count, give 0 (or the sign); powers by repeated squaring.
ANY_INTEGER = {
    "shl": """
  %small = icmp ult {T} %b, {bits}
  %safe = select i1 %small, {T} %b, {T} 0
  %s = shl {T} %a, %safe
  %r = select i1 %small, {T} %s, {T} 0
  ret {T} %r""",
    "shr": """
  %small = icmp ult {T} %b, {bits}
  %safe = select i1 %small, {T} %b, {T} {last}
  %s = {shift} {T} %a, %safe
  %r = select i1 %small, {T} %s, {T} {rest}
  ret {T} %r""",
    "pow": """
  %negative = icmp {P}lt {T} %b, 0
  %start = select i1 %negative, {T} 0, {T} %b
  br label %loop
loop:
  %n = phi {T} [ %start, %0 ], [ %half, %next ]
  %x = phi {T} [ %a, %0 ], [ %square, %next ]
  %p = phi {T} [ 1, %0 ], [ %product, %next ]
  %more = icmp ne {T} %n, 0
  br i1 %more, label %next, label %done
next:
  %bit = trunc {T} %n to i1
  %times = mul {T} %p, %x
  %product = select i1 %bit, {T} %times, {T} %p
  %square = mul {T} %x, %x
  %half = lshr {T} %n, 1
  br label %loop
done:
  ret {T} %p""",
    "gcd": """
  %a0 = {abs_a}
  %b0 = {abs_b}
  br label %loop
loop:
  %x = phi {T} [ %a0, %0 ], [ %y, %next ]
  %y = phi {T} [ %b0, %0 ], [ %m, %next ]
  %more = icmp ne {T} %y, 0
  br i1 %more, label %next, label %done
next:
  %m = urem {T} %x, %y
  br label %loop
done:
  ret {T} %x""",
    "lcm": """
  %g = call {T} @tg.gcd.{D}({T} %a, {T} %b)
  %none = icmp eq {T} %g, 0
  %safe = select i1 %none, {T} 1, {T} %g
  %a0 = {abs_a}
  %b0 = {abs_b}
  %q = udiv {T} %a0, %safe
  %r = mul {T} %q, %b0
  ret {T} %r""",
}

NAMES = frozenset(FLOAT_BINARY) | frozenset(FLOAT_UNARY) | frozenset(ANY_INTEGER) | frozenset(INTEGER_BINARY)
BERNOULLI = [
    Fraction(1, 6), Fraction(-1, 30), Fraction(1, 42), Fraction(-1, 30), Fraction(5, 66), Fraction(-691, 2730),
    Fraction(7, 6), Fraction(-3617, 510), Fraction(43867, 798), Fraction(-174611, 330), Fraction(854513, 138),
]  # fmt: skip
"""B_2, B_4, … for the asymptotic series."""


def body_of(name: str, dtype: DType) -> tuple[str, int]:
    """The body for `name` of `dtype`, with its placeholders filled, and the number of parameters."""
    if dtype.kind == "f":
        table = FLOAT_UNARY if name in FLOAT_UNARY else FLOAT_BINARY
    else:
        table = {**ANY_INTEGER, **(INTEGER_BINARY if dtype.kind == "i" else UNSIGNED_BINARY)}
    text, type, signed = table[name], register_type(dtype), dtype.kind == "i"
    fields = {
        "{T}": type, "{S}": suffix(dtype), "{D}": dtype.name, "{P}": "s" if signed else "u",
        "{C}": "f" if dtype.bits == 32 else "", "{bits}": str(dtype.bits), "{last}": str(dtype.bits - 1),
        "{shift}": "ashr" if signed else "lshr", "{rest}": "%s" if signed else "0",
    }  # fmt: skip
    if dtype.kind == "f":
        for number in (0, 1, 0.5, -math.inf):
            fields["{" + str(number) + "}"] = str(literal(number, dtype))
        fields["{LN2}"] = str(literal(math.log(2.0), dtype))
        fields["{LOG2E}"] = str(literal(math.log2(math.e), dtype))
    else:
        for name_ in ("a", "b"):
            absolute = f"call {type} @llvm.abs.{type}({type} %{name_}, i1 false)"
            fields["{abs_" + name_ + "}"] = absolute if signed else f"add {type} %{name_}, 0"
    for key, value in fields.items():
        text = text.replace(key, value)
    return text, 1 if name in FLOAT_UNARY else 2


def polygamma_body(n: int) -> str:
    """The n-th derivative of digamma of a double `%a`, by upward recurrence and the asymptotic series at x ≥ 20 + n.

    n = 0 (digamma) reflects negative arguments; for n ≥ 1 the recurrence sums their terms directly, as the Hurwitz zeta
    function does. NIST DLMF 5.5.2, 5.5.4, 5.11.2, 5.15.8.
    """
    return _digamma_body() if n == 0 else _derivative_body(n)


def _series(coefficients: list[float], variable: str, prefix: str) -> list[str]:
    """Horner's rule; the result is `%<prefix>0`."""
    lines = []
    value = double_bits(coefficients[-1])
    for k in range(len(coefficients) - 2, -1, -1):
        lines.append(f"  %{prefix}m{k} = fmul contract double {value}, {variable}")
        lines.append(f"  %{prefix}{k} = fadd contract double %{prefix}m{k}, {double_bits(coefficients[k])}")
        value = f"%{prefix}{k}"
    return lines


def _digamma_body() -> str:
    series = [float(b / (2 * k)) for k, b in enumerate(BERNOULLI[:9], 1)]
    one, half, nil = double_bits(1.0), double_bits(0.5), double_bits(0.0)
    return "\n".join([
        f"  %low = fcmp ole double %a, {nil}",
        "  br i1 %low, label %reflect, label %start",
        "reflect:",
        "  %fl = call double @llvm.floor.f64(double %a)",
        "  %whole = fcmp oeq double %fl, %a",
        f"  %iszero = fcmp oeq double %a, {nil}",
        f"  %pole = call double @llvm.copysign.f64(double {double_bits(math.inf)}, double %a)",
        "  %minuspole = fneg double %pole",
        f"  %bad = select i1 %iszero, double %minuspole, double {double_bits(math.nan)}",
        "  %near = call double @llvm.rint.f64(double %a)",
        "  %frac = fsub double %a, %near",
        f"  %angle = fmul double %frac, {double_bits(math.pi)}",
        "  %tan = call double @tan(double %angle)",
        f"  %cot = fdiv double {double_bits(-math.pi)}, %tan",
        f"  %mirror = fsub double {one}, %a",
        "  br i1 %whole, label %out, label %start",
        "start:",
        "  %x0 = phi double [ %a, %0 ], [ %mirror, %reflect ]",
        f"  %s0 = phi double [ {nil}, %0 ], [ %cot, %reflect ]",
        "  br label %up",
        "up:",
        "  %x = phi double [ %x0, %start ], [ %x1, %step ]",
        "  %s = phi double [ %s0, %start ], [ %s1, %step ]",
        f"  %small = fcmp olt double %x, {double_bits(12.0)}",
        "  br i1 %small, label %step, label %tail",
        "step:",
        f"  %inv = fdiv double {one}, %x",
        "  %s1 = fsub double %s, %inv",
        f"  %x1 = fadd double %x, {one}",
        "  br label %up",
        "tail:",
        f"  %r = fdiv double {one}, %x",
        "  %z = fmul double %r, %r",
        *_series(series, "%z", "p"),
        "  %pz = fmul double %p0, %z",
        f"  %h = fmul double %r, {half}",
        "  %log = call double @llvm.log.f64(double %x)",
        "  %t0 = fsub double %log, %h",
        "  %t1 = fsub double %t0, %pz",
        "  %t = fadd double %t1, %s",
        "  br label %out",
        "out:",
        "  %res = phi double [ %t, %tail ], [ %bad, %reflect ]",
        "  ret double %res",
    ])  # fmt: skip


def _derivative_body(n: int) -> str:
    """(-1)^(n+1) n! (sum of (x+k)^-(n+1)) until X = x + k is large, and there
    (n-1)!/X^n + n!/(2 X^(n+1)) + sum of B_2k (2k+n-1)!/((2k)! X^(2k+n))."""
    sign = 1.0 if n % 2 else -1.0
    power = [float(math.factorial(n)), math.factorial(n - 1)]
    series = [float(b * math.factorial(2 * k + n - 1) / math.factorial(2 * k)) for k, b in enumerate(BERNOULLI[:10], 1)]
    one, nil = double_bits(1.0), double_bits(0.0)
    exponent = f"i32 {-(n + 1)}"
    return "\n".join([
        f"  %low = fcmp ole double %a, {nil}",
        "  %fl = call double @llvm.floor.f64(double %a)",
        "  %same = fcmp oeq double %fl, %a",
        "  %pole = and i1 %low, %same",
        "  br i1 %pole, label %bad, label %up",
        "bad:",
        f"  ret double {double_bits(sign * math.inf)}",
        "up:",
        "  %x = phi double [ %a, %0 ], [ %x1, %step ]",
        f"  %s = phi double [ {nil}, %0 ], [ %s1, %step ]",
        f"  %small = fcmp olt double %x, {double_bits(20.0 + n)}",
        "  br i1 %small, label %step, label %tail",
        "step:",
        f"  %term = call double @llvm.powi.f64.i32(double %x, {exponent})",
        "  %s1 = fadd double %s, %term",
        f"  %x1 = fadd double %x, {one}",
        "  br label %up",
        "tail:",
        f"  %r = fdiv double {one}, %x",
        "  %z = fmul double %r, %r",
        f"  %rn = call double @llvm.powi.f64.i32(double %r, i32 {n})",
        *_series(series, "%z", "p"),
        "  %pz = fmul double %p0, %z",
        f"  %h = fmul double %r, {double_bits(power[0] / 2)}",
        f"  %q0 = fadd double %h, {double_bits(float(power[1]))}",
        "  %q1 = fadd double %q0, %pz",
        "  %q = fmul double %q1, %rn",
        f"  %w = fmul double %s, {double_bits(power[0])}",
        "  %t = fadd double %q, %w",
        f"  %res = fmul double %t, {double_bits(sign)}",
        "  ret double %res",
    ])  # fmt: skip
