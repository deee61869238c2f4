"""`PyCode`: LLVM text of a function that works on Python objects through Python's C API.

Constants (classes, names, functions to call) come in one block of words, so that the text holds no address. A reference
that the function owns is released on every way out: each exit of the straight-line code is a label for the references
owned there, which releases the last one and goes on to the label for the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tangra.native import pyapi
from tangra.native.function import Address
from tangra.native.module import Module
from tangra.native.pyhelpers import EQUAL, MISS, define_distinct, define_keys, define_unreadable
from tangra.native.text import UNLIKELY, Code, Lines, Operand, flatten

UNREADABLE = (LookupError, AttributeError, TypeError, ValueError)
"""What reading may raise where things changed since the function was compiled: the call is not served then."""


class PyCode:
    """The text of one function under construction. `constants` are the objects (or addresses) of its block of words."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.code = Code()
        self.head: Lines = ["  %result = alloca ptr", f"  store ptr {MISS}, ptr %result"]
        self.tail: Lines = []
        self.constants: list[Any] = []
        self._places: dict[int, int] = {}
        self.owned: tuple[str, ...] = ()
        self._exits: dict[tuple[str, ...], str] = {}

    # ---- calls and constants -----------------------------------------------------------------------------------------
    def api(self, name: str, signature: str, *arguments: str) -> str:
        """Call a function of the C API; arguments are typed operands. Returns the result's name, if it has one."""
        called = f"call {signature.split(' ', 1)[0]} {self.module.external(name, signature)}({', '.join(arguments)})"
        if signature.startswith("void"):
            self.code.do(called)
            return ""
        return self.code.ins(called)

    def constant(self, value: Any) -> str:
        """A constant object."""
        place = self._places.get(id(value))
        if place is None:
            place = self._places[id(value)] = len(self.constants)
            self.constants.append(value)
        return self._word(place)

    def address(self, find: Callable[..., int], *arguments: Any) -> str:
        """The address that `find(*arguments)` gives."""
        self.constants.append(Address(find, *arguments))
        return self._word(len(self.constants) - 1)

    def _word(self, place: int) -> str:
        at = self.code.ins(f"getelementptr inbounds i64, ptr %state, i64 {place}")
        return self.code.ins(f"load ptr, ptr {at}, !invariant.load !{{}}")

    def field(self, obj: str, offset: int, kind: str = "ptr") -> str:
        """What an object holds at a byte offset."""
        place = self.code.ins(f"getelementptr inbounds i8, ptr {obj}, i64 {offset}")
        return self.code.ins(f"load {kind}, ptr {place}")

    def alloca(self, kind: str) -> str:
        name = "%" + self.code.name("a")
        self.head.append(f"  {name} = alloca {kind}")
        return name

    def block(self, kind: str, values: Sequence[Operand]) -> str:
        """The address of values laid out one after the other."""
        block = self.alloca(f"[{max(len(values), 1)} x {kind}]")
        for k, value in enumerate(values):
            place = self.code.ins(f"getelementptr inbounds {kind}, ptr {block}, i64 {k}")
            self.code.do(f"store {kind} {value}, ptr {place}")
        return block

    # ---- references and exits ----------------------------------------------------------------------------------------
    def own(self, obj: str) -> str:
        """Release `obj` on every way out from here on."""
        self.owned = (*self.owned, obj)
        return obj

    def borrow(self, obj: str) -> str:
        """Own another reference to an object that is alive now."""
        self.api("Py_IncRef", "void (ptr)", f"ptr {obj}")
        return self.own(obj)

    def give(self, obj: str) -> str:
        """A reference to hand over to someone: an owned one where there is one."""
        if obj in self.owned:
            at = self.owned.index(obj)
            self.owned = self.owned[:at] + self.owned[at + 1 :]
        else:
            self.api("Py_IncRef", "void (ptr)", f"ptr {obj}")
        return obj

    def exit(self) -> str:
        """The label that releases what is owned here and returns what `%result` holds."""
        owned = self.owned
        missing = [owned[:n] for n in range(len(owned) + 1) if owned[:n] not in self._exits]
        for prefix in missing:
            label = self._exits[prefix] = self.code.name("exit")
            self.tail.append(f"{label}:")
            if not prefix:
                self.tail += ["  %out = load ptr, ptr %result", "  ret ptr %out"]
                continue
            release = self.module.external("Py_DecRef", "void (ptr)")
            self.tail += [f"  call void {release}(ptr {prefix[-1]})", f"  br label %{self._exits[prefix[:-1]]}"]
        return self._exits[owned]

    def require(self, condition: str) -> None:
        """Leave unless `condition` holds."""
        go = self.code.name("go")
        self.code.branch(self.code.ins(f"xor i1 {condition}, true"), self.exit(), go, UNLIKELY)
        self.code.start(go)

    def require_object(self, obj: str) -> str:
        """Leave if `obj` is null; else own it."""
        self.require(self.code.ins(f"icmp ne ptr {obj}, null"))
        return self.own(obj)

    def leave(self, result: str) -> None:
        """Return `result`, and release what is owned."""
        self.code.do(f"store ptr {result}, ptr %result")
        self.code.goto(self.exit())

    def text(self, head: str) -> str:
        """The whole function."""
        lines: list[str] = []
        flatten([self.head, "  br label %start", "start:", self.code.lines, self.tail], lines)
        return "\n".join([head + " {", *lines, "}"])

    # ---- reading -----------------------------------------------------------------------------------------------------
    def found(self, obj: str) -> str:
        """Own what a read gave. Null ends the call: as not served, or with an exception that has no place here."""
        code, there, missing = self.code, self.code.name("there"), self.code.name("missing")
        code.branch(code.ins(f"icmp eq ptr {obj}, null"), missing, there, UNLIKELY)
        code.start(missing)
        outcome = code.ins(f"call ptr {define_unreadable(self.module)}(ptr {self.constant(UNREADABLE)})")
        self.leave(outcome)
        code.start(there)
        return self.own(obj)

    def item(self, holder: str, key: Any, kind: type | None) -> str:
        """`holder[key]`; `kind` is the class that `holder` is known to be of, if any."""
        if kind is dict and type(key) is str:
            return self._borrowed("PyDict_GetItemWithError", f"ptr {holder}", f"ptr {self.constant(key)}")
        if kind in (tuple, list) and type(key) is int and key >= 0:
            return self._borrowed(f"Py{kind.__name__.title()}_GetItem", f"ptr {holder}", f"i64 {key}")
        return self.found(self.api("PyObject_GetItem", "ptr (ptr, ptr)", f"ptr {holder}", f"ptr {self.constant(key)}"))

    def _borrowed(self, name: str, holder: str, key: str) -> str:
        signature = f"ptr (ptr, {key.split(' ', 1)[0]})"
        found = self.found(self.api(name, signature, holder, key))
        self.api("Py_IncRef", "void (ptr)", f"ptr {found}")
        return found

    def attribute(self, holder: str, name: str) -> str:
        """`holder.name`."""
        return self.found(self.api("PyObject_GetAttr", "ptr (ptr, ptr)", f"ptr {holder}", f"ptr {self.constant(name)}"))

    # ---- tests -------------------------------------------------------------------------------------------------------
    def same(self, obj: str, other: str) -> str:
        return self.code.ins(f"icmp eq ptr {obj}, {other}")

    def require_is(self, obj: str, value: Any) -> None:
        self.require(self.same(obj, self.constant(value)))

    def require_class(self, obj: str, cls: type) -> None:
        """`type(obj) is cls`."""
        self.require_is(self.field(obj, pyapi.TYPE), cls)

    def require_length(self, obj: str, length: int) -> None:
        """`len(obj) == length`."""
        size = self.api("PyObject_Size", "i64 (ptr)", f"ptr {obj}")
        self._no_error(self.code.ins(f"icmp sge i64 {size}, 0"))
        self.require(self.code.ins(f"icmp eq i64 {size}, {length}"))

    def require_equal(self, obj: str, value: Any) -> None:
        """`obj == value`, for an object of the class of `value`."""
        args = (f"ptr {obj}", f"ptr {self.constant(value)}", f"i32 {EQUAL}")
        equal = self.api("PyObject_RichCompareBool", "i32 (ptr, ptr, i32)", *args)
        self._no_error(self.code.ins(f"icmp sge i32 {equal}, 0"))
        self.require(self.code.ins(f"icmp ne i32 {equal}, 0"))

    def require_keys(self, obj: str, keys: tuple[Any, ...]) -> None:
        """`type(obj) is dict and tuple(obj) == keys`."""
        self.require_class(obj, dict)
        called = f"i32 {define_keys(self.module)}(ptr {obj}, ptr {self.constant(keys)}, i64 {len(keys)})"
        equal = self.code.ins(f"call {called}")
        self._no_error(self.code.ins(f"icmp sge i32 {equal}, 0"))
        self.require(self.code.ins(f"icmp ne i32 {equal}, 0"))

    def require_member(self, cls: str, name: str, expected: tuple[Any] | None) -> None:
        """What a class or its bases have under a name is the very object expected; None: they have nothing."""
        found = self.api(pyapi.MEMBER, "ptr (ptr, ptr)", f"ptr {cls}", f"ptr {self.constant(name)}")
        self.require(self.same(found, "null" if expected is None else self.constant(expected[0])))

    def require_lacks(self, holder: str, key: Any) -> None:
        """`key not in holder`, a dict or a view of one."""
        args = (f"ptr {holder}", f"ptr {self.constant(key)}")
        status = self.api("PySequence_Contains", "i32 (ptr, ptr)", *args)
        self._no_error(self.code.ins(f"icmp sge i32 {status}, 0"))
        self.require(self.code.ins(f"icmp eq i32 {status}, 0"))

    def _no_error(self, good: str) -> None:
        """Leave as `found` does where a test raised."""
        code, fine, raised = self.code, self.code.name("fine"), self.code.name("raised")
        code.branch(code.ins(f"xor i1 {good}, true"), raised, fine, UNLIKELY)
        code.start(raised)
        self.leave(code.ins(f"call ptr {define_unreadable(self.module)}(ptr {self.constant(UNREADABLE)})"))
        code.start(fine)

    def require_distinct(self, objects: list[str]) -> None:
        """No two of the objects are the same."""
        if len(objects) <= 4:
            for k, obj in enumerate(objects):
                for other in objects[:k]:
                    self.require(self.code.ins(f"icmp ne ptr {obj}, {other}"))
            return
        block = self.block("ptr", objects)
        called = f"call i1 {define_distinct(self.module)}(ptr {block}, i64 {len(objects)})"
        self.require(self.code.ins(called))
