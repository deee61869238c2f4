"""What the folder promises to its neighbours: no NumPy, nothing of ours but how names are imported late, one flat
namespace."""

from __future__ import annotations

import ast
import pathlib
import sys
import types

import pytest

from tangra import shapes

FILES = sorted(pathlib.Path(shapes.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_imports_only_the_standard_library_and_itself(path: pathlib.Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            ours = name.startswith("tangra.shapes") or name == "tangra.lazy"
            assert ours or name.partition(".")[0] in sys.stdlib_module_names


def test_every_public_name_is_there_and_documented() -> None:
    for name in shapes.__all__:
        value = getattr(shapes, name)
        if isinstance(value, type | types.FunctionType):
            assert (value.__doc__ or "").strip(), name
    assert len(set(shapes.__all__)) == len(shapes.__all__)
