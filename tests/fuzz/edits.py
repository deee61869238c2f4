"""Programs that are edited: what the cache on disk kept of a program must not be taken for another one.

A program runs with a cache of its own, then it runs again after one small edit under the same name, then as it was
before. Each time everything must be as in CPython; a form that was kept and does not see the edit is a wrong number.
"""

from __future__ import annotations

import ast
import copy
import os
import random
import re
import signal
import tempfile
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.fuzz import inputs, modules, ways
from tests.fuzz.ways import AGREE, Verdict

OPERATORS = (ast.Add, ast.Sub, ast.Mult)
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
FUNCTIONS = (
    {"sin", "cos", "tanh", "arctan"},
    {"sum", "mean", "max", "min"},
    {"maximum", "minimum", "add", "subtract"},
    {"zeros", "ones"},
    {"zeros_like", "ones_like"},
    {"floor", "ceil", "rint", "trunc"},
    {"argmax", "argmin"},
)
TRANSPLANTED = 0.5
"""The share of edits that put one expression in the place of another."""
SECONDS = 2.0
"""Time that CPython may take for a call."""
Change = Callable[[Any, random.Random], None]


def edited(source: str, r: random.Random) -> str:
    """The program with one place changed: a number, an operator, a comparison, a function, a default, an order; or with
    one expression of a function in the place of another, which mostly makes it one that Python refuses."""
    tree = ast.parse(source)
    if r.random() < TRANSPLANTED:
        _transplant(tree, r)
    else:
        places = [(node, change) for node in ast.walk(tree) for change in _changes(node)]
        node, change = r.choice(places)
        change(node, r)
    return ast.unparse(ast.fix_missing_locations(tree))


def _transplant(tree: ast.Module, r: random.Random) -> None:
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    function = r.choice([*functions, *[node for node in functions if node.name == "f"] * len(functions)])
    expressions = [node for node in ast.walk(function) if _is_read(node)]
    names = [node for node in expressions if isinstance(node, ast.Name)]
    target = r.choice(names if r.random() < 0.5 else expressions)
    _Replaced(target, copy.deepcopy(r.choice(names if r.random() < 0.3 else expressions))).visit(function)


def _is_read(node: ast.AST) -> bool:
    return isinstance(node, ast.expr) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


class _Replaced(ast.NodeTransformer):
    """One node in another's place."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else super().generic_visit(node)


def _changes(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield _number
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        yield _turned
    if isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, OPERATORS):
        yield _operator
    if isinstance(node, ast.BinOp):
        yield _turned_round
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], COMPARISONS):
        yield _comparison
    if isinstance(node, ast.Attribute) and any(node.attr in names for names in FUNCTIONS):
        yield _function
    if isinstance(node, ast.If) and node.orelse:
        yield _branches
    if isinstance(node, ast.IfExp):
        yield _branches
    if isinstance(node, (ast.For, ast.While, ast.If, ast.FunctionDef)) and len(node.body) > 1:
        yield _order
        yield _without


def _number(node: ast.Constant, r: random.Random) -> None:
    node.value = r.choice([node.value + 1, node.value - 1, -node.value, node.value * 1.0, int(node.value)])


def _turned(node: ast.Constant, r: random.Random) -> None:
    node.value = not node.value


def _operator(node: ast.BinOp, r: random.Random) -> None:
    node.op = r.choice([op for op in OPERATORS if not isinstance(node.op, op)])()


def _turned_round(node: ast.BinOp, r: random.Random) -> None:
    node.left, node.right = node.right, node.left


def _comparison(node: ast.Compare, r: random.Random) -> None:
    node.ops[0] = r.choice([op for op in COMPARISONS if not isinstance(node.ops[0], op)])()


def _function(node: ast.Attribute, r: random.Random) -> None:
    names = next(names for names in FUNCTIONS if node.attr in names)
    node.attr = r.choice(sorted(names - {node.attr}))


def _branches(node: ast.If | ast.IfExp, r: random.Random) -> None:
    node.body, node.orelse = node.orelse, node.body


def _order(node: ast.For, r: random.Random) -> None:
    k = r.randrange(len(node.body) - 1)
    node.body[k], node.body[k + 1] = node.body[k + 1], node.body[k]


def _without(node: ast.For, r: random.Random) -> None:
    del node.body[r.randrange(len(node.body))]


def check(source: str, number: int = 0, count: int = 2) -> Verdict:
    """The verdict on a program, on it after each of `count` edits, and on it again, with one cache."""
    r = random.Random(number)
    first = ast.unparse(ast.parse(source))
    texts = [first, *(edited(first, r) for _ in range(count)), first]
    with _cache():
        verdicts = [_run(text, number) for text in texts]
    for text, verdict in zip(texts, verdicts, strict=True):
        if verdict.finding:
            return Verdict(verdict.sort, f"{verdict.message}\n{text}\nfirst:\n{first}")
    return verdicts[0]


def _run(text: str, number: int) -> Verdict:
    try:
        module = modules.load(text, "edited")
    except Exception:
        return AGREE  # the edit made it a module that can't be loaded
    try:
        return _compared(text, module, number)
    except TooLongError:
        return AGREE
    finally:
        modules.unload(module)


def _compared(text: str, module: types.ModuleType, number: int) -> Verdict:
    plan = inputs.scenario(number, ways.has_runtime_sizes(text), read_only=not re.search(ways.READ_ONLY_BLIND, text))
    names = ways.parameters(module)
    compiled = ways.tangra().jit(module.f, dynamic=plan.dynamic)
    for call in plan.calls:

        def fresh(call: inputs.Call = call) -> tuple[Any, ...]:
            return inputs.make(names, call, module)

        with _in_time():
            ways.outcome(modules.plain(module), fresh())
        single = ways.is_single(text, plan.calls)
        verdict = ways.one_call(modules.plain(module), compiled, fresh, single, run_interpreter=False)
        if verdict.sort != "agree":
            return verdict
    return AGREE


class TooLongError(BaseException):
    """CPython takes too long: an edit may make a loop endless."""


@contextmanager
def _in_time() -> Iterator[None]:
    def stop(number: int, frame: object) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _cache() -> Iterator[None]:
    """A cache of its own."""
    before = {name: os.environ.get(name) for name in ("TANGRA_CACHE", "TANGRA_CACHE_DIR")}
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"TANGRA_CACHE": "1", "TANGRA_CACHE_DIR": folder}
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
