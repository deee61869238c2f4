"""Floor division and remainder of symbolic sizes, reduced as far as divisibility alone allows.

Both rest on one step: write the numerator as `quotient*den + rest` with `rest` reduced, by polynomial division in
graded lexicographic order with floor division of coefficients. Then `num // den = quotient + rest // den` and
`num % den = rest % den` hold for every divisor but zero.
"""

from __future__ import annotations

from functools import lru_cache, reduce
from math import gcd

from tangra.shapes.atoms import FloorDiv, Mod, SizeTooComplex, intern_quotient, operand_text
from tangra.shapes.dims import CACHE_SIZE, Dim, Monomial, Size, from_atom, from_terms
from tangra.shapes.intervals import static_interval

MAX_STEPS = 256
"""Steps of one polynomial division."""


@lru_cache(maxsize=CACHE_SIZE)
def floordiv(num: Size, den: Size) -> Size:
    """`num // den`. Raises ZeroDivisionError when `den` is the int 0."""
    if isinstance(den, int):
        if isinstance(num, int):
            return num // den
        return _floordiv_by_int(num, den)
    return _floordiv_by_dim(num, den)


@lru_cache(maxsize=CACHE_SIZE)
def mod(num: Size, den: Size) -> Size:
    """`num % den`. Raises ZeroDivisionError when `den` is the int 0."""
    if isinstance(den, int):
        if isinstance(num, int):
            return num % den
        return _mod_by_int(num, den)
    return _mod_by_dim(num, den)


def _floordiv_by_int(num: Dim, den: int) -> Size:
    if den == 0:
        raise ZeroDivisionError(f"{operand_text(num)}//0")
    if den < 0:
        num, den = -num, -den
    if den == 1:
        return num
    quotient, rest = _split(num, den)
    if isinstance(rest, int):
        return quotient
    common = _content(rest, den)
    if common > 1:  # floor((g*x + c)/(g*d)) = floor((x + floor(c/g))/d)
        return quotient + floordiv(_over(rest, common), den // common)
    inner = _lone(rest - rest.constant, FloorDiv)
    if inner is not None:  # floor((floor(x/y) + c)/d) = floor((x + c*y)/(y*d)) for an int d > 0 and any y
        return quotient + floordiv(inner.num + inner.den * rest.constant, inner.den * den)
    if _is_remainder(rest, den):
        return quotient
    return quotient + from_atom(intern_quotient(FloorDiv, rest, den))


def _mod_by_int(num: Dim, den: int) -> Size:
    if den == 0:
        raise ZeroDivisionError(f"{operand_text(num)} % 0")
    if den < 0:  # x % -d = -(-x % d)
        return -mod(-num, -den)
    rest = _split(_unwrap_mods(num, den), den)[1]
    if isinstance(rest, int):
        return rest
    common = _content(rest, den)
    if common > 1:  # (g*x + c) % (g*d) = g*((x + c//g) % d) + c % g
        return common * mod(_over(rest, common), den // common) + rest.constant % common
    if _is_remainder(rest, den):
        return rest
    return from_atom(intern_quotient(Mod, rest, den))


def _split(num: Size, den: int) -> tuple[Size, Size]:
    """(quotient, rest) with every coefficient of `rest` in [0, den)."""
    if isinstance(num, int):
        return divmod(num, den)
    quotient: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
    for factors, coefficient in num.items():
        whole, part = divmod(coefficient, den)
        if whole:
            quotient[factors] = whole
        if part:
            rest[factors] = part
    return from_terms(quotient), from_terms(rest)


def _content(rest: Dim, den: int) -> int:
    """The greatest common divisor of `den` and all coefficients but the constant."""
    return gcd(den, *(coefficient for factors, coefficient in rest.items() if factors))


def _over(dim: Dim, common: int) -> Size:
    """`dim` with every coefficient floor-divided by `common`, which divides all but the constant."""
    return from_terms({factors: c // common for factors, c in dim.items() if c // common})


def _lone(size: Size, kind: type[FloorDiv]) -> FloorDiv | None:
    atom = size.single_atom if isinstance(size, Dim) else None
    return atom if isinstance(atom, kind) else None


def _is_remainder(rest: Dim, den: int) -> bool:
    """Whether 0 <= rest < den whatever the symbols are, as for `(N % 3 + 1)//4`."""
    low, high = static_interval(rest)
    return low is not None and low >= 0 and high is not None and high < den


def _unwrap_mods(num: Dim, den: int) -> Size:
    """Replace `k*(x % c)` by `k*x` where den divides k*c: they differ by a multiple of den."""
    result: Size = num
    for factors, coefficient in num.items():
        atom = factors[0] if len(factors) == 1 else None
        if isinstance(atom, Mod) and isinstance(atom.den, int) and coefficient * atom.den % den == 0:
            result = result + (atom.num - from_atom(atom)) * coefficient
    return result


def _floordiv_by_dim(num: Size, den: Dim) -> Size:
    num, den = _positive_lead(num, den)
    quotient, rest = _divide(num, den)
    if isinstance(rest, int) and rest == 0:
        return quotient
    top, bottom, _ = _cancel(rest, den)
    if isinstance(bottom, int):
        return quotient + floordiv(top, bottom)
    return quotient + from_atom(intern_quotient(FloorDiv, top, bottom))


def _mod_by_dim(num: Size, den: Dim) -> Size:
    flipped_num, flipped_den = _positive_lead(num, den)
    sign = 1 if flipped_den is den else -1
    rest = _divide(flipped_num, flipped_den)[1]
    if isinstance(rest, int) and rest == 0:
        return 0
    top, bottom, common = _cancel(rest, flipped_den)
    if isinstance(bottom, int):  # (g*x) % (g*y) = g*(x % y) for every g but zero
        return common * mod(top, bottom) * sign
    return common * from_atom(intern_quotient(Mod, top, bottom)) * sign


def _positive_lead(num: Size, den: Dim) -> tuple[Size, Dim]:
    """Both negated if the leading coefficient of `den` is negative: x // y = -x // -y and x % y = -(-x % -y)."""
    return (num, den) if den.sorted_terms()[0][1] > 0 else (-num, -den)


def _divide(num: Size, den: Dim) -> tuple[Size, Size]:
    """(quotient, rest) with num = quotient*den + rest and no term of `rest` reducible by the leading term of `den`."""
    lead, multiplier = den.sorted_terms()[0]
    quotient: Size = 0
    for _ in range(MAX_STEPS):
        step = _reducible(num, lead, multiplier)
        if step is None:
            return quotient, num
        quotient = quotient + step
        num = num - step * den
    raise SizeTooComplex(f"division by {den} takes more than {MAX_STEPS} steps")


def _reducible(num: Size, lead: Monomial, multiplier: int) -> Size | None:
    """The multiple of the divisor to take away next: from the highest term that its leading term divides."""
    if isinstance(num, int):
        return None
    for factors, coefficient in num.sorted_terms():
        if coefficient // multiplier:
            left = without(factors, lead)
            if left is not None:
                return from_terms({left: coefficient // multiplier})
    return None


def without(factors: Monomial, lead: Monomial) -> Monomial | None:
    """`factors` with those of `lead` taken out; None if `lead` does not divide it."""
    if len(factors) < len(lead):
        return None
    left = list(factors)
    for atom in lead:
        if atom not in left:
            return None
        left.remove(atom)
    return tuple(left)


def _cancel(num: Size, den: Dim) -> tuple[Size, Size, Size]:
    """(num, den) over their greatest common monomial and content, and that common factor."""
    pairs = [*den.items(), *(num.items() if isinstance(num, Dim) else [((), num)])]
    content = gcd(*(coefficient for _, coefficient in pairs))
    shared = reduce(common_factors, (factors for factors, _ in pairs))
    if content == 1 and not shared:
        return num, den, 1

    def smaller(size: Size) -> Size:
        items = size.items() if isinstance(size, Dim) else [((), size)]
        return from_terms({without(factors, shared) or (): c // content for factors, c in items})

    return smaller(num), smaller(den), from_terms({shared: content})


def common_factors(left: Monomial, right: Monomial) -> Monomial:
    """The greatest common divisor of two products."""
    rest = list(right)
    shared = []
    for atom in left:
        if atom in rest:
            rest.remove(atom)
            shared.append(atom)
    return tuple(shared)
