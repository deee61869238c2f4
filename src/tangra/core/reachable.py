"""Everything that evaluating a call can read of the live program, as text that is the same in another process only if
all of that is.

The walk starts from the function and the arguments of a call. A function leads to the text of its file, its defaults,
its closure, and to every global, builtin, and attribute of a module whose name occurs anywhere in its text (in its
code, its annotations, its strings), a class to all that it and its bases define, an instance to its attributes. So the
walk sees more than an evaluation reads, never less, except for names that are computed; those an evaluation notes
itself (`frontend/reads.py`). What is met twice is told by its number, so that who is who is part of the text too.

Contents of arrays are left out: they are read again at each call. Of objects that are none of the language's the text
has the class only; such objects have no number, and what depends on one is not kept.
"""

from __future__ import annotations

import abc
import datetime
import decimal
import enum
import fractions
import functools
import hashlib
import importlib
import linecache
import opcode
import re
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tangra.api.layouts import layout_of
from tangra.core.calling import CompiledCall
from tangra.frontend import unchanged
from tangra.frontend.objects import LIBRARIES, attribute_names, is_user_instance

LIMIT, WORDS = 4000, 40_000
"""Objects that are worth looking at, and what is worth saying of them."""
WRITTEN_IN_THE_LANGUAGE = frozenset({"nn", "optim", "prob", "random"})
"""Folders of this package whose functions are evaluated as a user's are; those of others are known by identity."""
BY_TEXT = (
    complex, range, slice, decimal.Decimal, fractions.Fraction,
    datetime.date, datetime.time, datetime.datetime, datetime.timedelta,
)  # fmt: skip
NOT_STATE = frozenset(
    {"__dict__", "__weakref__", "__doc__", "__module__", "__qualname__", "__tangra_transforms__", "__builtins__"}
    | {"_abc_impl", "__wrapped__", "__annotations__", "__orig_bases__", "__parameters__", "__firstlineno__"}
    | {"__static_attributes__", "__dataclass_fields__", "__dataclass_params__", "__type_params__"}
    | {"__annotate_func__", "__annotations_cache__"}
)
"""Names in the dicts of classes and functions that no evaluation reads, or that are read in another way here."""
_IMPORT = opcode.opmap["IMPORT_NAME"]
_NAMES = re.compile(r"[^\W\d]\w*")
_files: dict[str, tuple[list[str], str]] = {}


class NotKept(Exception):
    """A call that depends on more than can be told from one process to another."""


class Reachable:
    """A walk. `objects` are those with a number, in order; `text` what was seen."""

    def __init__(self) -> None:
        self.objects: list[Any] = []
        self.numbers: dict[int, int] = {}
        self.text: list[str] = []
        self.names: set[str] = set()
        self.modules: list[types.ModuleType] = []
        self.seen: set[tuple[int, str]] = set()
        self.files: dict[str, str] = {}
        self.sourced: set[int] = set()

    def digest(self) -> str:
        """All that was seen, in short."""
        return hashlib.sha256("\0".join(self.text).encode("utf-8", "surrogatepass")).hexdigest()

    def has(self, obj: Any) -> bool:
        """Whether an object has a number."""
        number = self.numbers.get(id(obj))
        return number is not None and self.objects[number] is obj

    def add(self, obj: Any) -> None:
        """Walk from `obj`; NotKept where there is too much."""
        try:
            self.walk(obj)
            self.follow()
        except NotKept:
            raise
        except Exception as error:  # an object that can't be looked at, or nests too deeply
            raise NotKept(f"looking at it raises {type(error).__name__}") from None

    # ---- modules -------------------------------------------------------------------------------------------------
    def follow(self) -> None:
        """The attributes of modules that are named somewhere, until there are no more."""
        while True:
            found = [
                (m, n) for m in self.modules for n in self.names.intersection(vars(m)) if (id(m), n) not in self.seen
            ]
            if not found:
                return
            order = {id(m): k for k, m in enumerate(self.modules)}
            for module, name in sorted(found, key=lambda pair: (order[id(pair[0])], pair[1])):
                self.seen.add((id(module), name))
                self.say("attribute", self.numbers[id(module)], name)
                self.walk(vars(module)[name])

    def saw(self, holder: Any, name: str) -> bool:
        """Whether the attribute of a module or class that an evaluation read was looked at."""
        if isinstance(holder, types.ModuleType):
            return (id(holder), name) in self.seen
        return not isinstance(holder, type) or hasattr(type, name) or any(name in vars(k) for k in holder.__mro__)

    # ---- objects -------------------------------------------------------------------------------------------------
    def say(self, *words: Any) -> None:
        if len(self.text) >= WORDS:
            raise NotKept("it reaches very much")
        self.text.append(ascii(words))

    def walk(self, obj: Any) -> None:
        """Say what `obj` is, and walk on from it."""
        cls = type(obj)
        if obj is None or cls in (bool, int, str, bytes):
            self.say(cls.__name__, ascii(obj))
            return
        if cls is float:
            self.say("float", obj.hex())
            return
        if isinstance(obj, np.generic):
            self.say(cls.__name__, obj.dtype.str, obj.tobytes().hex())
            return
        if self.has(obj):
            self.say("again", self.numbers[id(obj)])
            return
        for kind, action in _KINDS:
            if issubclass(cls, kind):
                action(self, obj)
                return
        if is_user_instance(obj):
            self.instance(obj)
        elif cls in (tuple, frozenset, list, dict):
            self.container(obj)
        elif issubclass(cls, tuple) and hasattr(cls, "_fields"):
            self.number("named tuple", obj)
            self.walk(cls)
            self.items(obj)
        elif issubclass(cls, (int, float, str, bytes, tuple, frozenset)):
            raise NotKept(f"a {cls.__name__}")
        else:
            self.say("other", cls.__module__, cls.__qualname__)

    def number(self, *words: Any) -> None:
        """Give the last of `words` the next number."""
        obj = words[-1]
        if len(self.objects) >= LIMIT:
            raise NotKept("it reaches very many objects")
        self.numbers[id(obj)] = len(self.objects)
        self.objects.append(obj)
        self.say(len(self.objects) - 1, *words[:-1])

    def items(self, items: Iterable[Any]) -> None:
        for item in items:
            self.walk(item)
        self.say("end")

    def container(self, obj: Any) -> None:
        """A tuple, list or dict; or a frozenset, whose order is part of it: loops over it follow that."""
        self.number(type(obj).__name__, len(obj), obj)
        self.items(part for pair in obj.items() for part in pair) if type(obj) is dict else self.items(obj)

    def by_text(self, obj: Any) -> None:
        if type(obj) not in BY_TEXT:
            raise NotKept(f"a {type(obj).__name__}")
        self.number("constant", type(obj).__name__, repr(obj), obj)

    def array(self, obj: Any) -> None:
        self.number("array", type(obj).__qualname__, obj.dtype.str, obj.shape, layout_of(obj), obj.flags.writeable, obj)

    def dtype(self, obj: Any) -> None:
        self.number("dtype", repr(obj), obj)

    def instance(self, obj: Any) -> None:
        self.number("instance", obj)
        self.walk(type(obj))
        for name in attribute_names(obj):
            self.say("has", name)
            self.walk(getattr(obj, name))
        self.say("end")

    def member_of_enum(self, obj: Any) -> None:
        self.number("member", obj.name, obj)
        self.walk(type(obj))
        self.walk(obj.value)

    def cell(self, obj: Any) -> None:
        self.number("cell", obj)
        try:
            content = obj.cell_contents
        except ValueError:
            self.say("empty")
        else:
            self.walk(content)

    def parts(self, kind: str, *names: str) -> Callable[[Any], None]:
        """An object that is what its attributes are."""

        def walk(obj: Any) -> None:
            self.number(kind, obj)
            for name in names:
                self.walk(getattr(obj, name, None))

        return walk

    def compiled_call(self, obj: Any) -> None:
        """A jitted or transformed function: what was compiled of it does not count."""
        self.number("compiled", type(obj).__qualname__, obj)
        for name in ("transform", "function", "options", "static", "dynamic", "donate"):
            if name in vars(obj):
                self.say("has", name)
                self.walk(vars(obj)[name])

    def built_in(self, obj: Any) -> None:
        """A function in C: known by its name, or by the object that it is a method of."""
        owner = getattr(obj, "__self__", None)
        if owner is None or isinstance(owner, (type, types.ModuleType)):
            self.of_library(obj)
        else:
            self.number("method of", obj.__name__, obj)
            self.walk(owner)

    def of_library(self, obj: Any) -> None:
        """What its module has under its name: constants of the language."""
        name = getattr(obj, "__qualname__", None) or obj.__name__
        own = getattr(obj, "__module__", None) or "builtins"
        for module in ("numpy", "scipy.special") if isinstance(obj, np.ufunc) else (own,):
            found: Any = sys.modules.get(module)
            for part in name.split("."):
                found = getattr(found, part, None)
            if found is obj:
                self.number("known", type(obj).__name__, module, name, _version(module), obj)
                return
        self.say("other", type(obj).__name__, own, name)

    def descriptor(self, obj: Any) -> None:
        """A method or attribute that C code defines."""
        self.say(type(obj).__name__, obj.__objclass__.__qualname__, obj.__name__)

    def module(self, obj: types.ModuleType) -> None:
        self.number("module", obj.__name__, obj)
        self.modules.append(obj)
        if not self.has(vars(obj)):
            self.number("names of", vars(obj))

    # ---- functions -----------------------------------------------------------------------------------------------
    def function(self, obj: types.FunctionType) -> None:
        home = str(obj.__globals__.get("__name__", ""))
        if _is_known(home):
            self.of_library(obj)
            return
        code = obj.__code__
        self.number("function", home, obj.__name__, obj.__qualname__, code.co_filename, code.co_firstlineno, obj)
        self.number("code", code)
        self.say(code.co_linetable.hex(), unchanged.facts(code))
        self.walk(obj.__defaults__)
        self.walk(obj.__kwdefaults__)
        for cell in obj.__closure__ or ():
            self.walk(cell)
        self.attributes({k: v for k, v in vars(obj).items() if k != "__wrapped__"})
        if "__wrapped__" in vars(obj):
            self.walk(vars(obj)["__wrapped__"])
        if not code.co_filename.startswith("<string"):
            self.globals_of(obj, self.source_names(obj))

    def source_names(self, obj: types.FunctionType) -> set[str]:
        """All names in the text of a function, whose whole file is said. Its decorators were called long ago."""
        file = obj.__code__.co_filename
        lines = linecache.getlines(file, obj.__globals__)
        if file not in self.files:
            known = _files.get(file)
            if known is None or known[0] is not lines:
                known = _files[file] = lines, hashlib.sha256("".join(lines).encode("utf-8", "replace")).hexdigest()
            self.files[file] = known[1]
            self.say("file", file, known[1])
        if lines:
            self.sourced.add(id(obj))
        text = "".join(lines[obj.__code__.co_firstlineno - 1 : _last_line(obj.__code__)])
        start = re.search(rf"^[ \t]*def\s+{obj.__code__.co_name}\b", text, re.MULTILINE)  # behind the decorators
        return set(_NAMES.findall(text, start.start() if start is not None else 0))

    def globals_of(self, obj: types.FunctionType, names: set[str]) -> None:
        """The globals and builtins that a function may name, and the modules it may import."""
        namespace = obj.__globals__
        self.names |= names
        if not self.has(namespace):
            self.number("namespace", namespace)
        number = self.numbers[id(namespace)]
        below: Any = namespace.get("__builtins__")
        below = vars(below) if isinstance(below, types.ModuleType) else below
        for name in sorted(names):
            if (id(namespace), name) in self.seen:
                continue
            self.seen.add((id(namespace), name))
            for where, what in (("global", namespace), ("builtin", below)):
                if isinstance(what, dict) and name in what:
                    self.say(where, number, name)
                    self.walk(what[name])
                    break
        for name in sorted(_imported(obj.__code__)):
            module = sys.modules.get(name)
            self.say("import", name)
            self.walk(module)

    # ---- classes -------------------------------------------------------------------------------------------------
    def klass(self, obj: type) -> None:
        """A class: of a library, of jaxtyping's shapes, or of the user with all it defines."""
        if type(obj).__module__.partition(".")[0] == "jaxtyping":
            self.number("shape", obj.__name__, obj)
            for name in ("dim_str", "dtypes", "array_type"):
                self.walk(getattr(obj, name, None))
        elif not obj.__flags__ & (1 << 9) or _is_known(obj.__module__):
            self.of_library(obj)
        else:
            self.number("class", obj.__module__, obj.__qualname__, obj)
            self.walk(type(obj))
            self.items(obj.__mro__[1:])
            self.attributes(vars(obj))
            self.dataclass(vars(obj))
            if isinstance(obj, abc.ABCMeta):
                self.registered(obj)

    def registered(self, obj: abc.ABCMeta) -> None:
        """The classes that count as subclasses of one, by its `register`."""
        found = [ref() for ref in importlib.import_module("_abc")._get_dump(obj)[0]]
        self.items(sorted(filter(None, found), key=lambda cls: (cls.__module__, cls.__qualname__)))

    def dataclass(self, own: Any) -> None:
        """What `dataclass` noted of a class."""
        self.say(repr(own.get("__dataclass_params__")))
        for name, field in own.get("__dataclass_fields__", {}).items():
            self.say("field", name, field._field_type.name)
            for part in ("default", "default_factory", "init", "repr", "hash", "kw_only", "compare"):
                self.walk(getattr(field, part))

    def attributes(self, found: Any) -> None:
        for name, value in found.items():
            if name not in NOT_STATE:
                self.say("has", name)
                self.walk(value)
        self.say("end")


def _is_known(module: str) -> bool:
    """Whether what a module defines is a constant of the language."""
    top, _, rest = module.partition(".")
    return top in LIBRARIES or (top == "tangra" and rest.partition(".")[0] not in WRITTEN_IN_THE_LANGUAGE)


@functools.cache
def _version(module: str) -> str:
    found = sys.modules.get(module.partition(".")[0])
    return str(getattr(found, "__version__", ""))


def _last_line(code: types.CodeType) -> int:
    """The last line of a function's text that code was made from."""
    ends = [place[1] or 0 for place in code.co_positions()]
    return max([code.co_firstlineno, *ends, *(_last_line(c) for c in code.co_consts if isinstance(c, types.CodeType))])


def _imported(code: types.CodeType) -> set[str]:
    """Names in the code of a function, and of those in it, that may be modules which it imports."""
    found = {name for name in code.co_names if name in sys.modules} if _IMPORT in code.co_code[::2] else set()
    return found.union(*(_imported(c) for c in code.co_consts if isinstance(c, types.CodeType)))


_DESCRIPTORS = (
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.ClassMethodDescriptorType,
)


def _parts(kind: str, *names: str) -> Callable[[Reachable, Any], None]:
    return lambda walk, obj: walk.parts(kind, *names)(obj)


_KINDS: tuple[tuple[type | tuple[type, ...], Callable[[Reachable, Any], None]], ...] = (
    (types.FunctionType, Reachable.function),
    (type, Reachable.klass),
    (types.ModuleType, Reachable.module),
    (np.ndarray, Reachable.array),
    (np.dtype, Reachable.dtype),
    (enum.Enum, Reachable.member_of_enum),
    (CompiledCall, Reachable.compiled_call),
    (types.CellType, Reachable.cell),
    (types.MethodType, _parts("method", "__func__", "__self__")),
    (functools.partial, _parts("partial", "func", "args", "keywords")),
    (property, _parts("property", "fget", "fset")),
    ((classmethod, staticmethod), _parts("in class", "__class__", "__func__")),
    (functools.cached_property, _parts("cached property", "func")),
    ((types.GenericAlias, types.UnionType), _parts("alias", "__class__", "__origin__", "__args__")),
    (BY_TEXT, Reachable.by_text),
    (types.BuiltinFunctionType, Reachable.built_in),
    (_DESCRIPTORS, Reachable.descriptor),
    ((np.ufunc, type(np.sum)), Reachable.of_library),
)
