"""The tables of rules by dotted name, the decorators that fill them, and how a call is bound to its rule.

A name's first word chooses the library whose rules are loaded when it is first asked for, so start-up loads none.
Parameters annotated `Tensor` (or `Tensor | None`) get a tensor whatever the call gives: an unknown becomes a tensor of
unknown shape, and what the library would refuse is a failure. All other parameters get the value as it is. A
keyword-only parameter `library` gets the library of the name the rule was called under.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from tangra.shape_rules.coercion import Coercion, coercion
from tangra.shape_rules.failures import CALL, Failure, RuleError
from tangra.shape_rules.parameters import Translation, translation
from tangra.shape_rules.values import UNKNOWN, Tensor, Value

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C", bound=type)

LIBRARIES = {
    "torch": "tangra.shape_rules.torch",
    "numpy": "tangra.shape_rules.numpy",
    "jax": "tangra.shape_rules.jax",
    "einops": "tangra.shape_rules.einops",
    "flax": "tangra.shape_rules.flax",
    "equinox": "tangra.shape_rules.equinox",
    "optax": "tangra.shape_rules.optax",
    "scipy": "tangra.shape_rules.scipy",
    "tangra": "tangra.shape_rules.compiled",
}
"""The package that holds the rules for names with this first word."""

INERT_KEYWORDS = {
    "torch": frozenset(
        {
            "out",
            "device",
            "layout",
            "requires_grad",
            "pin_memory",
            "non_blocking",
            "memory_format",
            "generator",
            "names",
        }
    ),
    "numpy": frozenset({"out", "where", "order", "subok", "like", "casting", "device", "copy"}),
    "jax": frozenset({"out", "where", "order", "precision", "device", "copy", "out_sharding"}),
}
"""Keywords that change nothing about shapes: dropped where a rule doesn't declare them."""

TORCH_SYNONYMS = {
    **{"axis": "dim", "keepdims": "keepdim", "x": "input", "a": "input", "x1": "input", "x2": "other"},
    **{"indices": "indices_or_sections", "sections": "indices_or_sections"},
}
"""NumPy's words, and other names of one parameter, which torch's own functions take for theirs."""

PREFIXES = {
    "torch.nn.modules.": "torch.nn.",
    "torch.functional.": "torch.",
    "torch._C._nn.": "torch.nn.functional.",
    "torch.nn.parameter.": "torch.nn.",
    "flax.linen.linear.": "flax.linen.",
    "flax.linen.initializers.": "jax.nn.initializers.",
    "flax.nnx.initializers.": "jax.nn.initializers.",
    "einops.einops.": "einops.",
}
"""Where libraries keep what they show under a shorter name."""


@dataclass(frozen=True)
class Plain:
    """The parameters of a rule without `*` and `**`, by the place that they have among positional arguments; those that
    are given by keyword only have the place behind the last."""

    positions: dict[str, int]
    count: int
    required: list[tuple[int, str]]
    coerced: list[tuple[int, str, Coercion]]
    wants_library: bool

    def fits(self, given: int, kwargs: dict[str, Value]) -> bool:
        """Whether every argument has one parameter of its name or place, and every parameter that needs one has one."""
        if given > self.count:
            return False
        for word in kwargs:
            if self.positions.get(word, -1) < given or word == "library":
                return False
        return all(place < given or name in kwargs for place, name in self.required)


@dataclass(frozen=True)
class Rule:
    """What one function or method does. Call it with a context and abstract values, positional and by keyword.

    `inplace`: the call also makes the first argument what it returns (its shape, dtype and elements). `bound`: how many
    arguments after the context are not the caller's: the receiver of a method.
    """

    name: str
    function: Callable[..., Value]
    inplace: bool = False
    bound: int = 0

    @property
    def library(self) -> str:
        """The first word of its name; SciPy's arrays are NumPy's."""
        first = self.name.partition(".")[0]
        return "numpy" if first == "scipy" else first

    @cached_property
    def signature(self) -> inspect.Signature:
        """The parameters, the context first."""
        return inspect.signature(self.function)

    @cached_property
    def coercions(self) -> dict[str, Coercion]:
        """What makes a tensor of the arguments of parameters annotated so."""
        found = ((name, coercion(str(p.annotation), p.kind)) for name, p in self.signature.parameters.items())
        return {name: make for name, make in found if make is not None}

    def __call__(self, ctx: RuleContext, *args: Value, **kwargs: Value) -> Value:
        """The result; raises `RuleError` for a call that certainly fails. Arguments that the library takes and the
        rule does not know of make it unknown, except a layer's."""
        values: list[Value] = [ctx, *args]
        moved = self._translation
        agrees = moved is None or len(args) <= moved.agreeing + self.bound
        if agrees and self._plain is not None and self._plain.fits(len(values), kwargs):
            for place, name, make in self._plain.coerced:
                if place < len(values):
                    values[place] = make(self, name, values[place])
                elif name in kwargs:
                    kwargs[name] = make(self, name, kwargs[name])
            if self._plain.wants_library:
                kwargs["library"] = self.library
            return self.function(*values, **kwargs)
        given = kwargs.get("out")
        if moved is not None:
            kwargs, unknown = moved.applied(args[self.bound :], kwargs)
            args = args[: self.bound]
            inert = INERT_KEYWORDS.get(self.library, frozenset())
            if any(word not in inert for word in unknown) and not self.name.endswith(".__init__"):
                return UNKNOWN
        bound = self.bind((ctx, *args), kwargs)
        result = self.function(*bound.args, **bound.kwargs)
        if self.library == "numpy" and isinstance(given, Tensor) and isinstance(result, Tensor):
            return _into(ctx, result, given, self.name)
        return result

    @cached_property
    def _translation(self) -> Translation | None:
        """How the library's parameters are called here, where they are known."""
        own = list(self.signature.parameters.values())[1 + self.bound :]
        if "library" in self.signature.parameters:
            own = [each for each in own if each.name != "library"]

        def synonym(word: str) -> str | None:
            return next(iter(self._known_keywords({word: None})), None)

        return translation(self.name.removesuffix(".__init__"), own, synonym)

    @cached_property
    def _plain(self) -> Plain | None:
        """How calls are bound without more ado; None where parameters are of kinds that take more."""
        parameters = self.signature.parameters.values()
        if any(p.kind not in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) for p in parameters):
            return None
        names = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        return Plain(
            positions={p.name: names.index(p.name) if p.name in names else len(names) for p in parameters},
            count=len(names),
            required=[
                (names.index(p.name) if p.name in names else len(names), p.name)
                for p in parameters
                if p.default is p.empty and p.name != "library"
            ],
            coerced=[
                (names.index(name) if name in names else len(names), name, make)
                for name, make in self.coercions.items()
            ],
            wants_library="library" in self.signature.parameters,
        )

    def bind(self, args: tuple[Value, ...], kwargs: dict[str, Value]) -> inspect.BoundArguments:
        """The arguments of one call, with tensors where the rule wants them. Raises RuleError for a wrong call."""
        signature = self.signature
        if kwargs:
            kwargs = self._known_keywords(kwargs)
            spread = next((p.name for p in signature.parameters.values() if p.kind is p.VAR_POSITIONAL), None)
            if spread in kwargs:  # zeros(size=(2, 3)) is zeros((2, 3))
                args, kwargs = (*args, kwargs[spread]), {word: v for word, v in kwargs.items() if word != spread}
        if "library" in signature.parameters:
            kwargs = {**kwargs, "library": self.library}
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            short = self.name.rpartition(".")[2]
            raise RuleError(Failure(CALL, f"{short}(): {error}", "TypeError")) from None
        for name, make in self.coercions.items():
            if name in bound.arguments:
                bound.arguments[name] = make(self, name, bound.arguments[name])
        return bound

    def _known_keywords(self, kwargs: dict[str, Value]) -> dict[str, Value]:
        """The keywords in the rule's words, without those that don't matter here."""
        parameters = self.signature.parameters
        if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            return kwargs
        inert = INERT_KEYWORDS.get(self.library, frozenset())
        found: dict[str, Value] = {}
        for word, value in kwargs.items():
            if word not in parameters and self.library == "torch":
                word = TORCH_SYNONYMS.get(word, word)
                if word == "input" and "input" not in parameters:
                    word = "self"
            if word in parameters or word not in inert:
                found[word] = value
        return found


def _into(ctx: RuleContext, result: Tensor, given: Tensor, name: str) -> Tensor:
    """The array that `out=` names, which has to have room for the result."""
    from tangra.shape_rules.broadcasting import broadcast_to

    if result.shape is not None and given.shape is not None:
        broadcast_to(ctx, result.shape, given.shape, f"{name.rpartition('.')[2]}(out=…): ", "ValueError")
    return given.with_(elements=None)


@dataclass(frozen=True)
class ModuleRule:
    """A layer: `construct` runs the rule class's `__init__`, which checks the constructor's arguments and sets
    attributes; `method` gives `forward` and the class's other methods as rules.

    The object that carries the attributes may be the evaluator's own: rule classes only get and set attributes of
    `self`, whose values are abstract values.
    """

    name: str
    cls: type

    def construct(self, ctx: RuleContext, /, *args: Value, target: Any = None, **kwargs: Value) -> Any:
        """The layer: `target`, or a new object of the rule class, with its attributes set."""
        made = object.__new__(self.cls) if target is None else target
        initialise = self.method("__init__")
        if initialise is not None:
            initialise(ctx, made, *args, **kwargs)
        return made

    def method(self, name: str) -> Rule | None:
        """The method called `name` as a rule whose first argument is the layer; None if there is none of ours."""
        function = getattr(self.cls, name, None)
        if not inspect.isfunction(function):
            return None
        key = (self.cls, name)
        if key not in _BOUND:
            _BOUND[key] = Rule(f"{self.name}.{name}", _context_first(function), bound=1)
        return _BOUND[key]

    @property
    def bases(self) -> tuple[str, ...]:
        """The names of this class and those it derives from, as `isinstance` sees them."""
        return tuple(name for cls in self.cls.__mro__ for name in cls.__dict__.get("rule_names", ()))


@dataclass(frozen=True)
class HigherOrder:
    """A function of functions, such as `jax.vmap`, which the evaluator knows by its `kind`."""

    name: str
    kind: str


@dataclass(frozen=True)
class Constant:
    """A name that stands for a value, such as `torch.float32`."""

    name: str
    value: Value


Entry: TypeAlias = Rule | ModuleRule | HigherOrder | Constant

_ENTRIES: dict[str, Entry] = {}
_METHODS: dict[tuple[str, str], Rule] = {}
_ATTRIBUTES: dict[tuple[str, str], Rule] = {}
_BOUND: dict[tuple[type, str], Rule] = {}
_LOADED: set[str] = set()


def rule(*names: str, inplace: bool = False) -> Callable[[F], F]:
    """Declare what the functions called `names` do. The function's first parameter is the context."""

    def declare(function: F) -> F:
        for name in names:
            _ENTRIES[name] = Rule(name, function, inplace)
        return function

    return declare


def method(cls: str, *names: str, inplace: bool = False) -> Callable[[F], F]:
    """Declare methods of the class `cls` (`"torch.Tensor"`): the parameters are the context, the receiver, the rest."""

    def declare(function: F) -> F:
        for name in names:
            _METHODS[cls, name] = Rule(f"{cls}.{name}", function, inplace, bound=1)
        return function

    return declare


def attribute(cls: str, *names: str) -> Callable[[F], F]:
    """Declare attributes of the class `cls`: the parameters are the context and the receiver."""

    def declare(function: F) -> F:
        for name in names:
            _ATTRIBUTES[cls, name] = Rule(f"{cls}.{name}", function)
        return function

    return declare


def module(*names: str) -> Callable[[C], C]:
    """Declare a layer class: `__init__(self, ctx, ...)` and methods `forward(self, ctx, ...)`."""

    def declare(cls: C) -> C:
        cls.rule_names = names  # type: ignore[attr-defined]
        cls.title = names[0].rpartition(".")[2]  # type: ignore[attr-defined]  # for messages
        for name in names:
            _ENTRIES[name] = ModuleRule(name, cls)
        return cls

    return declare


def constant(name: str, value: Value) -> None:
    """Declare that `name` stands for `value`."""
    _ENTRIES[name] = Constant(name, value)


def higher_order(kind: str, *names: str) -> None:
    """Declare functions of functions."""
    for name in names:
        _ENTRIES[name] = HigherOrder(name, kind)


def inert(*names: str, result: Callable[..., Value] = lambda ctx, *args, **kwargs: None) -> None:
    """Declare functions that change no shape; by default they return None."""
    for name in names:
        _ENTRIES[name] = Rule(name, result)


def find(name: str) -> Entry | None:
    """The entry of a dotted name, or None."""
    _load(name)
    entry = _ENTRIES.get(name)
    if entry is None:
        for long, short in PREFIXES.items():
            if name.startswith(long):
                return _ENTRIES.get(name) or _ENTRIES.get(short + name.rpartition(".")[2])
    return entry


def find_method(cls: str, name: str) -> Rule | None:
    """The method `name` of the class `cls`, such as ("torch.Tensor", "view"), or None."""
    _load(cls)
    return _METHODS.get((cls, name))


def find_attribute(cls: str, name: str) -> Rule | None:
    """The attribute `name` of the class `cls`, or None."""
    _load(cls)
    return _ATTRIBUTES.get((cls, name))


def entries(library: str) -> dict[str, Entry]:
    """All entries of a library by name."""
    _load(library)
    return {name: entry for name, entry in _ENTRIES.items() if name.partition(".")[0] == library}


def declared() -> dict[str, Entry]:
    """All that was declared until now, by dotted name."""
    return dict(_ENTRIES)


def methods(cls: str) -> dict[str, Rule]:
    """All methods of a class by name."""
    _load(cls)
    return {name: found for (owner, name), found in _METHODS.items() if owner == cls}


def _load(name: str) -> None:
    library = name.partition(".")[0]
    if library in LIBRARIES and library not in _LOADED:
        _LOADED.add(library)
        import_module(LIBRARIES[library])


def _context_first(function: Callable[..., Value]) -> Callable[..., Value]:
    """A method `(self, ctx, ...)` as a function `(ctx, self, ...)` with a signature that says so."""

    def call(ctx: RuleContext, self: Any, *args: Value, **kwargs: Value) -> Value:
        return function(self, ctx, *args, **kwargs)

    parameters = list(inspect.signature(function).parameters.values())
    parameters[:2] = [parameters[1], parameters[0]]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return call
