"""Programs of several files: packages that import lazily, registries, and what lies next to a followed package."""

import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from tangra.checker import Outcome, check, imports
from tangra.checker.reports import cleaned
from tangra.shape_rules import shape_text


def run(folder: Path, files: dict[str, str], *, checked: str = "main.py", python: Path | None = None) -> Outcome:
    """Check one file of a project given as texts by name."""
    (folder / "pyproject.toml").write_text("", encoding="utf-8")
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    configure = lambda config: replace(config, follow=("models",))
    return check([folder / checked], python=python, configure=configure)


def shape(outcome: Outcome, name: str) -> str:
    """The shape of a name of the checked file."""
    assert [report.message for report in outcome.reports] == []
    found = [
        cleaned(shape_text(values[name].shape))
        for by_line in outcome.shapes.values()
        for values in by_line.values()
        if name in values
    ]
    return found[-1]


LAZY = {
    "zoo/__init__.py": """
        import sys
        from typing import TYPE_CHECKING
        from .lazy import LazyModule
        if TYPE_CHECKING:
            from .small import Small as Little
            from .families import *
        else:
            sys.modules[__name__] = LazyModule(__name__)
        """,
    "zoo/lazy.py": """
        class LazyModule:
            def __init__(self, name):
                self.name = name
        """,
    "zoo/small.py": """
        import torch
        class Small(torch.nn.Linear):
            def __init__(self):
                super().__init__(8, 5)
        """,
    "zoo/families/__init__.py": """
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from .first import *
            from .second import *
        """,
    "zoo/families/first.py": "raise RuntimeError('nobody asked for this file')\nclass Broad: pass\n",
    "zoo/families/second.py": """
        import torch
        __all__ = ["Wide"]
        class Wide(torch.nn.Linear):
            def __init__(self, width=7):
                super().__init__(8, width)
        """,
}


def test_names_promised_under_type_checking_are_found_when_asked_for(tmp_path: Path) -> None:
    main = """
        import torch
        import zoo
        from zoo import Wide
        x = zoo.Little()(torch.zeros(2, 8))
        y = Wide(6)(torch.zeros(3, 8))
        """
    outcome = run(tmp_path, {**LAZY, "main.py": main})
    assert shape(outcome, "x") == "(2, 5)"
    assert shape(outcome, "y") == "(3, 6)"
    assert not any(path.name == "first.py" for project in outcome.projects for path in project.files)


def test_a_registry_filled_by_decorators_through_sys_modules(tmp_path: Path) -> None:
    files = {
        "registry.py": """
            import sys
            from collections import defaultdict
            from copy import copy
            from dataclasses import dataclass, replace
            entries, configurations = {}, {}
            by_module = defaultdict(set)

            @dataclass
            class Config:
                width: int = 4
                tag: str = ""

            def register(function):
                module = sys.modules[function.__module__]
                if hasattr(module, "__all__"):
                    module.__all__.append(function.__name__)
                else:
                    module.__all__ = [function.__name__]
                entries[function.__name__] = function
                by_module[module.__name__].add(function.__name__)
                if hasattr(module, "widths") and function.__name__ in module.widths:
                    width = module.widths[function.__name__]
                    configurations[function.__name__] = replace(Config(), width=width)
                return function

            def create(name, **options):
                config = copy(configurations[name])
                return entries[name](config.width, **{k: v for k, v in options.items() if v is not None})
            """,
        "nets.py": """
            import torch
            from registry import register
            widths = {"plain": 6}
            @register
            def plain(width, depth=1):
                return torch.nn.Sequential(*[torch.nn.Linear(width, width) for _ in range(depth)])
            @register
            def bare(width):
                return torch.nn.Identity()
            """,
        "main.py": """
            import torch
            from nets import *
            from registry import create, by_module
            x = create("plain", depth=3, dropout=None)(torch.zeros(2, 6))
            y = torch.zeros(len(by_module["nets"]))
            """,
    }
    outcome = run(tmp_path, files)
    assert shape(outcome, "x") == "(2, 6)"
    assert shape(outcome, "y") == "(2,)"


def test_a_followed_package_does_not_bring_its_neighbours_along(tmp_path: Path) -> None:
    site = tmp_path / "env" / "lib" / "python3.11" / "site-packages"
    (site / "models").mkdir(parents=True)
    (site / "models" / "__init__.py").write_text("import torch, neighbour\ndef make():\n    return torch.zeros(4)\n")
    (site / "neighbour.py").write_text("import torch\ntorch.zeros(2) + torch.zeros(3)\n")
    project = tmp_path / "project"
    project.mkdir()
    outcome = run(project, {"main.py": "import models\nx = models.make()\n"}, python=tmp_path / "env")
    assert shape(outcome, "x") == "(4,)"
    assert not any(path.name == "neighbour.py" for each in outcome.projects for path in each.files)


def test_a_package_imports_itself_by_name(tmp_path: Path) -> None:
    files = {
        "pack/__init__.py": "from pack import inner\n",
        "pack/inner.py": "import torch\nwide = torch.zeros(9)\n",
        "main.py": "import pack\nx = pack.inner.wide\n",
    }
    assert shape(run(tmp_path, files), "x") == "(9,)"


def test_an_import_under_a_condition_nobody_knows_stays_after_it(tmp_path: Path) -> None:
    files = {
        "late.py": "import torch\nwide = torch.zeros(9)\n",
        "main.py": """
            import os
            def pick(flag):
                if flag:
                    from late import wide
                    if os.environ.get("NOISY"):
                        raise ValueError(wide)
                from late import wide
                return wide
            x = pick(os.environ.get("FLAG"))
            """,
    }
    assert shape(run(tmp_path, files), "x") == "(9,)"


def test_a_package_comes_before_its_modules_where_they_import_each_other(tmp_path: Path) -> None:
    files = {
        "zoo/__init__.py": "from .builder import registry\nfrom .wide import width\n",
        "zoo/builder.py": "registry = {}\n",
        "zoo/config.py": "from zoo.builder import registry\nclass Config:\n    def __init__(self, n): self.n = n\n",
        "zoo/wide.py": "from .config import Config\nwidth = Config(7)\n",
        "main.py": """
            import torch
            from zoo.config import Config
            from zoo.wide import width
            x = torch.zeros(width.n, Config(3).n)
            """,
    }
    assert shape(run(tmp_path, files), "x") == "(7, 3)"


def test_a_module_of_a_package_does_not_import_its_neighbours_by_the_names_of_the_standard_library(
    tmp_path: Path,
) -> None:
    files = {
        "zoo/__init__.py": "",
        "zoo/inner/__init__.py": "",
        "zoo/inner/collections.py": "OrderedDict = None\n",
        "zoo/inner/net.py": "from collections import OrderedDict\nsizes = OrderedDict(a=4)\n",
        "main.py": "import torch\nfrom zoo.inner.net import sizes\nx = torch.zeros(sizes['a'])\n",
    }
    assert shape(run(tmp_path, files), "x") == "(4,)"


def test_modules_are_imported_by_names_made_as_text(tmp_path: Path) -> None:
    files = {
        "zoo/__init__.py": "",
        "zoo/small.py": "width = 5\n",
        "main.py": """
            import importlib
            import torch
            word = "small"
            near = importlib.import_module(f".{word}", "zoo")
            far = importlib.import_module("zoo.small")
            x = torch.zeros(near.width, far.width)
            """,
    }
    assert shape(run(tmp_path, files), "x") == "(5, 5)"


def test_names_beyond_the_room_for_star_imports_are_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "widths.py": "import torch\nhead, tail, _own = 3, 4, 5\nbatch = torch.zeros(3, 4)\n",
        "listed.py": "__all__ = ['_shown']\n_shown, hidden = 6, 7\n",
        "main.py": """
            import torch
            from widths import *
            from listed import *
            batch @ torch.zeros(tail, _shown) + torch.zeros(3, 6)
            batch @ torch.zeros(head, 2)
            c = torch.zeros(hidden) if False else torch.zeros(head)
            """,
    }
    found = run(tmp_path, files)
    (report,) = found.reports
    assert (report.code, report.place.line) == ("TG511", 6)
    monkeypatch.setattr(imports, "MAX_STARRED", 2)
    found = run(tmp_path, files)
    assert not found.reports
    assert not found.statistics.failures
