"""LLVM text of one function: fresh names, basic blocks, integer arithmetic with folding, counted loops.

An operand is a string (`%v3`, `0x3FF0000000000000`) or, for 64-bit indices and sizes, also a Python int, so that index
arithmetic over known sizes folds while the text is made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Operand = str | int
UNLIKELY = ", !prof !0"
"""Branch weights (see `module.PROFILE`) for conditions that hardly ever hold."""
Lines = list[Any]
"""Lines of text and, nested, further lists of the same: places that are filled later."""


FEW_TRIPS, MANY_TRIPS = 8, 64
"""Loops of fewer trips are written out by LLVM; those of less than many are over after a few of the widest vectors."""


class Code:
    """The text of one LLVM function body, written at the end of the current list of lines. `depth` counts the loops of
    `counted` around the place that is being written; `made` has the instruction that makes a value, by its name (for
    parameters `param` and the type). `long` and `short`: there are innermost loops of many, and of few trips. `wide`:
    what is written now will run in vectors."""

    def __init__(self) -> None:
        self.lines: Lines = []
        self.label = "entry"
        self.depth = 0
        self.loops = 0
        self.long = self.short = self.wide = False
        self.made: dict[str, str] = {}
        self._names = 0

    def name(self, hint: str = "v") -> str:
        """A fresh name without its sign, for a value or a label."""
        self._names += 1
        return f"{hint}{self._names}"

    def coming(self, hint: str, type: str) -> str:
        """A fresh name for a value of that type, which is made by a phi later on."""
        name = "%" + self.name(hint)
        self.made[name] = f"phi {type}"
        return name

    def ins(self, text: str) -> str:
        """Append an instruction that has a result; returns the result's name."""
        self._names += 1
        name = f"%v{self._names}"
        self.lines.append(f"  {name} = {text}")
        self.made[name] = text
        return name

    def do(self, text: str) -> None:
        """Append an instruction without a result."""
        self.lines.append("  " + text)

    def start(self, label: str) -> None:
        """Begin the basic block `label`; the block before must have ended."""
        self.lines.append(f"{label}:")
        self.label = label

    def goto(self, label: str) -> None:
        self.lines.append(f"  br label %{label}")

    def branch(self, cond: str, then: str, other: str, weights: str = "") -> None:
        self.lines.append(f"  br i1 {cond}, label %{then}, label %{other}{weights}")

    def fall_into(self, label: str) -> None:
        """End the current block by a jump to `label` and begin that one."""
        self.goto(label)
        self.start(label)

    def slot(self) -> Lines:
        """An empty place in the text, between two blocks of its own, to be filled while later code is written."""
        place: Lines = []
        self.lines.append(place)
        self.fall_into(self.name("after"))
        return place

    def add(self, a: Operand, b: Operand) -> Operand:
        if isinstance(a, int):
            if isinstance(b, int):
                return a + b
            a, b = b, a
        return a if b == 0 else self.ins(f"add nsw i64 {a}, {b}")

    def sub(self, a: Operand, b: Operand) -> Operand:
        if isinstance(a, int) and isinstance(b, int):
            return a - b
        return a if b == 0 else self.ins(f"sub nsw i64 {a}, {b}")

    def mul(self, a: Operand, b: Operand) -> Operand:
        if isinstance(a, int):
            if isinstance(b, int):
                return a * b
            a, b = b, a
        if isinstance(b, int) and b in (0, 1):
            return 0 if b == 0 else a
        return self.ins(f"mul nsw i64 {a}, {b}")

    def divmod_size(self, a: Operand, b: Operand) -> tuple[Operand, Operand]:
        """Quotient and remainder of a non-negative index by a positive size."""
        if b == 1:
            return a, 0
        if isinstance(a, int) and isinstance(b, int):
            return a // b, a % b
        quotient = self.ins(f"udiv i64 {a}, {b}")
        return quotient, self.ins(f"urem i64 {a}, {b}")

    def product(self, sizes: Sequence[Operand]) -> Operand:
        total: Operand = 1
        for size in sizes:
            total = self.mul(total, size)
        return total

    def phi(self, place: Lines, name: str, type: str, incoming: Sequence[tuple[Operand, str]]) -> None:
        """Put a phi called `name` into `place`."""
        pairs = ", ".join(f"[ {value}, %{label} ]" for value, label in incoming)
        place.append(f"  {name} = phi {type} {pairs}")
        self.made[name] = f"phi {type}"

    def innermost(self, trips: Operand) -> None:
        """Note an innermost loop of so many trips; a number that is not known counts as large."""
        self.long |= not isinstance(trips, int) or trips >= MANY_TRIPS
        self.short |= isinstance(trips, int) and FEW_TRIPS <= trips < MANY_TRIPS

    def counted(
        self,
        trips: Operand,
        carried: Sequence[tuple[str, str]],
        body: Callable[[str, list[str]], list[str]],
        first: Operand = 0,
        latch: Callable[[], str] = str,
    ) -> list[str]:
        """A loop from index `first` to before `trips` over `carried` (type, start) values; `body(index, values)` writes
        one trip; `latch()`, asked after that, what the jump back is to be marked with.

        Returns the values after the last trip.
        """
        if trips == 0:
            return [start for _, start in carried]
        before, header, after = self.label, self.name("loop"), self.name("done")
        if isinstance(trips, int) and first == 0:
            self.goto(header)
        else:
            self.branch(self.ins(f"icmp sgt i64 {trips}, {first}"), header, after)
        self.start(header)
        phis: Lines = []
        self.lines.append(phis)
        index = self.coming("i", "i64")
        values = [self.coming("c", type) for type, _ in carried]
        self.depth += 1
        loops = self.loops
        results = body(index, values)
        if self.loops == loops:
            self.innermost(trips)
        self.loops += 1
        self.depth -= 1
        following = self.ins(f"add nuw nsw i64 {index}, 1")
        again = self.ins(f"icmp slt i64 {following}, {trips}")
        end = self.label
        self.branch(again, header, after, latch())
        self.phi(phis, index, "i64", [(first, before), (following, end)])
        for value, (type, start), result in zip(values, carried, results, strict=True):
            self.phi(phis, value, type, [(start, before), (result, end)])
        self.start(after)
        if isinstance(trips, int) and first == 0:
            return results
        out = []
        for (type, start), result in zip(carried, results, strict=True):
            final = "%" + self.name("r")
            self.phi(self.lines, final, type, [(start, before), (result, end)])
            out.append(final)
        return out


FLAGS = (
    "tail", "fast", "contract", "reassoc", "arcp", "afn", "nnan", "ninf", "nsz", "nsw", "nuw", "exact", "nneg",
    "disjoint", "samesign",
)  # fmt: skip
"""Words between an instruction's name and the type it works on."""
CASTS = (
    "trunc", "zext", "sext", "fptrunc", "fpext", "fptoui", "fptosi", "uitofp", "sitofp", "ptrtoint", "inttoptr",
    "bitcast",
)  # fmt: skip


def result_type(text: str) -> str:
    """The type of the value that an instruction of ours makes."""
    kind, rest = text.split(" ", 1)
    while rest.split(" ", 1)[0] in FLAGS:
        rest = rest.split(" ", 1)[1]
    if kind in ("getelementptr", "alloca"):
        return "ptr"
    if kind in ("icmp", "fcmp"):
        return "i1"
    if kind in CASTS:
        return rest.rsplit(" to ", 1)[1].strip()
    if kind == "select":
        return _first_type(rest.split(",", 1)[1].strip())
    if kind == "extractvalue":
        fields, number = rest.split("}")
        return fields.strip("{ ").split(",")[int(number.rsplit(",", 1)[1])].strip()
    if kind == "load" and rest.startswith("atomic"):
        rest = rest.split(" ", 1)[1]
    return _first_type(rest.removeprefix("noalias "))


def _first_type(text: str) -> str:
    """The type that a text starts with."""
    if text[0] in "{[<":
        return text[: text.index({"{": "}", "[": "]", "<": ">"}[text[0]]) + 1]
    return text.replace(",", " ").split(" ", 1)[0]


def flatten(lines: Lines, out: list[str]) -> list[str]:
    """All lines of `lines` and its nested places, in order, appended to `out`."""
    for line in lines:
        if isinstance(line, str):
            out.append(line)
        else:
            flatten(line, out)
    return out
