"""How a call from Python reaches wrappers: a method `__call__` in machine code, put into a class of callables.

Instances of the class hold a `Table` of wrappers in a slot. The method goes through the wrappers for this number of
positional arguments until one serves the call; if none does, it calls `self._call_carefully`. A second method,
`_attempt`, returns `MISS` instead. Python finds them as it finds any method of a class, so that everything else about
the class and its instances is as usual. Where the interpreter is not one we know (see `pyapi`), nothing is put in.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tangra.native import engine, pyapi

MISS: Any = object()
"""What `_attempt` returns for a call that no wrapper serves."""
SLOT = "_table"
CAREFUL = "_call_carefully"
_FASTCALL, _KEYWORDS = 0x80, 0x02
_installed: set[type] = set()
_kept: list[Any] = []


@dataclass(frozen=True, eq=False)
class Entry:
    """A wrapper: its address, that of its constants, the number of its positional arguments, what it needs alive."""

    address: int
    state: int
    positional: int
    keep: Any


class Table(bytes):
    """Wrappers in the order in which they are tried, as the words that compiled code reads."""

    entries: tuple[Entry, ...]


def table(entries: Sequence[Entry]) -> Table:
    """The table of these wrappers."""
    words = [len(entries)]
    for entry in entries:
        words += [entry.positional, entry.address, entry.state]
    made = Table(b"".join(word.to_bytes(8, "little") for word in words))
    made.entries = tuple(entries)
    return made


class _MethodDef(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


def install(cls: type) -> None:
    """Give `cls` the methods, if it has not got them yet and the interpreter is one we know. One thread at a time."""
    if cls in _installed or not pyapi.understood():
        return
    _installed.add(cls)
    offset = pyapi.slot_offset(cls, SLOT)
    if offset is None:
        return
    loaded = engine.load_own("dispatch", str(offset), lambda: _source(offset))
    objects = (ctypes.c_void_p * 2).from_address(loaded.addresses["tg.objects"])
    objects[0], objects[1] = id(CAREFUL), id(MISS)
    _kept.extend((loaded, CAREFUL, MISS))
    for name, place in (("__call__", "tg.dispatch"), ("_attempt", "tg.attempt")):
        doc = f"{name}($self, /, *args, **kwargs)\n--\n\nCall the compiled function."
        made = _MethodDef(name.encode(), loaded.addresses[place], _FASTCALL | _KEYWORDS, doc.encode())
        _kept.append(made)
        setattr(cls, name, _descriptor(cls, made))


def _descriptor(cls: type, definition: _MethodDef) -> Any:
    new: Any = ctypes.pythonapi.PyDescr_NewMethod
    new.restype, new.argtypes = ctypes.py_object, [ctypes.py_object, ctypes.c_void_p]
    return new(cls, ctypes.addressof(definition))


def _source(offset: int) -> engine.Source:
    from tangra.native import dispatch_text

    return dispatch_text.write(offset)
