"""One program through CPython, the IR interpreter (as traced, and simplified) and native code.

Everything that a user can see must be equal: the type of the result and of all its parts, dtypes, shapes, which
objects are the same, ints and bools exactly, the class and message of exceptions, and what the arguments hold
afterwards. Floats may be off by `RTOL` (float32: `SINGLE_RTOL`), relative to their size where it is above 1. A
disagreement beyond that is a near-tie, not a finding, if CPython itself disagrees with CPython when its arguments are
off by a few parts in 1e15 (float32: 1e7), or NumPy's functions by their last bit: a branch, index or rounding hangs on
it. Where such a perturbation only moves floats, they may be off by a hundred times that.
"""

from __future__ import annotations

import builtins
import copy
import inspect
import re
import time
import types
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tangra.frontend.stack_order import NOT_ORDERED
from tests.fuzz import inputs, modules, roundings
from tests.fuzz.compare import Outcome, difference, sharing, spreads

DONATING = 7
"""One call in so many is made with donated arguments too."""
ROUNDINGS = 6
"""How often CPython runs with other roundings before a disagreement is a finding."""
LONG = 0.5
"""Seconds of CPython: the IR interpreter, which takes some forty times as long, is left out of longer calls."""
RTOL, SINGLE_RTOL = 1e-9, 3e-5
NOISE = (1e-15, 3e-15, 1e-14, 1e-13)
SINGLE_NOISE = (1e-7, 3e-7, 1e-6)
READ_ONLY_BLIND = r"add\.at|copyto"
"""NumPy's functions that write to read-only arrays without a word, or only look whether they would change something."""
OWN_BUG = "(a bug of the compiler)"
"""Ends the message of a refusal that should never be seen."""
UNRELATED = re.compile(r"0x[0-9a-f]+|fuzzed_\d+|\d+")


@dataclass(frozen=True)
class Verdict:
    """What came of a program: `sort` is "agree", "tie", "refused", or "wrong" and "crash", which are findings."""

    sort: str
    message: str = ""

    @property
    def finding(self) -> bool:
        return self.sort in ("wrong", "crash", "internal")

    @property
    def signature(self) -> str:
        """The message without what changes from program to program."""
        return f"{self.sort}: {UNRELATED.sub('#', self.message.splitlines()[0] if self.message else '')[:110]}"


AGREE = Verdict("agree")


def tangra() -> Any:
    """The package."""
    import tangra as package

    return package


def outcome(function: Callable[..., Any], args: tuple[Any, ...]) -> Outcome:
    """Call a function; an exception is an outcome like any other."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return Outcome(function(*args), None, args)
        except Exception as error:
            return Outcome(None, error, args)


def parameters(module: types.ModuleType) -> list[str]:
    """The names of f's parameters."""
    return list(inspect.signature(module.f).parameters)


def has_runtime_sizes(source: str) -> bool:
    """Whether the sizes of a program are expressions."""
    return bool(re.search(r"shape\[|len\(|\.size", source.split("def f(")[-1])) and not re.search(
        r"np\.\w+\((3|\(2, 3\))[,)]", source
    )


def is_single(source: str, calls: Sequence[inputs.Call]) -> bool:
    """Whether float32 numbers take part."""
    return bool(re.search(r"float32|[(, ]z[,)]", source)) or any(
        "float32" in f for c in calls for f in c.forms.values()
    )


# ---- the interpreter ---------------------------------------------------------------------------


class _Failed(Exception):
    """A failure of interpreted IR, with the kind and text that native code would report."""

    kind: str


class _Failures(dict[str, type[BaseException]]):
    """For every kind of failure an exception class that remembers the kind."""

    def get(self, kind: str, default: Any = None) -> Any:
        return type("_Failed", (_Failed,), {"kind": kind})


@dataclass
class _Failure:
    kind: str
    text: str
    span: None = None


class Interpreted:
    """Stands in for the native function of a specialisation: same arguments, results and writes."""

    def __init__(self, func: Any, watch: Any = None) -> None:
        self.func = func
        self.watch = watch

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        from tangra.ir.interpreter import interpret

        try:
            found = interpret(self.func, values, _Failures(), self.watch)
        except Exception as error:
            for param, value in getattr(error, "tangra_state", {}).items():
                values[param][...] = value
            raise reported(error) from None
        for param, result in self.func.attrs["written"]:
            values[param][...] = found[result]
        return found


def reported(error: Any) -> BaseException:
    """A failure of interpreted IR as native code reports it; errors of the interpreter itself stay as they are."""
    if type(error).__name__ == "InterpreterError":
        return error  # type: ignore[no-any-return]
    kind = error.kind if isinstance(error, _Failed) else type(error).__name__
    cls = getattr(builtins, kind, np.linalg.LinAlgError if kind == "LinAlgError" else type(error))
    found: BaseException = cls(*error.args)
    found.failure = _Failure(kind, str(error.args[0]) if error.args else "")  # type: ignore[attr-defined]
    return found


def interpreted(specialisation: Any, stage: str, watch: Any = None) -> Callable[..., Any]:
    """A specialisation that runs its IR, 'traced' or 'simplified', through the reference interpreter."""
    twin = copy.copy(specialisation)
    twin.native = Interpreted(specialisation.traced.func if stage == "traced" else specialisation.func, watch)
    return lambda *args: twin(dict(enumerate(args)))


# ---- comparing ---------------------------------------------------------------------------


def check(source: str, number: int = 0) -> Verdict:
    """The verdict on a program, called as scenario `number` says."""
    module = modules.load(source)
    try:
        return _check(source, module, number)
    finally:
        modules.unload(module)


def _check(source: str, module: types.ModuleType, number: int) -> Verdict:
    plan = inputs.scenario(number, has_runtime_sizes(source), read_only=not re.search(READ_ONLY_BLIND, source))
    names = parameters(module)
    compiled = tangra().jit(module.f, dynamic=True) if plan.dynamic else tangra().jit(module.f)
    single = is_single(source, plan.calls)
    verdicts = []
    for position, call in enumerate(plan.calls):

        def fresh(call: inputs.Call = call) -> tuple[Any, ...]:
            return inputs.make(names, call, module)

        verdict = one_call(
            modules.plain(module), compiled, fresh, single, run_interpreter=position == len(plan.calls) - 1
        )
        if verdict.sort == "agree" and (number + position) % DONATING == 0:
            verdict = donating(module.f, modules.plain(module), fresh, single)
        if verdict.finding:
            return Verdict(verdict.sort, f"{verdict.message}\n  call {position} of {plan}")
        verdicts.append(verdict)
    return max(verdicts, key=lambda v: v.sort != "agree")


def donating(
    function: Callable[..., Any], plain: Callable[..., Any], fresh: Callable[[], tuple[Any, ...]], single: bool
) -> Verdict:
    """A call that donates every array it can, against CPython: results are equal, whatever arguments hold."""
    arrays = [k for k, v in enumerate(fresh()) if isinstance(v, np.ndarray) and v.flags.writeable]
    wanted = outcome(plain, fresh())
    found = outcome(tangra().jit(function, donate=arrays), fresh())
    if refused(found.error, wanted.error) is not None:
        return AGREE
    bare = [Outcome(copy.deepcopy(o.result), o.error, ()) for o in (found, wanted)]
    return judge("donating", bare[0], bare[1], plain, fresh, single)


def one_call(
    function: Callable[..., Any],
    compiled: Any,
    fresh: Callable[[], tuple[Any, ...]],
    single: bool,
    run_interpreter: bool,
) -> Verdict:
    """Compare the ways of making one call."""
    begun = time.process_time()
    wanted = outcome(function, fresh())
    took = time.process_time() - begun
    found = outcome(compiled, fresh())
    refusal = refused(found.error, wanted.error)
    if refusal is not None:
        return refusal
    ways = [("native", found)]
    if run_interpreter and took < LONG:
        specialisation = compiled.lower(*fresh())
        for stage in ("traced", "simplified"):
            ways.append((f"IR as {stage}", outcome(interpreted(specialisation, stage), fresh())))
    for way, got in ways:
        if way != "native" and isinstance(got.error, tangra().AliasError):
            continue  # arguments that overlap: the compiled function has a form of its own for them
        verdict = judge(way, got, wanted, function, fresh, single)
        if verdict.sort != "agree":
            return verdict
    problem = sharing(found, wanted)
    return AGREE if problem is None else Verdict("wrong", f"native: {problem}")


def refused(error: BaseException | None, wanted: BaseException | None) -> Verdict | None:
    """The verdict if a call was refused by the compiler, also where the program that CPython runs calls it."""
    package = tangra()
    if isinstance(wanted, package.TangraError):
        return Verdict("refused", f"outside: {type(wanted).__name__} {wanted.code}: {wanted.diagnostic.message}")
    if isinstance(error, package.InternalError) or type(error).__name__ in ("InterpreterError", "VerifyError"):
        return Verdict("internal", f"{type(error).__name__}: {first_line(error)}")
    if not isinstance(error, package.TangraError):
        return None
    if wanted is not None and isinstance(error, type(wanted)):
        return AGREE
    if OWN_BUG in error.diagnostic.message:
        return Verdict("internal", f"{type(error).__name__}: {error.diagnostic.message}")
    return Verdict("refused", f"{type(error).__name__} {error.code}: {error.diagnostic.message}")


def first_line(error: BaseException | None) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else ""


def judge(
    way: str,
    got: Outcome,
    wanted: Outcome,
    function: Callable[..., Any],
    fresh: Callable[[], tuple[Any, ...]],
    single: bool,
) -> Verdict:
    """Compare one way with CPython."""
    rtol = SINGLE_RTOL if single else RTOL
    problem = difference(got, wanted, rtol)
    if problem is None:
        return AGREE
    if overflowed(got, wanted):
        return Verdict("tie", "an int beyond 64 bits")
    if NOT_ORDERED in str(got.error):
        return Verdict("tie", "a list with NaN is sorted")
    noisy = []
    for k, size in enumerate(SINGLE_NOISE if single else NOISE):
        for seed in range(3):
            rng = np.random.default_rng(10 * k + seed)
            noisy.append(outcome(function, inputs.perturbed(fresh(), rng, size)))
    for seed in range(ROUNDINGS):
        with roundings.other_roundings(function, np.random.default_rng(seed)):
            other = outcome(function, fresh())
        noisy += [] if isinstance(other.error, tangra().TangraError) else [other]  # it compiles what it calls
    spread = spreads(noisy, wanted)
    if spread is None:
        return Verdict("tie", f"{way}: {problem}")
    if difference(got, wanted, rtol, {path: 100 * s for path, s in spread.items()}) is None:
        return Verdict("tie", f"{way}: {problem}")
    error = f" [{type(got.error).__name__}: {first_line(got.error)}]" if got.error is not None else ""
    return Verdict("wrong", f"{way}: {problem}{error}")


def overflowed(got: Outcome, wanted: Outcome) -> bool:
    """Whether compiled code refused an int beyond 64 bits, which is the documented difference."""
    return is_beyond(got.error) and not isinstance(wanted.error, OverflowError)


def is_beyond(error: BaseException | None) -> bool:
    """Whether compiled code says that an int does not fit in 64 bits."""
    return isinstance(error, OverflowError) and any(limit in str(error) for limit in ("64", "2**53"))
