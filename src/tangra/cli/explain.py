"""`tangra explain`: what a code means, with an example, and where to read more."""

from __future__ import annotations

import argparse

from tangra.cli.main import CLEAN, Misuse


def run_explain(options: argparse.Namespace) -> int:
    """Print the explanation of one code."""
    from tangra.checker import codes
    from tangra.errors import REGISTRY
    from tangra.shape_rules import failures

    code = options.code.upper()
    known = {value for module in (codes, failures) for value in vars(module).values() if isinstance(value, str)}
    if code not in REGISTRY or code not in known:
        listed = ", ".join(sorted(known & REGISTRY.keys()))
        raise Misuse(f"there is no code {options.code}; there are {listed}")
    from tangra.checker.explanations import EXPLANATIONS

    print(f"{code}: {REGISTRY[code]}")
    text = EXPLANATIONS.get(code)
    if text:
        print()
        print(text.strip())
    return CLEAN
