"""One compiled form of a function, for one key and one set of guards: how it is called."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import CodeType
from typing import TYPE_CHECKING, Any, NoReturn

from tangra.core import overlapping
from tangra.core.results import Arguments, Builder, call_arguments, change_of
from tangra.core.transformed import Transformed
from tangra.errors import AliasError
from tangra.frontend.guards import Guard
from tangra.frontend.overlaps import Overlap, WholePath
from tangra.frontend.paths import ArgRoot, Path
from tangra.frontend.specs import ArgSpec, DictSpec, InstanceSpec, ListSpec, SameSpec, parts
from tangra.frontend.traced import Terms
from tangra.ir.graph import Span
from tangra.native.function import NativeFunction

if TYPE_CHECKING:
    from tangra.core.compiling import Compiled


class Specialisation(ABC):
    """A compiled function, and the terms on which it serves calls of `plain`.

    `positional` and `named` describe the arguments of the call it was made for; symbolic dims are at least `min_dim`.
    `overlapping` has the forms for calls that this one would serve if their arrays did not overlap in memory.
    `made_again`: native code keeps some of what a call changes in registers, so a call that fails is made again by
    CPython.
    """

    native: NativeFunction
    seconds: float

    def __init__(
        self,
        terms: Terms,
        plain: Callable[..., Any],
        positional: Sequence[ArgSpec],
        named: Mapping[str, ArgSpec],
        min_dim: int,
    ) -> None:
        self.terms = terms
        self.plain = plain
        self.positional = dict(enumerate(positional))
        self.named = dict(named)
        self.min_dim = min_dim
        self.params = terms.parameters
        self.zero_rank = [w for w in terms.written if not self.params[w.param].type.rank]
        self.made_again = terms.changes or bool(self.zero_rank)
        self._identified, self.partition_needed = self._identity_paths()
        self._partition: tuple[int, ...] | None = None
        self.overlapping: dict[Any, Specialisation] = {}

    @property
    @abstractmethod
    def whole(self) -> Compiled:
        """The same with its IR."""

    def _identity_paths(self) -> tuple[list[Path], bool]:
        """Where objects are whose being the same or not matters; whether captured containers are among them."""
        terms = self.terms
        if not (terms.written or terms.changes or terms.tells_apart):
            return [], False
        paths = [p.path for p in self.params if p.kind is None and not isinstance(p.path, WholePath)]
        containers: list[Path] = []
        if terms.changes or terms.tells_apart:
            containers = [g.path for g in terms.guards if g.check == "type" and g.expected is not tuple]
        arguments = [path for key, spec in self.roots() for path in container_paths(spec, Path(ArgRoot(key)))]
        return [*paths, *containers, *arguments], bool(containers)

    def roots(self) -> list[tuple[int | str, ArgSpec]]:
        """What is known of each argument, by position or name."""
        return [*self.positional.items(), *self.named.items()]

    def remember(self, arguments: Arguments) -> None:
        """Note which objects of the call this was made for are the same."""
        self._partition = self.same(arguments)

    def same(self, arguments: Arguments) -> tuple[int, ...]:
        """Which of the objects whose identity matters are the same in a call."""
        first: dict[int, int] = {}
        return tuple(first.setdefault(id(path.read(arguments)), k) for k, path in enumerate(self._identified))

    def admits(self, arguments: Arguments) -> bool:
        """Whether the guards hold."""
        if not all(guard.holds(arguments) for guard in self.terms.guards):
            return False
        if not all(Guard(path, "equal", value).holds(arguments) for path, value in self.terms.static):
            return False
        return self._partition is None or self.same(arguments) == self._partition

    def failed_guard(self, arguments: Arguments) -> str:
        """Which guard does not hold, for the log."""
        for guard in self.terms.guards:
            if not guard.holds(arguments):
                return f"{guard.path} changed"
        for path, value in self.terms.static:
            if not Guard(path, "equal", value).holds(arguments):
                return f"{path} is no longer {value!r}, which is compiled in"
        return "other objects among those it reads are one and the same"

    def __call__(self, arguments: Arguments) -> Any:
        """Run it the careful way."""
        values = [p.path.read(arguments) for p in self.params]
        if self.blocks(arguments):
            raise AliasError("arrays that overlap in memory are written", code=overlapping.OVERLAP, fix="pass copies")
        if self.terms.written:
            self._check_writable(values)
        if self.made_again:
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
        """The Python result, after all that the call changes is changed. Everything is looked up before: what is found
        at a path is what was there in front of the call."""
        builder = Builder(results, arguments)
        result = builder.build(self.terms.result)
        changes = [change_of(mutation, builder) for mutation in self.terms.mutations]
        for change in changes:
            change.make()
        return result

    def fail(self, address: int) -> NoReturn:
        """Raise the exception of a wrapper's call that failed, whose context is at `address`."""
        raise self.exception(self.native.failed(address)) from None

    def finish(self, results: tuple[Any, ...], /, *args: Any, **kwargs: Any) -> Any:
        """Build the result and make the changes that take more than a wrapper does."""
        return self.finished(results, call_arguments(args, kwargs))

    def _on_copies(self, arguments: Arguments, values: Sequence[Any]) -> Any:
        """Run on copies of the arrays that are written, which are then copied back; None if it failed.

        A function that changes lists, dicts, attributes or arrays without axes leaves them, after an exception, as they
        were at that point. Native code keeps such state in registers, so the failed call is made again by CPython, from
        the start.
        """
        written = {w.param for w in self.terms.written}
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
        positional = [arguments[k] for k in sorted(k for k in arguments if isinstance(k, int))]
        plain = self.plain
        while isinstance(plain, Transformed) and plain.transform == "checkpoint":
            plain = plain.function  # which it is to Python; a call of the transformed one would end up here again
        return plain(*positional, **{k: v for k, v in arguments.items() if isinstance(k, str)})

    def _check_writable(self, values: Sequence[Any]) -> None:
        for w in self.terms.written:
            target = values[w.param]
            if not target.flags.writeable:
                raise ValueError(f"assignment destination is read-only: {self.params[w.param].path}")

    def blocks(self, arguments: Arguments) -> list[Overlap]:
        """The arrays of a call that overlap in memory of which this form writes some, or a transformed function in it a
        copy: it is not right for them."""
        written = {*(w.param for w in self.terms.written), *self.terms.copied}
        if not written:
            return []
        arrays = [(p.path, p.path.read(arguments)) for p in self.params if p.kind is None]
        return overlapping.blocks(arrays, [self.params[param].path for param in sorted(written)])

    def exception(self, error: BaseException) -> BaseException:
        """The exception to raise for a failure of native code: the user's class, at the user's line."""
        failure = getattr(error, "failure", None)
        if failure is None:
            return error
        spec = self.terms.exceptions.get(failure.kind)
        if spec is not None:
            error = spec.make(failure.text)
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


def container_paths(spec: ArgSpec, path: Path) -> Iterator[Path]:
    """Where the lists, dicts and instances of an argument are."""
    if isinstance(spec, (ListSpec, DictSpec, InstanceSpec, SameSpec)):
        yield path
    for part, where in parts(spec, path):
        yield from container_paths(part, where)
