"""Regions: stretches of text that become LLVM functions of their own, which the pool's threads run chunk by chunk.

A region is written where it stands, into a list of lines of its own. What its text names but doesn't define are its
captured values: the caller puts them into a frame on its stack, and the function takes them as parameters, pointers as
`noalias`, since each is the start of a stretch of memory of its own. Addresses within such a stretch are computed again
in the region. Variables on the caller's stack are handed over as copies, so that they can be kept in registers
elsewhere. Chunks have contexts of their own, and so their own arena and tapes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tangra.native import arena
from tangra.native.frames import Frame
from tangra.native.polling import PERIOD
from tangra.native.text import UNLIKELY, Lines, Operand, flatten, result_type

if TYPE_CHECKING:
    from tangra.native.emitter import Emitter

RUN = "tangra.run"
NAMES = re.compile(r"%[A-Za-z0-9_.]+")
DEFINED = re.compile(r"^\s*(%[A-Za-z0-9_.]+) = |^([A-Za-z0-9_.]+):", re.MULTILINE)
ALLOCA = re.compile(r"alloca (?:\[(\d+) x (\w+)\]|(\w+))")
BYTES = {"i1": 1, "i8": 1, "i16": 2, "i32": 4, "float": 4, "i64": 8, "double": 8, "ptr": 8}


class Dependent(Exception):
    """What was to be a region turned out to be none: its trips share memory that they copy as a whole."""


class Unpaired(Exception):
    """The second loop of a pair turned out to be dependent after the first was written in chunks."""


@dataclass(frozen=True)
class Chunk:
    """The operands of a chunk's number and of its trips, `low` to `high`."""

    number: str
    low: str
    high: str


@dataclass
class _Text:
    """A region's text, without the function around it."""

    lines: Lines = field(default_factory=list)
    allocas: Lines = field(default_factory=list)
    cold: Lines = field(default_factory=list)
    polls: bool = False
    arena: bool = False


def run(
    em: Emitter, trips: Operand, length: Operand, write: Callable[[Chunk], None], shared: frozenset[str] = frozenset()
) -> None:
    """Run `trips` trips in chunks of `length`; `write(chunk)` writes one chunk's text. Leaves the function where a
    chunk fails. `shared` are variables on the stack that are to be handed over themselves.

    Raises `Dependent` as `write` does; nothing is written then.
    """
    code = em.code
    chunk = Chunk("%" + code.name("chunk"), "%" + code.name("low"), "%" + code.name("high"))
    for name in (chunk.number, chunk.low, chunk.high):
        code.made[name] = "param i64"
    text = _Text()
    with _elsewhere(em, text):
        write(chunk)
    _Call(em, text, chunk, shared).write(trips, length)


@contextmanager
def _elsewhere(em: Emitter, text: _Text) -> Iterator[None]:
    """Let the emitter write into `text`, with memory of its own."""
    code, frames = em.code, len(em.frames)
    lines, label, depth = code.lines, code.label, code.depth
    kept = em.allocas, em.cold, em.uses_poll, em.uses_arena, em.uses_failure, em.stack_bytes, em.floor
    proven, backward = set(em.proven), em.backward
    em.allocas, em.cold = text.allocas, text.cold
    em.uses_poll = em.uses_arena = em.uses_failure = False
    em.stack_bytes, em.floor = 0, frames
    outer = em.frame
    start: Lines = []
    frame = Frame(outer.block, outer.info, position=outer.position, slots=[start])
    code.lines, code.label, code.depth = text.lines, "entry", 0
    em.frames.append(frame)
    try:
        code.lines.append(start)
        code.fall_into("body")
        yield
        text.polls, text.arena = em.uses_poll, em.uses_arena
    finally:
        for inner in em.frames[frames:]:  # several where the region is given up
            em.forget(inner)
        del em.frames[frames:]
        code.lines, code.label, code.depth = lines, label, depth
        em.allocas, em.cold, em.uses_poll, em.uses_arena, em.uses_failure, em.stack_bytes, em.floor = kept
        em.proven, em.backward = proven, backward


class _Call:
    """Writes the functions of a region, and the call that runs it."""

    def __init__(self, em: Emitter, text: _Text, chunk: Chunk, shared: frozenset[str]) -> None:
        self.em, self.chunk, self.shared = em, chunk, shared
        self.name = f"@tg.region{em.module.regions}"
        em.module.regions += 1
        self.body = self._function_lines(text)
        self.moved: list[str] = []
        self.captured = self._captures("\n".join(self.body))

    def _function_lines(self, text: _Text) -> list[str]:
        """The function's lines between its head and the addresses computed again."""
        out: list[str] = []
        flatten(text.allocas, out)
        if text.polls:
            out += ["  %polls = alloca i64", f"  store i64 {PERIOD}, ptr %polls"]
        if text.arena:
            out.append(f"  %arena.place = getelementptr inbounds i64, ptr %ctx, i64 {arena.ARENA_TOP}")
            out.append("  %arena.mark = load i64, ptr %arena.place")
        self.head = len(out)
        flatten(text.lines, out)
        if text.arena:
            out.append("  store i64 %arena.mark, ptr %arena.place")
        out.append("  ret i32 0")
        flatten(text.cold, out)
        return [*out, "failed:", "  ret i32 1"]

    def _captures(self, text: str) -> dict[str, str]:
        """The names that come from outside, with their types; addresses are replaced by what they are made of."""
        own = {value or "%" + label for value, label in DEFINED.findall(text)}
        own |= {"%ctx", self.chunk.number, self.chunk.low, self.chunk.high}
        found: dict[str, str] = {}
        waiting = sorted(set(NAMES.findall(text)) - own)
        moved: dict[str, str] = {}
        while waiting:
            name = waiting.pop()
            if name in own or name in found or name in moved:
                continue
            made = self.em.code.made[name]
            if made.startswith("getelementptr"):
                moved[name] = made
                waiting += NAMES.findall(made)
            else:
                found[name] = result_type(made)
        self.moved = [f"  {name} = {made}" for name, made in _in_order(moved)]
        return dict(sorted(found.items()))

    def write(self, trips: Operand, length: Operand) -> None:
        """The functions into the module, the call into the current text."""
        module, code = self.em.module, self.em.code
        types = list(self.captured.values())
        params = [f"{_passed(t)} %{n[1:]}" for n, t in self.captured.items()]
        head = ["ptr noalias %ctx", f"i64 {self.chunk.number}", f"i64 {self.chunk.low}", f"i64 {self.chunk.high}"]
        body = [*self.body[: self.head], *self.moved, *self.body[self.head :]]
        signature = (
            f"define internal i32 {self.name}.body({', '.join([*head, *params])}) noinline {module.attributes(code)} {{"
        )
        module.functions.append("\n".join([signature, "entry:", *body, "}"]))
        module.functions.append(self._unpacking(types))
        layout = "{ " + ", ".join([*types, "i8"]) + " }"
        frame = self.em.variable(layout)
        copies = self._copies()
        for k, (name, type) in enumerate(self.captured.items()):
            place = code.ins(f"getelementptr inbounds {layout}, ptr {frame}, i32 0, i32 {k}")
            code.do(f"store {type} {copies[name][0] if name in copies else name}, ptr {place}")
        module.external(RUN, "i32 (ptr, ptr, ptr, i64, i64, i32)")
        flags = code.ins("load i32, ptr @tg.flags")
        arguments = f"ptr %ctx, ptr {self.name}, ptr {frame}, i64 {trips}, i64 {length}, i32 {flags}"
        status = code.ins(f"call i32 @{RUN}({arguments})")
        go, stop = code.name("go"), code.name("stop")
        code.branch(code.ins(f"icmp ne i32 {status}, 0"), stop, go, UNLIKELY)
        code.start(stop)
        code.goto("failed")
        self.em.uses_failure = True
        code.start(go)
        for name, (copy, size) in copies.items():
            _move(self.em, name, copy, size)

    def _copies(self) -> dict[str, tuple[str, int]]:
        """Copies of the variables on the caller's stack, by name, with their sizes."""
        made = {}
        for name in self.captured:
            found = ALLOCA.match(self.em.code.made[name])
            if found is None or name in self.shared:
                continue
            count, element, single = found.groups()
            size = int(count) * BYTES[element] if count else BYTES[single]
            copy = self.em.variable(f"[{size} x i8], align 32")
            _move(self.em, copy, name, size)
            made[name] = (copy, size)
        return made

    def _unpacking(self, types: list[str]) -> str:
        """The function that the pool calls: it takes the captured values from the frame."""
        layout = "{ " + ", ".join([*types, "i8"]) + " }"
        params = "ptr %ctx, ptr %frame, i64 %chunk, i64 %low, i64 %high"
        lines = [f"define internal i32 {self.name}({params}) nounwind {{"]
        arguments = ["ptr %ctx", "i64 %chunk", "i64 %low", "i64 %high"]
        for k, type in enumerate(types):
            lines.append(f"  %p{k} = getelementptr inbounds {layout}, ptr %frame, i32 0, i32 {k}")
            lines.append(f"  %x{k} = load {type}, ptr %p{k}")
            arguments.append(f"{type} %x{k}")
        lines += [f"  %status = call i32 {self.name}.body({', '.join(arguments)})", "  ret i32 %status", "}"]
        return "\n".join(lines)


def _passed(type: str) -> str:
    return "ptr noalias" if type == "ptr" else type


def _move(em: Emitter, to: str, start: str, size: int) -> None:
    em.module.declare("declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)")
    em.code.do(f"call void @llvm.memcpy.p0.p0.i64(ptr align 8 {to}, ptr align 8 {start}, i64 {size}, i1 false)")


def _in_order(made: dict[str, str]) -> list[tuple[str, str]]:
    """Instructions by name, each after those it reads."""
    done: dict[str, str] = {}

    def visit(name: str) -> None:
        if name in made and name not in done:
            for other in NAMES.findall(made[name]):
                visit(other)
            done[name] = made[name]

    for name in made:
        visit(name)
    return list(done.items())
