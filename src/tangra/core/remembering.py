"""Compiled forms kept between processes: a call that was compiled before is neither traced nor simplified again.

A form is kept under the digest of all that evaluating the call could read (`reachable.py`), of this package's sources,
and of the versions of what it builds on. What is kept are its terms and how its machine code is linked, pickled, with
the live objects in them replaced by their numbers in the walk: equal digests mean that the same number is the same
thing here. On top of that the guards are tested before a form is taken, as in the process that made it.

Nothing is kept of a call whose evaluation read something that the walk did not see, or that can't be told from one
process to another. Files are owner-only and whole, as `tangra.disk` has them, and loading one makes objects of this
package and of the libraries it is written on only.
"""

from __future__ import annotations

import io
import pickle
import sys
import time
import types
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra import disk, sources
from tangra.core.reachable import NotKept, Reachable
from tangra.core.results import Arguments
from tangra.core.specialisation import Specialisation
from tangra.frontend.objects import LIBRARIES
from tangra.frontend.specs import (
    ArgSpec,
    ArraySpec,
    ConstSpec,
    DictSpec,
    InstanceSpec,
    ListSpec,
    LiveSpec,
    MethodSpec,
    NumberSpec,
    PartialSpec,
    SameSpec,
    TupleSpec,
)
from tangra.frontend.traced import Terms
from tangra.native import engine, pyapi
from tangra.native.options import NativeOptions

if TYPE_CHECKING:
    from tangra.core.compiling import Compiled

VARIANTS = 8
"""Forms kept of what is one call to the digest: they differ in the values of arguments that are compiled in."""
AT_START = sources.fingerprint()
"""This package as it was imported: who edits it while it runs gets nothing kept."""
FIELDS = (
    "leaves",
    "captures",
    "guards",
    "result",
    "written",
    "mutations",
    "changes",
    "exceptions",
    "static",
    "tells_apart",
    "copied",
)


class Remembered(Specialisation):
    """A form that another process compiled."""

    _whole: Compiled | None = None
    _compile: Callable[[], Compiled]

    @property
    def whole(self) -> Compiled:
        if self._whole is None:
            self._whole = self._compile()
        return self._whole


class Call:
    """A call that is to be compiled: `positional` and `named` describe its arguments, of which symbolic dims are at
    least `min_dim`."""

    def __init__(
        self,
        function: Callable[..., Any],
        positional: Sequence[ArgSpec],
        named: Mapping[str, ArgSpec],
        min_dim: int,
        options: NativeOptions,
        more: tuple[Any, ...],
    ) -> None:
        self.function, self.positional, self.named = function, positional, named
        self.min_dim = min_dim
        self.more = f"{more!r} {min_dim} {options!r}"
        self.walk: Reachable | None = None

    def compiled(self, arguments: Arguments, compile_it: Callable[[], Compiled]) -> Specialisation:
        """The compiled form: found, or made and kept."""
        if not disk.keeps_forms():
            return compile_it()
        found = self.find(arguments, compile_it)
        if found is not None:
            return found
        made = compile_it()
        self.keep(made, arguments)
        return made

    def _name(self) -> str:
        """What the call's forms are kept as."""
        walk = Reachable()
        for key, spec in [*enumerate(self.positional), *self.named.items()]:
            walk.say("argument", key)
            _describe(walk, spec)
        walk.add(self.function)
        self.walk = walk
        spelling = np.get_printoptions()["legacy"]
        versions = f"Python {sys.version} {sys.flags.optimize} NumPy {np.__version__} {spelling}"
        return disk.key("form", walk.digest(), self.more, AT_START, versions, engine.machine())

    def find(self, arguments: Arguments, compile_it: Callable[[], Compiled]) -> Remembered | None:
        """The form that is kept for the call, if its guards hold."""
        try:
            name = self._name()
        except NotKept:
            self.walk = None
            return None
        for variant in range(VARIANTS):
            content = disk.get(name + str(variant))
            if content is None:
                return None
            found = self._loaded(content, arguments)
            if found is not None:
                found._compile = compile_it
                return found
        return None

    def _loaded(self, content: bytes, arguments: Arguments) -> Remembered | None:
        made = object.__new__(Remembered)
        started = time.perf_counter()
        assert self.walk is not None
        try:
            fields, form, partition = _Loader(content, made, self.walk).load()
        except (pickle.UnpicklingError, AttributeError, ImportError, IndexError, EOFError):
            return None  # what it names is not there any more
        made.__init__(Terms(*fields), self.function, self.positional, self.named, self.min_dim)  # type: ignore[misc]
        objects = [disk.get(name) for name in form.objects]
        fits = made.admits(arguments) and made.same(arguments) == partition and form.fits_here()
        if not fits or None in objects:
            return None
        made.native = form.linked(objects)
        made.seconds = time.perf_counter() - started
        return made

    def keep(self, made: Compiled, arguments: Arguments) -> None:
        """Keep a form for other processes, if it depends on nothing but what the walk saw."""
        if self.walk is None or sources.loaded() != AT_START:
            return
        try:
            before, walk = self.walk, self.walk
            name = self._name()
            if self.walk.digest() != before.digest():
                return  # compiling it changed what it depends on
            _require_seen(made, walk)
            form = made.native.form
            if not form.portable:
                return
            fields = tuple(getattr(made.terms, field) for field in FIELDS)
            content = _dumped((fields, form, made.same(arguments)), made, walk)
        except NotKept:
            return
        for variant in range(VARIANTS):
            if disk.get(name + str(variant)) is None:
                disk.put(name + str(variant), content)
                return


def _require_seen(made: Compiled, walk: Reachable) -> None:
    """NotKept if the evaluation read something that the walk did not see."""
    reads = made.traced.reads
    known = [obj for obj in made.traced.objects if obj is not None]
    unseen = (
        reads.of_this_process
        or any(id(function) not in walk.sourced for function in reads.functions.values())
        or not all(walk.has(obj) for obj in (*reads.functions.values(), *reads.modules.values(), *known))
        or not all(walk.saw(holder, name) for (_, name), holder in reads.attributes.items())
    )
    if unseen:
        raise NotKept("it reads what was not seen")


def _describe(walk: Reachable, spec: ArgSpec) -> None:
    """Say what is known of an argument."""
    walk.say(type(spec).__name__)
    if isinstance(spec, (ConstSpec, LiveSpec)):
        walk.walk(spec.value)
        if walk.text[-1].startswith("('other'"):
            raise NotKept("an argument of a class that is not looked into")
    elif isinstance(spec, NumberSpec):
        walk.say(str(spec.kind))
    elif isinstance(spec, SameSpec):
        walk.say(walk.numbers[spec.identity])
    elif isinstance(spec, TupleSpec):
        walk.walk(spec.cls)
        _describe_all(walk, spec.items)
    elif isinstance(spec, MethodSpec):
        walk.walk(spec.function)
        _describe(walk, spec.holder)
    elif isinstance(spec, PartialSpec):
        _describe_all(walk, (spec.function, spec.args, spec.keywords))
    elif spec.source is None or walk.has(spec.source):
        walk.say("again", walk.numbers.get(spec.identity or 0))
    else:
        _describe_object(walk, spec)


def _describe_all(walk: Reachable, specs: Sequence[ArgSpec]) -> None:
    for spec in specs:
        _describe(walk, spec)
    walk.say("end")


def _describe_object(walk: Reachable, spec: ArraySpec | ListSpec | DictSpec | InstanceSpec) -> None:
    walk.number("argument", spec.source)
    if isinstance(spec, ArraySpec):
        walk.say(str(spec.type), spec.read_only, spec.layout)
        return
    if isinstance(spec, DictSpec):
        walk.items(spec.keys)
    elif isinstance(spec, InstanceSpec):
        walk.walk(spec.cls)
        walk.say(spec.names)
    _describe_all(walk, spec.items)


# ---- pickling -------------------------------------------------------------------------------------------------------


class _Dumper(pickle.Pickler):
    """Pickles terms, with live objects by their numbers."""

    def __init__(self, file: io.BytesIO, made: Compiled, walk: Reachable) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.made = made
        self.walk = walk

    def persistent_id(self, obj: Any) -> Any:
        if type(obj) is types.MethodType and obj.__self__ is self.made:
            return obj.__func__.__name__
        if isinstance(obj, np.dtype):
            return f"dtype {obj.str}"
        if type(obj).__name__ == "PyCapsule" and obj is pyapi.memory_handler():
            return "memory"
        if getattr(obj, "__objclass__", None) is object:
            return f"object {obj.__name__}"
        return self.walk.numbers[id(obj)] if self.walk.has(obj) else None

    def reducer_override(self, obj: Any) -> Any:
        by_name = isinstance(obj, (type, types.FunctionType, types.BuiltinFunctionType, np.ufunc))
        if by_name and _is_ours(obj.__module__ or "builtins" if not isinstance(obj, np.ufunc) else "numpy"):
            return NotImplemented
        if isinstance(obj, np.generic) or type(obj).__module__.partition(".")[0] == "tangra":
            return NotImplemented
        raise NotKept(f"it has a {type(obj).__name__} in it")


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in LIBRARIES | {"tangra", "_functools", "_operator"}


def _dumped(content: Any, made: Compiled, walk: Reachable) -> bytes:
    file = io.BytesIO()
    try:
        _Dumper(file, made, walk).dump(content)
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as error:
        raise NotKept(str(error)) from None
    return file.getvalue()


class _Loader(pickle.Unpickler):
    """Reads what `_Dumper` wrote, for a form in the making."""

    def __init__(self, content: bytes, made: Remembered, walk: Reachable) -> None:
        super().__init__(io.BytesIO(content))
        self.made = made
        self.objects = walk.objects

    def persistent_load(self, number: Any) -> Any:
        if isinstance(number, int):
            return self.objects[number]
        what, _, name = number.partition(" ")
        if what == "memory":
            return pyapi.memory_handler()
        if what == "object":
            return getattr(object, name)
        return np.dtype(name) if what == "dtype" else getattr(self.made, what)

    def find_class(self, module: str, name: str) -> Any:
        if not _is_ours(module):
            raise pickle.UnpicklingError(f"{module}.{name} is nothing that is kept")
        return super().find_class(module, name)
