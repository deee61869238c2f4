"""The public functions, classes and methods of the libraries that rules describe, and those that have no rule.

`/path/to/python -m tests.shape_rules.names` writes `names.json` (make record-shapes) under a Python that has the
libraries. `norule.txt` groups those of them that no rule knows, with a reason: what is lost by not knowing them.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

from tangra.checker import natives, prelude_classes
from tangra.shape_rules import registry
from tests.shape_rules.libraries import lookup

NAMES = Path(__file__).with_name("names.json")
WITHOUT = Path(__file__).with_name("norule.txt")

MODULES = """
torch torch.nn torch.nn.functional torch.linalg torch.fft torch.special torch.distributions torch.sparse torch.func
torch.nn.init torch.nn.utils.rnn numpy numpy.linalg numpy.fft numpy.random jax jax.numpy jax.numpy.linalg jax.numpy.fft
jax.lax jax.nn jax.nn.initializers jax.random jax.tree jax.tree_util jax.scipy.fft jax.scipy.linalg jax.scipy.ndimage
jax.scipy.signal jax.scipy.sparse.linalg jax.scipy.special jax.scipy.stats flax.linen flax.nnx equinox equinox.nn optax
einops
""".split()
CLASSES = ("torch.Tensor", "numpy.ndarray", "jax.Array")


def public(module: str) -> list[str]:
    """The callables that a module shows: what its `__all__` names, or what does not begin with `_`."""
    found = importlib.import_module(module)
    names = set(getattr(found, "__all__", ())) | {name for name in dir(found) if not hasattr(found, "__all__")}
    names |= {name for name in dir(found) if module == "torch.nn.functional"}
    return sorted(name for name in names if name[0] != "_" and called(getattr(found, name, None), found))


def called(value: Any, module: Any) -> bool:
    """Whether a program of arrays may call it: not a module, a type of errors, or what belongs to another library."""
    if inspect.ismodule(value) or not callable(value):
        return False
    if isinstance(value, type) and (issubclass(value, BaseException) or value.__module__ == "typing"):
        return False
    home = (getattr(value, "__module__", None) or module.__name__).partition(".")[0].lstrip("_")
    return home in (module.__name__.partition(".")[0], "jaxlib", "builtins", "numpy")


def methods(cls: str) -> list[str]:
    """The methods and attributes of a class."""
    return sorted(name for name in dir(lookup(cls)) if name[0] != "_")


def known(name: str) -> bool:
    """Whether the checker knows the function, class, method or attribute with this dotted name."""
    owner, _, word = name.rpartition(".")
    if owner in CLASSES:
        return bool(registry.find_method(owner, word) or registry.find_attribute(owner, word))
    return registry.find(name) is not None or name in natives.LIBRARY or name in prelude()


@cache
def prelude() -> set[str]:
    """The classes that the checker has programs for."""
    found = {prelude_classes.MODULE, prelude_classes.FLAX_MODULE}
    for package, file in prelude_classes.CONTAINERS.items():
        tree = ast.parse((Path(prelude_classes.__file__).parent / "prelude" / file).read_text(encoding="utf-8"))
        found |= {f"{package}.{node.name}" for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    return found | {name for name, meant in prelude_classes.SYNONYMS.items() if meant in found}


def recorded() -> set[str]:
    """All names of the snapshot."""
    found: dict[str, str] = json.loads(NAMES.read_text(encoding="utf-8"))
    return {f"{owner}.{word}" for owner, words in found.items() for word in words.split()}


def without() -> dict[str, str]:
    """The names of `norule.txt` with their reasons: a paragraph is `# reason`, then lines `owner: names`."""
    found: dict[str, str] = {}
    reason = ""
    for line in WITHOUT.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            reason = line[2:].strip()
        elif line.strip():
            owner, words = re.split(r":\s*", line, maxsplit=1)
            for word in words.split():
                assert f"{owner}.{word}" not in found, f"{owner}.{word} is listed twice"
                found[f"{owner}.{word}"] = reason
    return found


def main() -> int:
    """Record."""
    found = {module: " ".join(public(module)) for module in MODULES} | {cls: " ".join(methods(cls)) for cls in CLASSES}
    NAMES.write_text(json.dumps(found, indent=0) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
