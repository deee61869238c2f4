"""Vector variants of math functions in a module: LLVM's vectoriser calls them, then they are inlined."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import llvmlite.binding as llvm

from tangra.native import engine, vecmath

MARK = "@llvm.compiler.used"
"""What keeps the declarations of variants until they are called."""
_DECLARED = re.compile(r"^declare [^@]*@tg_(\w+)_v(\d+)_(f\d+)\(", re.MULTILINE)
_CALLED = re.compile(r"call [^@\n]*@tg_(\w+)_v(\d+)_(f\d+)\(")


def keep(names: Iterable[str]) -> str:
    """The line of LLVM text that keeps these declarations."""
    listed = [f"ptr @{name}" for name in names]
    return f'{MARK} = appending global [{len(listed)} x ptr] [{", ".join(listed)}], section "llvm.metadata"'


def declared(text: str) -> bool:
    """Whether a module declares variants."""
    return MARK in text


def texts(text: str, features: str) -> list[str]:
    """What may be inlined into the module, as LLVM text."""
    found = _DECLARED.findall(text) if declared(text) else []
    return [_text(variant, features, alone) for variant in found for alone in (True, False)]


def _text(variant: tuple[str, str, str], features: str, alone: bool) -> str:
    op, lanes, form = variant
    return vecmath.vector_text(op, form, int(lanes), vecmath.table_size(features), alone)


def inline(module: Any, context: Any, builder: Any, features: str) -> None:
    """Put the variants that `module` calls in their callers' place."""
    functions = [_CALLED.findall(text) for text in str(module).split("\ndefine ")]
    # A loop in vectors may be followed by one in vectors of half the width.
    alone = all(len({lanes for _, lanes, _ in calls}) == len(calls) for calls in functions)
    called = dict.fromkeys(variant for calls in functions for variant in calls)
    for variant in called:
        module.link_in(llvm.parse_assembly(_text(variant, features, alone), context))
    if not called:
        return
    passes = llvm.create_new_module_pass_manager()
    passes.add_always_inliner_pass()
    if {"sin", "cos"} <= {op for op, _, _ in called}:  # They share the reduction.
        passes.add_new_gvn_pass()
    passes.add_global_dead_code_eliminate_pass()
    engine.run_passes(passes, module, builder)
