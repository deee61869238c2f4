"""Classes of the program: their bodies, dataclasses, named tuples and enums, and the making of instances."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.checker.dispatch import Call, call, evaluate, execute
from tangra.checker.evaluator import Frame, PythonRaise
from tangra.checker.heap import (
    BoundMethod,
    ClassCell,
    DictCell,
    FunctionCell,
    Instance,
    LibraryName,
    ListCell,
    Native,
    Origin,
    Raised,
    Scope,
    Super,
    Value,
    Wrapped,
)
from tangra.checker.library import construct_layer
from tangra.checker.sharing import havoc
from tangra.shape_rules.values import UNKNOWN, Unknown

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

FIELD = "dataclasses.field()"
ENUMS = frozenset({"enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag"})
EXCEPTION = "builtins.Exception"
PLAIN_BASES = frozenset(
    {"abc.ABC", "typing.Generic", "typing.Protocol", "typing_extensions.Protocol", "builtins.object"}
)


def define_class(ev: Evaluator, node: ast.ClassDef) -> Value:
    """The class that a `class` statement makes."""
    ev.taints += 1

    bases = [_as_base(ev, evaluate(ev, base)) for base in node.bases if not isinstance(base, ast.Starred)]
    keywords = {keyword.arg: evaluate(ev, keyword.value) for keyword in node.keywords if keyword.arg}
    cls = ClassCell(node.name, [base for base in bases if not _is_plain_base(base)], node)
    if isinstance(keywords.get("metaclass"), Unknown):
        cls.complete = False
    scope = Scope(ev.frame.scope, is_class=True)
    cls.scope = scope
    frame = Frame(None, scope, ev.frame.file, node, owner=cls)
    frame.mark = ev.journal.open()
    ev.frames.append(frame)
    try:
        execute(ev, node.body)
    finally:
        ev.frames.pop()
        ev.journal.close()
    for name, value in scope.fields.items():
        cls.fields[name] = value
        function = value.function if isinstance(value, Wrapped) else value
        if isinstance(function, FunctionCell) and function.owner is None:
            function.owner = cls
    _special(ev, cls, node, bases)
    if ev.frame.file is not None:
        ev.classes.append(cls)
    hook = cls.find("__init_subclass__", after=cls)
    if hook is not None and isinstance(hook[1], FunctionCell):
        call(ev, hook[1], [cls], keywords, node)
    return cls


def _as_base(ev: Evaluator, value: Value) -> Value:
    """What a class derives from: builtin containers are classes here, and so are abstract ones with methods."""
    from tangra.checker.annotations import Generic as GenericAlias
    from tangra.checker.natives.subclassing import BASES
    from tangra.checker.prelude_classes import prelude_class

    if isinstance(value, GenericAlias):
        word = value.name.lower()
        return BASES.get(f"builtins.{word}" if word in ("dict", "list") else f"collections.{value.name}", value)
    if not isinstance(value, Native | LibraryName):
        return value
    name = value.name if isinstance(value, Native) else value.dotted
    package, _, word = name.rpartition(".")
    abstract = prelude_class(ev, f"$abstract.{word}") if package in ("collections.abc", "typing") else None
    return abstract or BASES.get(name, value)


def _is_plain_base(base: Value) -> bool:
    if isinstance(base, LibraryName):
        return base.dotted in PLAIN_BASES
    return isinstance(base, ListCell) and base.kind == "generic"


def _special(ev: Evaluator, cls: ClassCell, node: ast.ClassDef, bases: list[Value]) -> None:
    """Named tuples and enums are known by their bases."""
    names = {base.dotted for base in bases if isinstance(base, LibraryName)}
    names |= {dotted for base in bases if isinstance(base, ClassCell) for dotted in _dotted(base)}
    if "typing.NamedTuple" in names:
        cls.complete = True
        cls.fields["_fields"] = tuple(annotated_names(node))
    elif names & ENUMS:
        cls.complete = True
        cls.dotted = "enum.Enum"
        _make_members(cls, node)
    elif "flax.linen.Module" in names or ("equinox.Module" in names and not cls.find("__init__")):
        cls.fields["$dataclass"] = True


def _dotted(cls: ClassCell) -> list[str]:
    return [each.dotted for each in cls.mro if each.dotted is not None]


def annotated_names(node: ast.ClassDef) -> list[str]:
    """The fields that a class body annotates, in order."""
    return [
        part.target.id
        for part in node.body
        if isinstance(part, ast.AnnAssign)
        and isinstance(part.target, ast.Name)
        and "ClassVar" not in ast.unparse(part.annotation)
    ]


def _make_members(cls: ClassCell, node: ast.ClassDef) -> None:
    members = []
    for part in node.body:
        if isinstance(part, ast.Assign):
            for target in part.targets:
                if isinstance(target, ast.Name) and not target.id.startswith("_"):
                    member = Instance(cls)
                    member.fields = {"name": target.id, "value": cls.fields.get(target.id, UNKNOWN)}
                    cls.fields[target.id] = member
                    members.append(member)
    cls.fields["$members"] = tuple(members)


def instantiate(ev: Evaluator, cls: ClassCell, given: Call) -> Value:
    """`cls(...)`, unless a summary says what came of a call like it."""
    if not (cls.shared or (cls.node is None and cls.dotted is not None)):
        return _instantiate(ev, cls, given)
    return ev.summaries.call(cls, given, lambda: _instantiate(ev, cls, given), makes=True)


def _instantiate(ev: Evaluator, cls: ClassCell, given: Call) -> Value:
    if "$members" in cls.fields:
        return _enum_member(cls, given)
    maker = cls.find("__new__")
    if maker is not None and isinstance(maker[1], FunctionCell):
        havoc(ev, [*given.args, *given.kwargs.values()])
        return UNKNOWN
    if cls.dotted is not None and cls.dotted.startswith("builtins."):
        return Raised(cls.name, tuple(given.args))
    if any(each.dotted == EXCEPTION for each in cls.mro):
        return Raised(cls.name, tuple(given.args))
    instance = Instance(cls)
    frame = ev.frame
    if given.node is not None and frame.file is not None:
        instance.origin = Origin(frame.file, given.node, given)
    initialiser = cls.find("__init__")
    layer = next((each for each in cls.mro if each.rule is not None), None)
    written = cls.find("$dataclass")
    own = initialiser is not None and _comes_first(cls, initialiser[0], layer, written)
    prepare_layer(ev, instance)
    if own and initialiser is not None:
        call(ev, initialiser[1], [instance, *given.args], given.kwargs, given.node, given.open)
    elif layer is not None:
        if given.open:
            ev.write(instance, "$unknown", True)
        else:
            construct_layer(ev, instance, layer, given.args, given.kwargs, given.node)
    elif cls.find("$dataclass") or cls.find("_fields"):
        fill_fields(ev, instance, given)
    elif not cls.complete:
        havoc(ev, [*given.args, *given.kwargs.values()])
    if cls.node is not None:
        ev.built.append(instance)
    return instance


def _comes_first(
    cls: ClassCell, owner: ClassCell, layer: ClassCell | None, written: tuple[ClassCell, Value] | None
) -> bool:
    """Whether the `__init__` of `owner` is the one that counts: not a library's layer's, nor what `dataclass` wrote."""
    place = cls.mro.index(owner)
    if layer is not None and place >= cls.mro.index(layer):
        return False
    return written is None or place <= cls.mro.index(written[0])


def prepare_layer(ev: Evaluator, instance: Instance) -> None:
    """A torch module is in training or not until `.train()` or `.eval()` says which."""
    if instance.cls.derives_from("torch.nn.Module"):
        instance.fields["training"] = Unknown("bool")


def _enum_member(cls: ClassCell, given: Call) -> Value:
    members = cls.fields["$members"]
    wanted = given.args[0] if given.args else UNKNOWN
    for member in members:
        if member is wanted or (not isinstance(wanted, Unknown) and member.fields["value"] == wanted):
            return member
    return UNKNOWN


def field_names(cls: ClassCell) -> list[str]:
    """The fields of a dataclass or named tuple, those of its bases first."""
    names: dict[str, None] = {}
    for each in reversed(cls.mro):
        if each.node is not None and ("$dataclass" in each.fields or "_fields" in each.fields):
            names.update(dict.fromkeys(annotated_names(each.node)))
        elif "_fields" in each.fields:
            names.update(dict.fromkeys(each.fields["_fields"]))
    return list(names)


def fill_fields(ev: Evaluator, instance: Instance, given: Call) -> None:
    """What the generated `__init__` of a dataclass or named tuple does."""
    from tangra.checker.attributes import set_attribute
    from tangra.checker.library import FAILED

    names = [name for name in field_names(instance.cls) if not _is_not_init(instance.cls, name)]
    values = dict(zip(names, given.args, strict=False))
    values.update({name: value for name, value in given.kwargs.items() if name in names or not instance.cls.complete})
    for name in dict.fromkeys([*field_names(instance.cls), *values]):
        if name in values:
            value = values[name]
        elif given.open:
            value = UNKNOWN  # and told by the annotation below
        else:
            default = instance.cls.find(name)
            if default is None and name in names and instance.cls.complete:
                raise PythonRaise(Raised("TypeError"))
            value = UNKNOWN if default is None else default_of(ev, default[1])
        if isinstance(value, Unknown) and value.kind is None and value is not FAILED:
            value = _by_annotation(ev, instance.cls, name)
        set_attribute(ev, instance, name, value, given.node)
    after = instance.cls.find("__post_init__")
    if after is not None:
        call(ev, BoundMethod(after[1], instance), [], {}, given.node)


def _by_annotation(ev: Evaluator, cls: ClassCell, name: str) -> Value:
    """What a field holds that nobody knows, going by its annotation: a number, a size."""
    from tangra.checker.annotations import annotation_value
    from tangra.checker.entries import argument

    for each in cls.mro:
        for statement in each.node.body if each.node is not None and each.scope is not None else ():
            if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
                continue
            if statement.target.id == name:
                found = each.fields.get(name, UNKNOWN)
                if found is None:
                    return UNKNOWN
                assert each.scope is not None
                wanted = annotation_value(ev, statement.annotation, each.scope)
                return argument(ev, wanted, name, found, not isinstance(found, Unknown))
    return UNKNOWN


def replaced(ev: Evaluator, instance: Instance, given: Call) -> Instance:
    """`dataclasses.replace`: an object made anew from the fields of another, and others in their place."""
    made = Instance(instance.cls)
    kept = {
        name: instance.fields.get(name, UNKNOWN)
        for name in field_names(instance.cls)
        if not given.open and not _is_not_init(instance.cls, name)
    }
    fill_fields(ev, made, Call([], {**kept, **given.kwargs}, given.node, given.open))
    return made


def _is_not_init(cls: ClassCell, name: str) -> bool:
    found = cls.find(name)
    return (
        found is not None
        and isinstance(found[1], DictCell)
        and found[1].kind == FIELD
        and ((found[1].entries or {}).get("init") is False)
    )


def default_of(ev: Evaluator, value: Value) -> Value:
    """A default, or what `dataclasses.field(...)` says it is."""
    if isinstance(value, DictCell) and value.kind == FIELD:
        entries = value.entries or {}
        if "default" in entries:
            return entries["default"]
        return call(ev, entries["default_factory"], [], {}, None) if "default_factory" in entries else UNKNOWN
    return value


def current_super(ev: Evaluator) -> Value:
    """`super()` in the running method."""
    for frame in reversed(ev.frames):
        function = frame.function
        if function is not None and function.owner is not None:
            spec = function.node.args
            first = [*spec.posonlyargs, *spec.args]
            receiver = frame.scope.fields.get(first[0].arg, UNKNOWN) if first else UNKNOWN
            return Super(function.owner, receiver) if isinstance(receiver, Instance | ClassCell) else UNKNOWN
    return UNKNOWN
