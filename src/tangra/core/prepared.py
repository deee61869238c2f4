"""`Prepared`: a compiled function as a C function, for callers that take function pointers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tangra.core.compiling import Compiled, lowered
from tangra.core.results import call_arguments
from tangra.errors import EntryError, declare
from tangra.frontend.guards import Capture
from tangra.frontend.nodes import ArrayNode, ConstNode, DictNode, ListNode, Node, NumberNode, TupleNode
from tangra.native import Raw, compile_raw

if TYPE_CHECKING:
    from tangra.core.jitted import JitFunction

NOT_PREPARED = declare("TG820", "a function that can't be a C function")


class Prepared:
    """A C function for calls with arguments of one form. It is valid as long as this object lives.

    `address` is its address and `declaration` its prototype. Numbers are passed by value and arrays by the address of
    their elements (in C order, of the sizes prepared for), in the order in which they stand in the arguments; then come
    places for the results that are not compile-time constants. If a float is all that is returned, it is the value of
    the C function, NaN where the Python function would raise. Otherwise the C function returns 0, or 1 where the Python
    function would raise. What the function captures is what it was when it was prepared; what captured arrays hold is
    read at each call. Any thread may call it, with or without Python's global lock.
    """

    def __init__(self, raw: Raw) -> None:
        self._raw = raw
        self.address = raw.address
        self.declaration = raw.declaration

    @cached_property
    def ctypes(self) -> Any:
        """The function for ctypes, which `scipy.LowLevelCallable` takes too."""
        made = self._raw.prototype(self.address)
        made.prepared = self
        return made

    def __repr__(self) -> str:
        return f"<{self.declaration} at {self.address:#x}>"


def prepare(function: JitFunction, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Prepared:
    """The C function for calls with arguments such as these."""
    made = function.lower(*args, **kwargs).whole
    name = "".join(c if c.isalnum() else "_" for c in getattr(function.function, "__name__", "f"))
    for problem in _problems(made):
        raise EntryError(
            f"{name} can't be a C function: {problem}",
            code=NOT_PREPARED,
            fix="prepare a function that takes numbers and arrays and returns numbers and arrays of known sizes",
        )
    arguments = call_arguments(args, kwargs)
    captured = {p.param: p.path.read(arguments) for p in made.params if isinstance(p, Capture)}
    func = lowered(made.trace_again(None))
    options = replace(made.native.options, interruptible=False)
    return Prepared(compile_raw(func, options, captured, name))


def _problems(made: Compiled) -> Iterator[str]:
    """What C has no place for."""
    if made.traced.changes:
        yield "it changes objects other than arrays"
    signature = made.native.signature
    if signature.symbols:
        yield "it is compiled for arrays of any size"
    if any(signature.dynamic(k) for k in range(len(signature.results))):
        yield "the size of a result is known only after the call"
    if any(p.kind is None and not p.type.shape for p in made.params):
        yield "it takes an array without axes"
    if any(isinstance(p, Capture) and p.kind is None and not _plain(p) for p in made.params):
        yield "it reads an array that is not contiguous"
    if not _known(made.traced.result):
        yield "its result is not made of numbers and new arrays"


def _plain(p: Capture) -> bool:
    value = p.path.read({})
    return bool(value.flags.c_contiguous and value.flags.aligned)


def _known(node: Node) -> bool:
    """Whether a result is made of numbers of one kind, new arrays and constants."""
    if isinstance(node, (TupleNode, ListNode, DictNode)):
        return all(_known(item) for item in node.items)
    return isinstance(node, (ArrayNode, ConstNode)) or (isinstance(node, NumberNode) and node.tag is None)
