"""Which local names may still be read after each `if`, loop and other compound statement of a function.

Joins leave out names that nobody reads again. The analysis is the usual backward one on the structured AST; where it
is unsure a name counts as live.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tangra.frontend.scope import COMPREHENSIONS, FUNCTIONS, analyse

Names = frozenset[str]
NONE: Names = frozenset()


@dataclass(frozen=True)
class Live:
    """`after`: live when the statement is over by any way out; `header`: live at the top of a loop's body; `end`: live
    at the end of the statements that it is one of; `exits`: live where `break` and `continue` in it lead to."""

    after: Names
    header: Names = NONE
    end: Names = NONE
    exits: Names | None = None


def only(names: Names | None) -> Live | None:
    """Names that are live after something that is no statement."""
    return None if names is None else Live(names)


_CACHE: dict[int, tuple[ast.AST, dict[int, Live]]] = {}


def liveness(function: ast.AST) -> dict[int, Live]:
    """`Live` of every compound statement of a function, by the id of its node."""
    known = _CACHE.get(id(function))
    if known is None or known[0] is not function:
        analysis = _Analysis()
        body = getattr(function, "body", None)
        if isinstance(body, list):
            analysis.block(body, NONE)
        _CACHE[id(function)] = known = function, analysis.found
    return known[1]


def reads(node: ast.AST | None) -> Names:
    """Names an expression (or the expressions of a simple statement) may read."""
    if node is None:
        return NONE
    found: set[str] = set()
    stack: list[ast.AST] = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, ast.Name):
            if not isinstance(part.ctx, ast.Store):
                found.add(part.id)
        elif isinstance(part, FUNCTIONS):
            found |= analyse(part).free
            stack += [d for d in (*part.args.defaults, *part.args.kw_defaults) if d]
            stack += getattr(part, "decorator_list", [])
        elif isinstance(part, COMPREHENSIONS):
            inner = analyse(part)
            found |= (inner.used | inner.inner_free) - inner.bound
            stack += [c.iter for c in part.generators]
        else:
            stack += ast.iter_child_nodes(part)
    return frozenset(found)


def _targets(node: ast.AST) -> Names:
    """Names that an assignment target binds for certain."""
    if isinstance(node, ast.Name):
        return frozenset({node.id})
    if isinstance(node, (ast.Tuple, ast.List)):
        return frozenset().union(*(_targets(e) for e in node.elts))
    return _targets(node.value) if isinstance(node, ast.Starred) else NONE


def _target_reads(node: ast.AST) -> Names:
    return NONE if isinstance(node, ast.Name) else reads(node)


class _Analysis:
    def __init__(self) -> None:
        self.found: dict[int, Live] = {}
        self.breaks: list[Names] = []
        self.continues: list[Names] = []
        self.ends: list[Names] = []

    def block(self, statements: list[ast.stmt], out: Names) -> Names:
        self.ends.append(out)
        for statement in reversed(statements):
            out = self.statement(statement, out)
        self.ends.pop()
        return out

    def statement(self, node: ast.stmt, out: Names) -> Names:
        """Names live before `node`, given those live after it."""
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is not None:
            result: Names = method(node, out)
            return result
        return out | reads(node)

    def _record(self, node: ast.stmt, after: Names, header: Names = NONE) -> None:
        exits = frozenset[str]().union(*self.breaks[-1:], *self.continues[-1:])
        self.found[id(node)] = Live(after | exits, header, self.ends[-1] | exits, exits)

    def _assign(self, node: ast.Assign, out: Names) -> Names:
        killed = frozenset[str]().union(*(_targets(t) for t in node.targets))
        return (out - killed) | reads(node.value) | frozenset[str]().union(*(_target_reads(t) for t in node.targets))

    def _annassign(self, node: ast.AnnAssign, out: Names) -> Names:
        if node.value is None:
            return out
        return (out - _targets(node.target)) | reads(node.value) | _target_reads(node.target)

    def _augassign(self, node: ast.AugAssign, out: Names) -> Names:
        own = frozenset({node.target.id}) if isinstance(node.target, ast.Name) else reads(node.target)
        return out | own | reads(node.value)

    def _functiondef(self, node: ast.FunctionDef, out: Names) -> Names:
        return (out - {node.name}) | reads(node)

    def _return(self, node: ast.Return, out: Names) -> Names:
        return reads(node.value)

    def _raise(self, node: ast.Raise, out: Names) -> Names:
        return reads(node)

    def _break(self, node: ast.Break, out: Names) -> Names:
        return self.breaks[-1] if self.breaks else NONE

    def _continue(self, node: ast.Continue, out: Names) -> Names:
        return self.continues[-1] if self.continues else NONE

    def _if(self, node: ast.If, out: Names) -> Names:
        self._record(node, out)
        return reads(node.test) | self.block(node.body, out) | self.block(node.orelse, out)

    def _with(self, node: ast.With, out: Names) -> Names:
        self._record(node, out)
        inner = self.block(node.body, out)
        for item in node.items:
            inner = inner | reads(item.context_expr)
        return inner

    def _match(self, node: ast.Match, out: Names) -> Names:
        self._record(node, out)
        before = out | reads(node.subject)
        for case in node.cases:
            before |= self.block(case.body, out) | reads(case.guard) | reads(case.pattern)
        return before

    def _try(self, node: ast.Try, out: Names) -> Names:
        self._record(node, out)
        return out | reads(node)

    def _loop(self, node: ast.For | ast.While, test: Names, bound: Names, out: Names) -> Names:
        after_else = self.block(node.orelse, out)
        exit_names = out | after_else
        header = test | exit_names
        while True:
            self.breaks.append(exit_names)
            self.continues.append(header)
            before = (self.block(node.body, header) - bound) | test | exit_names
            self.breaks.pop()
            self.continues.pop()
            if before <= header:
                break
            header |= before
        self._record(node, exit_names, header)
        return header

    def _for(self, node: ast.For, out: Names) -> Names:
        header = self._loop(node, _target_reads(node.target), _targets(node.target), out)
        return header | reads(node.iter)

    def _while(self, node: ast.While, out: Names) -> Names:
        return self._loop(node, reads(node.test), NONE, out)


__all__ = ["Live", "liveness", "only", "reads"]
