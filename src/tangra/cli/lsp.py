"""`tangra lsp`: the server for editors."""

from __future__ import annotations

from importlib.util import find_spec

from tangra.cli.main import CLEAN, Misuse


def run_lsp() -> int:
    """Serve until the editor says exit."""
    if find_spec("pygls") is None:
        raise Misuse("the server needs pygls: pip install 'tangra[lsp]'")
    from tangra.lsp.server import serve

    serve()
    return CLEAN
