"""One compiled form of a function, for one key and one set of guards: how it is made and how it is called."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import CodeType
from typing import Any

from tangra.api.kinds import PYBOOL
from tangra.core import overlapping
from tangra.core.donation import Donation, donated
from tangra.core.dynamic import LEAST, SMALL_DIM, Axes, is_named
from tangra.core.placing import argument_names
from tangra.core.results import Arguments, Builder, apply
from tangra.core.serving import Plan
from tangra.errors import AliasError
from tangra.frontend.entry import Leaf, Traced, trace
from tangra.frontend.failures import exception_arguments
from tangra.frontend.live import Capture, Guard
from tangra.frontend.paths import ArgRoot, Path
from tangra.frontend.policy import Policy
from tangra.frontend.shared_memory import Overlap, WholePath
from tangra.frontend.specs import (
    ArgSpec,
    ArraySpec,
    ConstSpec,
    DictSpec,
    InstanceSpec,
    ListSpec,
    NumberSpec,
    TupleSpec,
    spec_of,
)
from tangra.ir import ArrayType, Func, Span
from tangra.ir.verifier import verify
from tangra.native import NativeOptions, compile_func
from tangra.shapes import Size
from tangra.transforms import simplify
from tangra.transforms.finishing import finish

Symbolic = Callable[[int], Size | None]
"""For the position of a dim among the large dims of a call: the symbol it becomes, or None to stay as it is."""


def describe_arguments(
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    static: frozenset[int | str],
    dynamic: Mapping[int | str, Axes],
    symbolic: Symbolic | None,
    function: Any,
) -> tuple[list[ArgSpec], dict[str, ArgSpec]]:
    """The ArgSpecs of a call of `function` (which names them in errors): bools and `static` arguments are constants,
    large dims, and the axes that `dynamic` names, may become symbols."""
    refine = _Refine(symbolic)
    seen: set[int] = set()

    def described(key: int | str, v: Any, where: str) -> ArgSpec:
        refine.axes = dynamic.get(key, ())
        return ConstSpec(v) if key in static else refine.spec(spec_of(v, where, seen))

    names = argument_names(function, len(args))
    positional = [described(k, v, names[k]) for k, v in enumerate(args)]
    named = {name: described(name, kwargs[name], f"argument {name}") for name in sorted(kwargs)}
    return positional, {name: named[name] for name in kwargs}


class _Refine:
    """Rewrites the specs of a call in the order in which `keys` walks it."""

    def __init__(self, symbolic: Symbolic | None) -> None:
        self.axes: Axes = ()
        self.symbolic = symbolic
        self.position = 0
        self.seen: set[int] = set()

    def spec(self, s: ArgSpec) -> ArgSpec:
        if isinstance(s, NumberSpec):
            return ConstSpec(s.value) if s.kind == PYBOOL else s
        if isinstance(s, ArraySpec):
            return self._array(s)
        if isinstance(s, TupleSpec):
            return TupleSpec(tuple(self.spec(x) for x in s.items), s.cls)
        if isinstance(s, ListSpec):
            return ListSpec(tuple(self.spec(x) for x in s.items), s.identity, s.source)
        if isinstance(s, DictSpec):
            return DictSpec(s.keys, tuple(self.spec(x) for x in s.items), s.identity, s.source)
        if isinstance(s, InstanceSpec):
            return InstanceSpec(s.cls, s.names, tuple(self.spec(x) for x in s.items), s.identity, s.source)
        return s

    def _array(self, s: ArraySpec) -> ArgSpec:
        if s.identity is not None and s.identity in self.seen:
            return s
        if s.identity is not None:
            self.seen.add(s.identity)
        shape: list[Size] = []
        for axis, n in enumerate(s.type.shape):
            size: Size | None = None
            asked = is_named(self.axes, axis, s.type.rank)
            if isinstance(n, int) and (n > SMALL_DIM or (asked and n >= LEAST)):
                size = self.symbolic(self.position) if self.symbolic is not None else None
                self.position += 1
            shape.append(n if size is None else size)
        return ArraySpec(ArrayType(s.type.dtype, tuple(shape)), s.identity, s.source, s.read_only, s.layout)


class Specialisation:
    """A traced, simplified and compiled function.

    `positional` and `named` describe the arguments of the call it was made for; symbolic dims are at least `min_dim`.
    `overlapping` has the forms for calls that this one would serve if their arrays did not overlap in memory.
    """

    def __init__(
        self,
        trace_again: Callable[[Policy | None], Traced],
        positional: Sequence[ArgSpec],
        named: Mapping[str, ArgSpec],
        min_dim: int,
        options: NativeOptions,
        donation: Donation | None = None,
    ) -> None:
        self.trace_again = trace_again
        self.traced = traced = trace_again(None)
        self.positional = dict(enumerate(positional))
        self.named = dict(named)
        self.donation = donation
        if donation is not None:
            traced.written += donated(traced, dict(self.roots()), donation)
        self.min_dim = min_dim
        started = time.perf_counter()
        params: list[Leaf | Capture] = [*traced.leaves, *traced.captures]
        self.params = sorted(params, key=lambda leaf: leaf.param)
        self.zero_rank = [w for w in traced.written if not traced.func.params[w.param].array.rank]
        self._identified, self.partition_needed = self._identity_paths()
        self.func = lowered(traced)
        self.native = compile_func(self.func, options=options, planner=Plan(self))
        self.seconds = time.perf_counter() - started
        self._partition: tuple[int, ...] | None = None
        self.overlapping: dict[Any, Specialisation] = {}
        self.plain: Callable[..., Any] | None = None

    def rebuilt(self, options: NativeOptions) -> Specialisation:
        """The same, compiled with other options."""
        specs = list(self.positional.values())
        return Specialisation(self.trace_again, specs, self.named, self.min_dim, options, self.donation)

    def _identity_paths(self) -> tuple[list[Path], bool]:
        """Where objects are whose being the same or not matters; whether captured containers are among them."""
        if not (self.traced.written or self.traced.changes):
            return [], False
        paths = [p.path for p in self.params if p.kind is None and not isinstance(p.path, WholePath)]
        containers: list[Path] = []
        if self.traced.changes:
            containers = [g.path for g in self.traced.guards if g.check == "type" and g.expected is not tuple]
        arguments = [path for key, spec in self.roots() for path in container_paths(spec, Path(ArgRoot(key)))]
        return [*paths, *containers, *arguments], bool(containers)

    def roots(self) -> list[tuple[int | str, ArgSpec]]:
        """What is known of each argument, by position or name."""
        return [*self.positional.items(), *self.named.items()]

    def remember(self, arguments: Arguments) -> None:
        """Note which objects of the call this was made for are the same."""
        self._partition = self._same(arguments)

    def _same(self, arguments: Arguments) -> tuple[int, ...]:
        first: dict[int, int] = {}
        return tuple(first.setdefault(id(path.read(arguments)), k) for k, path in enumerate(self._identified))

    def admits(self, arguments: Arguments) -> bool:
        """Whether the guards hold."""
        if not all(guard.holds(arguments) for guard in self.traced.guards):
            return False
        if not all(Guard(path, "equal", value).holds(arguments) for path, value in self.traced.static):
            return False
        return self._partition is None or self._same(arguments) == self._partition

    def failed_guard(self, arguments: Arguments) -> str:
        """Which guard does not hold, for the log."""
        for guard in self.traced.guards:
            if not guard.holds(arguments):
                return f"{guard.path} changed"
        for path, value in self.traced.static:
            if not Guard(path, "equal", value).holds(arguments):
                return f"{path} is no longer {value!r}, which is compiled in"
        return "other objects among those it reads are one and the same"

    def __call__(self, arguments: Arguments) -> Any:
        """Run it the careful way."""
        values = [p.path.read(arguments) for p in self.params]
        if self.blocks(arguments):
            raise AliasError("arrays that overlap in memory are written", code=overlapping.OVERLAP, fix="pass copies")
        if self.traced.written:
            self._check_writable(values)
        if self.traced.changes and self.plain is not None:
            found = self._on_copies(arguments, values)
            if found is None:
                return self._by_python(arguments)
        else:
            try:
                found = self.native(values)
            except BaseException as e:
                raise self.exception(e) from None
        for w in self.zero_rank:
            values[w.param][...] = found[w.result]
        return self.finished(found, arguments)

    def finished(self, results: Sequence[Any], arguments: Arguments) -> Any:
        """The Python result, after all that the call changes is changed."""
        builder = Builder(results, arguments)
        result = builder.build(self.traced.result)
        for mutation in self.traced.mutations:
            apply(mutation, builder)
        return result

    def _on_copies(self, arguments: Arguments, values: Sequence[Any]) -> Any:
        """Run on copies of the arrays that are written, which are then copied back; None if it failed.

        A function that changes lists, dicts or attributes leaves them, after an exception, as they were at that point.
        Native code keeps such state in registers, so the failed call is made again by CPython, from the start.
        """
        written = {w.param for w in self.traced.written}
        given = [v.copy() if k in written else v for k, v in enumerate(values)]
        try:
            found = self.native(given)
        except BaseException as e:
            if getattr(e, "failure", None) is None:
                raise
            return None
        for k in written:
            values[k][...] = given[k]
        return found

    def _by_python(self, arguments: Arguments) -> Any:
        assert self.plain is not None
        positional = [arguments[k] for k in sorted(k for k in arguments if isinstance(k, int))]
        return self.plain(*positional, **{k: v for k, v in arguments.items() if isinstance(k, str)})

    def _check_writable(self, values: Sequence[Any]) -> None:
        for w in self.traced.written:
            target = values[w.param]
            if not target.flags.writeable:
                raise ValueError(f"assignment destination is read-only: {self.params[w.param].path}")

    def blocks(self, arguments: Arguments) -> list[Overlap]:
        """The arrays of a call that overlap in memory of which this form writes some: it is not right for them."""
        if not self.traced.written:
            return []
        arrays = [(p.path, p.path.read(arguments)) for p in self.params if p.kind is None]
        return overlapping.blocks(arrays, [self.params[w.param].path for w in self.traced.written])

    def exception(self, error: BaseException) -> BaseException:
        """The exception to raise for a failure of native code: the user's class, at the user's line."""
        failure = getattr(error, "failure", None)
        if failure is None:
            return error
        spec = self.traced.exceptions.get(failure.kind)
        if spec is not None:
            error = spec.cls(*exception_arguments(spec, failure.text))
        return at_line(error, failure.span)


def at_line(error: BaseException, span: Span | None) -> BaseException:
    """`error` with a traceback entry for the line of the user's source it comes from."""
    if span is None:
        return error
    code = compile("\n" * (span.line - 1) + "raise error", span.file, "exec")
    code = code.replace(co_name=span.function or "<compiled>")
    if hasattr(code, "co_qualname"):
        code = code.replace(co_qualname=span.function or "<compiled>")
    assert isinstance(code, CodeType)
    try:
        exec(code, {"error": error})
    except BaseException as raised:
        if raised is not error:
            raise
        traceback = error.__traceback__
        error.__traceback__ = traceback.tb_next if traceback is not None else None
    return error


def lowered(traced: Traced) -> Func:
    """The simplified IR that is compiled."""
    returned = {w.param: w.result for w in traced.written}
    in_place = tuple((p, r) for p, r in returned.items() if traced.func.params[p].array.rank)
    traced.func.attrs["written"] = in_place
    func = simplify(traced.func)
    finish(func)
    func.attrs["written"] = in_place
    if os.environ.get("TANGRA_VERIFY"):
        verify(func)
    return func


def container_paths(spec: ArgSpec, path: Path) -> Iterator[Path]:
    """Where the lists, dicts and instances of an argument are."""
    if isinstance(spec, (ListSpec, DictSpec, InstanceSpec)):
        yield path
    if isinstance(spec, (TupleSpec, ListSpec)):
        for k, item in enumerate(spec.items):
            yield from container_paths(item, path.item(k))
    elif isinstance(spec, DictSpec):
        for key, item in zip(spec.keys, spec.items, strict=True):
            yield from container_paths(item, path.item(key))
    elif isinstance(spec, InstanceSpec):
        for name, item in zip(spec.names, spec.items, strict=True):
            yield from container_paths(item, path.attr(name))


def compile_call(
    fn: Callable[..., Any],
    args: Sequence[ArgSpec],
    kwargs: Mapping[str, ArgSpec],
    name: str,
    min_dim: int,
    options: NativeOptions,
    blocks: Sequence[Overlap] = (),
    donation: Donation | None = None,
) -> Specialisation:
    """Trace, simplify and compile a call; `blocks` are its arrays that overlap in memory. These keep their memory."""

    def traced(policy: Policy | None) -> Traced:
        return trace(fn, args, kwargs, name=name, min_dim=min_dim, policy=policy, blocks=blocks)

    made = Specialisation(traced, args, kwargs, min_dim, options, None if blocks else donation)
    made.plain = fn
    return made
