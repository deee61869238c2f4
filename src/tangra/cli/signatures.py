"""jaxtyping signatures from what the checker saw of a function's calls.

An axis that had one size in all calls is that number (or the name that an annotation gave it), one whose size differed
gets a name, the same for all axes that always agreed, and what nobody knows is `_`. A parameter gets an annotation only
if it was an array of one rank in every call, and a result only if every `return` gives one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tangra.checker.observations import Observer
from tangra.checker.reports import Place, cleaned
from tangra.checker.source import SourceFile
from tangra.checker.structure import is_generator, parameters
from tangra.shape_rules.values import Tensor, size_text

PLAIN = frozenset(
    {"Tensor", "torch.Tensor", "np.ndarray", "numpy.ndarray", "ndarray", "jax.Array", "Array", "jnp.ndarray"}
)
"""Annotations that say no more than that there is an array."""
NAMES = ("n", "m", "k", "p", "q", "r", "s", "t", "u", "v")
WORDS = {"float": "Float", "bfloat": "Float", "int": "Int", "uint": "UInt", "bool": "Bool", "complex": "Complex"}
ANY_NUMBER = "Shaped"
RESULT = "return"

Calls = dict[tuple[Place, ...], list[Tensor]]


@dataclass
class Signature:
    """The annotations of one function by parameter, and that of its result under "return", as source text.

    `line` is that of its `def`; `words` are the names of jaxtyping, `libraries` the array libraries in the text."""

    name: str
    line: int
    annotations: dict[str, str] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)
    libraries: set[str] = field(default_factory=set)


def signatures(
    source: SourceFile, path: Path, observer: Observer, arrays: dict[str, str], prefix: str
) -> Iterator[Signature]:
    """The signatures of a file's functions. `arrays` says how its text names each library's arrays, `prefix` stands
    before the names of jaxtyping."""
    for node in ast.walk(source.tree or ast.Module([], [])):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            calls = observer.functions.get(path, {}).get(node)
            if calls is not None:
                found = _Deduction(node, tuple(calls[1]), observer, path).signature(arrays, prefix)
                if found.annotations:
                    yield found


class _Deduction:
    """What is known of one function."""

    def __init__(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        calls: tuple[tuple[Place, ...], ...],
        observer: Observer,
        path: Path,
    ) -> None:
        self.node, self.calls = node, calls
        self.seen = observer.seen.get(path, {})
        self.names: dict[tuple[str, ...], str] = {}

    def signature(self, arrays: dict[str, str], prefix: str) -> Signature:
        """The annotations that can be given."""
        node = self.node
        found = Signature(node.name, node.lineno)
        optional = _with_none(node)
        wanted: list[tuple[str, Calls | None]] = [
            (parameter.arg, self._arrays([parameter]))
            for parameter in parameters(node)
            if _is_free(parameter.annotation) and parameter.arg not in optional
        ]
        if _is_free(node.returns) and not is_generator(node):
            wanted.append((RESULT, self._arrays(_returned(node))))
        for name, seen in wanted:
            sizes = None if seen is None else self._sizes(seen, name == RESULT)
            if seen is None or sizes is None:
                continue
            values = [value for each in seen.values() for value in each]
            library, word = values[0].library, _word(values)
            found.annotations[name] = f'{prefix}{word}[{arrays[library]}, "{sizes}"]'
            found.words.add(word)
            found.libraries.add(library)
        return found

    def _arrays(self, nodes: Sequence[ast.AST]) -> Calls | None:
        """The arrays that the nodes held, by call; None unless all of them were arrays in every call."""
        found: Calls = {}
        for node in nodes:
            seen = self.seen.get(node)
            if seen is None:
                return None
            for call, values in seen.arrays.items():
                found.setdefault(call, []).extend(values)
        return found if nodes and set(found) == set(self.calls) else None

    def _sizes(self, seen: Calls, is_result: bool) -> str | None:
        """The sizes as jaxtyping writes them; None if not even the rank is always the same."""
        rows = [[cleaned(size_text(item)) for item in value.shape or ()] for each in seen.values() for value in each]
        values = [value for each in seen.values() for value in each]
        if any(value.shape is None for value in values) or len({len(row) for row in rows}) != 1:
            return None
        if len({value.library for value in values}) != 1:
            return None
        one_each = all(len(each) == 1 for each in seen.values())
        return " ".join(self._size(column, one_each, is_result) for column in zip(*rows, strict=True))

    def _size(self, column: tuple[str, ...], one_each: bool, is_result: bool) -> str:
        if any("?" in text or not text.isascii() for text in column):
            return "_"
        if len(set(column)) == 1:
            return column[0].replace(" ", "")
        if not one_each or any("*" in text or "." in text for text in column):
            return "_"
        if column not in self.names:
            if is_result or len(self.names) == len(NAMES):
                return "_"
            self.names[column] = NAMES[len(self.names)]
        return self.names[column]


def _with_none(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Parameters whose default is None, and those that gather several arguments."""
    spec = node.args
    positional = [*spec.posonlyargs, *spec.args]
    pairs = [
        *zip(reversed(positional), reversed(spec.defaults), strict=False),
        *zip(spec.kwonlyargs, spec.kw_defaults, strict=True),
    ]
    found = {each.arg for each, default in pairs if isinstance(default, ast.Constant) and default.value is None}
    return found | {each.arg for each in (spec.vararg, spec.kwarg) if each is not None}


def _is_free(annotation: ast.expr | None) -> bool:
    """Whether there is no annotation, or one that says nothing of the shape."""
    if annotation is None:
        return True
    text = annotation.value if isinstance(annotation, ast.Constant) else ast.unparse(annotation)
    return text in PLAIN


def _returned(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.AST]:
    """What the function's own `return` statements give; nothing if it may also end without one."""
    found: list[ast.AST] = []
    queue: list[ast.AST] = list(node.body)
    while queue:
        part = queue.pop()
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(part, ast.Return):
            found.append(part.value or part)
        queue.extend(ast.iter_child_nodes(part))
    return found if isinstance(node.body[-1], ast.Return) or not found else [*found, *_ends(node.body[-1])]


def _ends(last: ast.stmt) -> list[ast.AST]:
    """Nothing if the last statement always returns or raises, else itself, which holds no array."""
    if isinstance(last, ast.Return | ast.Raise):
        return []
    if isinstance(last, ast.If) and last.orelse:
        return [*_ends(last.body[-1]), *_ends(last.orelse[-1])]
    if isinstance(last, ast.With | ast.AsyncWith):
        return _ends(last.body[-1])
    return [last]


def _word(values: Sequence[Tensor]) -> str:
    """jaxtyping's word for the numbers."""
    words = {WORDS.get((value.dtype or "").rstrip("0123456789"), ANY_NUMBER) for value in values}
    return words.pop() if len(words) == 1 else ANY_NUMBER
