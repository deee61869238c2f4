"""Donated arguments: arrays of a call whose memory its results may take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tangra.errors import EntryError, declare
from tangra.frontend.nodes import ArrayNode, ExistingNode, Node, OriginNode
from tangra.frontend.parameters import signature
from tangra.frontend.paths import ArgRoot, Path
from tangra.frontend.specs import ArgSpec, ArraySpec, parts
from tangra.frontend.traced import Leaf, Traced, Written

BAD_DONATION = declare("TG831", "an argument that can't be donated")
Key = int | str


class Donation:
    """Which arguments of a function are donated, by position or name."""

    def __init__(self, chosen: tuple[Key, ...], function: Callable[..., Any]) -> None:
        self.chosen = chosen
        self.parameters = list(signature(function).parameters)

    def of_call(self, call: Mapping[Key, ArgSpec]) -> dict[Key, ArgSpec]:
        """The donated arguments among those of a call."""
        found: dict[Key, ArgSpec] = {}
        for chosen in self.chosen:
            at = self.parameters.index(chosen) if isinstance(chosen, str) else chosen
            name = self.parameters[at] if at < len(self.parameters) else ""
            found.update({key: call[key] for key in (at, name) if key in call})
        return found


def donated(traced: Traced, call: Mapping[Key, ArgSpec], donation: Donation) -> list[Written]:
    """Which result takes the memory of which donated array of a call: the first fresh array of its dtype and shape that
    has none yet. An array that is returned itself, or is there twice, keeps its memory."""
    identities = Counter(a.identity for spec in call.values() for _, a in _arrays(spec, Path(ArgRoot(0))))
    changed = {w.param for w in traced.written}
    results = [k for k in _fresh_results(traced) if k not in {w.result for w in traced.written}]
    returned = list(_existing(traced))
    leaves = {leaf.path.key: leaf for leaf in traced.leaves if leaf.kind is None and leaf.param not in changed}
    found: list[Written] = []
    for path, array in _checked(donation, call):
        leaf, twice = leaves.get(path.key), array.identity is not None and identities[array.identity] > 1
        if leaf is None or twice or array.layout != "C" or any(_within(path, other) for other in returned):
            continue
        number = _fitting(traced, leaf, results)
        if number is not None:
            results.remove(number)
            found.append(Written(leaf.path, leaf.param, number))
    return found


def _checked(donation: Donation, call: Mapping[Key, ArgSpec]) -> Iterator[tuple[Path, ArraySpec]]:
    """The donated arrays of a call; an error where there are none in a donated argument, or one can't be written."""
    for key, spec in donation.of_call(call).items():
        name = donation.parameters[key] if isinstance(key, int) and key < len(donation.parameters) else str(key)
        arrays = list(_arrays(spec, Path(ArgRoot(key), (), name)))
        if not arrays:
            raise EntryError(
                f"{name} is donated, but holds no arrays",
                code=BAD_DONATION,
                fix="donate arguments that are arrays or containers of arrays",
            )
        for path, array in arrays:
            if array.read_only:
                raise EntryError(f"{path} is donated, but it is read-only", code=BAD_DONATION, fix="pass a copy")
        yield from arrays


def _fitting(traced: Traced, leaf: Leaf, results: Sequence[int]) -> int | None:
    type = traced.func.params[leaf.param].type
    return next((k for k in results if leaf.type.shape and traced.func.returned[k].type == type), None)


def _fresh_results(traced: Traced) -> list[int]:
    """The numbers of results that are a new array in one place only, and nothing else."""
    nodes = {node.key: node for node in _array_nodes(traced.result)}
    counts = Counter(node.index for node in nodes.values())
    elsewhere = {n.index for m in traced.mutations if m.node is not None for n in _array_nodes(m.node)}
    return [index for index, count in counts.items() if count == 1 and index not in elsewhere]


def _existing(traced: Traced) -> Iterator[Path]:
    """Where the objects from before the call are that are part of its result, or of what it changes."""
    nodes = [traced.result, *(m.node for m in traced.mutations if m.node is not None)]
    for node in (inner for whole in nodes for inner in _all_nodes(whole)):
        if isinstance(node, ExistingNode):
            yield node.path
        elif isinstance(node, OriginNode):
            yield from (path for _, path in node.origins)


def _within(path: Path, other: Path) -> bool:
    """Whether the object at `path` is the one at `other` or a part of it."""
    (root, steps), (other_root, prefix) = path.key, other.key
    return bool(root == other_root and steps[: len(prefix)] == prefix)


def _array_nodes(node: Node) -> Iterator[ArrayNode]:
    return (n for n in _all_nodes(node) if isinstance(n, ArrayNode))


def _all_nodes(node: Node) -> Iterator[Node]:
    """A node and those in it."""
    yield node
    for name in ("items", "parts"):
        for item in getattr(node, name, ()):
            yield from _all_nodes(item)
    for name in ("base", "node", "fresh", "item"):
        inner = getattr(node, name, None)
        if inner is not None:
            yield from _all_nodes(inner)


def _arrays(spec: ArgSpec, path: Path) -> Iterator[tuple[Path, ArraySpec]]:
    """The arrays of an argument."""
    if isinstance(spec, ArraySpec):
        yield path, spec
    for part, where in parts(spec, path):
        yield from _arrays(part, where)
