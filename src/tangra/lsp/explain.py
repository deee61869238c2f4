"""What codes mean, as files that editors can open: the target of the link behind a diagnostic's code."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path

from tangra.checker.explanations import EXPLANATIONS
from tangra.errors import REGISTRY


def explanation(code: str) -> str:
    """The explanation of a code, as Markdown."""
    return f"# {code}: {REGISTRY.get(code, 'an unknown code')}\n\n{EXPLANATIONS.get(code, '').strip()}\n"


@cache
def explanation_uri(code: str) -> str:
    """The address of a file with the explanation, which is written when first asked for."""
    path = _folder() / f"{code}.md"
    path.write_text(explanation(code), encoding="utf-8")
    return path.as_uri()


@cache
def _folder() -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tangra" / "codes"
    try:
        base.mkdir(parents=True, exist_ok=True)
        if os.access(base, os.W_OK):
            return base
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="tangra-codes-"))
