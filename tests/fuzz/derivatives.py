"""Derivatives of programs: forward against reverse, against differences, second order, and vmap against a loop.

Forward and reverse mode must agree to `RTOL`. Central differences with two steps bound the truth: the derivative must
be as near to the better one as the two are to each other, and to a tolerance. What a program raises, its derivative
raises. Programs that are not smooth have derivatives nearly everywhere; differences say nothing where those with two
steps don't agree, or float32 takes part.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from tests.fuzz import compositions, inputs, modules, ways
from tests.fuzz.compare import Outcome, off
from tests.fuzz.subjects import FLOATS, Subject, attempt, close, difference, dot, ill_conditioned, last_bits, size
from tests.fuzz.ways import AGREE, Verdict

COMPOSED = 7
"""Two programs in so many go through one of the compositions too."""
ZERO = "zero everywhere"
"""Part of the message on derivatives of step functions, which are refused."""


def check(source: str, number: int = 0) -> Verdict:
    """The verdict on the derivatives of a program."""
    module = modules.load(source)
    try:
        return _check(source, module, number)
    finally:
        modules.unload(module)


def _check(source: str, module: Any, number: int) -> Verdict:
    r = random.Random(number)
    sizes = r.choice([(3, 2), (3, 2), (1, 1), (4, 3), (18, 2)]) if ways.has_runtime_sizes(source) else (3, 2)
    call = inputs.Call(*sizes, r.randrange(99))
    names = ways.parameters(module)
    rng = np.random.default_rng(number)
    shapes = ((call.n,), (call.k, call.n), ())
    directions = [tuple(v if (v := rng.normal(size=shape)).shape else float(v) for shape in shapes) for _ in range(2)]
    subject = Subject(module.f, lambda: inputs.make(names, call, module), *directions, modules.plain(module))
    subject.single = ways.is_single(source, ())
    wanted = ways.outcome(subject.plain, subject.fresh())
    if wanted.error is not None:
        return fails_alike(subject, wanted)
    if not np.isfinite(wanted.result):
        return Verdict("tie", "the value is not finite")
    checks: list[Callable[[Subject], Verdict]] = [first_order]
    if number % 2:
        checks.append(columns)
    if number % 3 == 0:
        checks.append(second_order)
    if number % 3 == 1:
        checks.append(lambda s: lanes(s, module, names, call))
    if number % 3 == 2:
        checks.append(lambda s: checkpointed(s, r))
    if number % COMPOSED in (1, 4):
        checks.append(lambda s: compositions.composed(s, r))
    for one in checks:
        verdict = one(subject)
        if ZERO in verdict.message:
            return AGREE
        if verdict.sort != "agree":
            return verdict
    return AGREE


def fails_alike(subject: Subject, wanted: Outcome) -> Verdict:
    """A program that raises: its gradient raises the same."""
    got = ways.outcome(subject.gradient, subject.fresh())
    refusal = ways.refused(got.error, wanted.error)
    if refusal is not None:
        return refusal
    if type(got.error) is not type(wanted.error) or str(got.error) != str(wanted.error):
        return Verdict("wrong", f"grad: {got.error!r}, expected {wanted.error!r}")
    return AGREE


def first_order(subject: Subject) -> Verdict:
    """Forward mode along a direction, reverse mode's gradient on it, and central differences."""
    tg = ways.tangra()
    gradient, verdict = attempt("grad", lambda: subject.gradient(*subject.fresh()))
    if verdict.sort != "agree":
        return verdict
    for k, (part, arg) in enumerate(zip(gradient, subject.fresh(), strict=False)):
        if np.shape(part) != np.shape(arg) or isinstance(part, np.ndarray) != isinstance(arg, np.ndarray):
            return Verdict("wrong", f"grad: part {k} is {part!r:.60} for {arg!r:.60}")
    pair, verdict = attempt("jvp", lambda: tg.jvp(subject.f, subject.fresh(), subject.tangents(subject.direction)))
    if verdict.sort != "agree":
        return verdict
    value, tangent = pair
    wanted = ways.outcome(subject.plain, subject.fresh()).result
    if off(value, wanted) > subject.rtol:
        return ill_conditioned(subject, Verdict("wrong", f"jvp: value {value!r}, expected {wanted!r}"))
    along, scale = dot(gradient, subject.direction), size(gradient, subject.direction)
    verdict = close("forward against reverse", float(tangent), along, subject.rtol * max(1.0, scale))
    if verdict.sort != "agree":
        return ill_conditioned(subject, verdict)
    if subject.single:
        return AGREE
    numeric, uncertain = difference(lambda h: float(subject.plain(*subject.moved(h))))
    verdict = close("derivative against differences", along, numeric, uncertain + 1e-6 * scale)
    if verdict.sort != "agree" and uncertain > max(1.0, abs(numeric)):
        return Verdict("tie", "differences say nothing: steps are too long for it")
    if verdict.sort != "agree" and np.isnan(along) and overflows(subject):
        return Verdict("tie", "numbers on the way are beyond the range of floats")
    return verdict


MAY_OVERFLOW = (
    "mul",
    "add",
    "sub",
    "pow",
    "exp",
    "reduce_sum",
    "reduce_prod",
    "dot_general",
    "cumsum",
    "cumprod",
    "sinh",
    "cosh",
)


def overflows(subject: Subject) -> bool:
    """Whether an operation of the gradient gives infinity because numbers grow beyond the range of floats: 0.0 times
    that is NaN."""
    found: list[str] = []

    def watch(op: Any, results: Sequence[Any]) -> None:
        if op.name in MAY_OVERFLOW and any(np.isinf(r).any() for r in results):
            found.append(op.name)

    args = subject.fresh()
    form = subject.gradient.compiled.lower(*args)
    ways.outcome(lambda *given: ways.interpreted(form, "simplified", watch)(*given), args)
    return bool(found)


def columns(subject: Subject) -> Verdict:
    """Forward mode along all of the first argument at once against the gradient."""
    gradient = subject.gradient(*subject.fresh())
    found, verdict = attempt("jacfwd", lambda: ways.tangra().jacfwd(subject.f)(*subject.fresh()))
    if verdict.sort != "agree":
        return verdict
    scale = max(1.0, size(gradient, subject.direction))
    if np.shape(found) != np.shape(gradient[0]) or off(found, gradient[0]) > subject.rtol * scale:
        return ill_conditioned(subject, Verdict("wrong", f"jacfwd: {found!r:.60}, expected {gradient[0]!r:.60}"))
    return AGREE


def second_order(subject: Subject) -> Verdict:
    """Forward over reverse, reverse over reverse, and differences of gradients."""
    tg = ways.tangra()
    f, direction, other = subject.f, subject.direction, subject.other
    product, verdict = attempt("hvp", lambda: tg.hvp(f, subject.fresh(), subject.tangents(direction)))
    if verdict.sort != "agree":
        return verdict

    def slope(*args: Any) -> Any:
        gx, gy, gs = tg.grad(f, argnums=FLOATS)(*args[:-3])
        dx, dy, ds = args[-3:]
        return np.sum(gx * dx) + np.sum(gy * dy) + gs * ds

    reverse, verdict = attempt("grad of grad", lambda: tg.grad(slope, argnums=FLOATS)(*subject.fresh(), *direction))
    if verdict.sort != "agree":
        return verdict
    mine, theirs = dot(product[:3], other), dot(reverse, other)
    scale = max(1.0, size(product[:3], other))
    verdict = close("hvp against grad of grad", mine, theirs, subject.rtol * 10 * scale)
    if verdict.sort != "agree":
        return ill_conditioned(subject, verdict)
    if subject.single:
        return AGREE
    numeric, uncertain = difference(lambda h: dot(subject.gradient(*subject.moved(h)), other))
    verdict = close("hvp against differences of gradients", mine, numeric, uncertain + 1e-6 * scale)
    if verdict.sort != "agree" and uncertain > max(1.0, abs(numeric)):
        return Verdict("tie", "differences say nothing: steps are too long for it")
    return verdict


PLANS: tuple[dict[str, Any], ...] = ({"policy": "sqrt"}, {"policy": "binomial", "snapshots": 2}, {"memory": 10**5})


def checkpointed(subject: Subject, r: random.Random) -> Verdict:
    """The gradient with checkpointed loops against that without."""
    tg = ways.tangra()
    plan = r.choice(PLANS)
    wanted = subject.gradient(*subject.fresh())
    kept = tg.checkpoint(subject.f, **plan)
    found, verdict = attempt(f"checkpoint {plan}", lambda: tg.grad(kept, argnums=FLOATS)(*subject.fresh()))
    if verdict.sort != "agree":
        return verdict
    for k, (part, other) in enumerate(zip(found, wanted, strict=True)):
        scale = max(1.0, float(np.abs(other).max(initial=0.0)))
        if off(np.asarray(part) / scale, np.asarray(other) / scale) > subject.rtol:
            return ill_conditioned(
                subject, Verdict("wrong", f"checkpoint {plan}: part {k} is {part!r}, expected {other!r}")
            )
    return AGREE


def _copied(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(np.copy(a)[()] for a in row)


def lanes(subject: Subject, module: Any, names: list[str], call: inputs.Call) -> Verdict:
    """vmap against a Python loop, every lane with its own floats and its own n: trip counts differ."""
    tg = ways.tangra()
    calls = [inputs.Call(call.n, call.k, call.seed + b) for b in range(3)]
    rows = [inputs.make(names, c, module) for c in calls]
    if not all(isinstance(a, (np.ndarray, float, int)) for a in rows[0]):
        return AGREE
    rows = [row for row in rows if ways.outcome(subject.plain, _copied(row)).error is None]
    if len(rows) < 2:
        return AGREE
    wanted = [ways.outcome(subject.plain, _copied(row)).result for row in rows]
    batch = tuple(np.stack(column) for column in zip(*rows, strict=True))
    found, verdict = attempt("vmap", lambda: tg.vmap(subject.f)(*batch))
    if "depends on the lane" in verdict.message:
        return AGREE
    if verdict.sort != "agree":
        return verdict
    if np.shape(found) != (len(rows),):
        return Verdict("wrong", f"vmap: shape {np.shape(found)}, expected {(len(rows),)}")
    if off(found, wanted) > subject.rtol:
        verdict = Verdict("wrong", f"vmap: {found!r}, expected {wanted!r}")
        others = [row for k, row in enumerate(rows) if off(found[k], wanted[k]) > subject.rtol]
        if all(off(*last_bits(partial(_copied, row), subject.plain)) > 1e-6 for row in others):
            return Verdict("tie", verdict.message)  # other lanes than the subject's may be chaotic
        return ill_conditioned(subject, verdict)
    found, verdict = attempt("vmap of grad", lambda: tg.vmap(tg.grad(subject.f, argnums=FLOATS))(*batch))
    if verdict.sort != "agree":
        return verdict
    for b, row in enumerate(rows):
        gradient = subject.gradient(*_copied(row))
        for part, whole in zip(gradient, found, strict=True):
            scale = max(1.0, float(np.abs(part).max(initial=0.0)))
            if off(np.asarray(whole[b]) / scale, np.asarray(part) / scale) > subject.rtol:
                return ill_conditioned(
                    subject, Verdict("wrong", f"vmap of grad: lane {b}: {whole[b]!r}, expected {part!r}")
                )
    return AGREE
