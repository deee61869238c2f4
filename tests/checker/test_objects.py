"""Objects as libraries build them: containers derived from, attributes by other ways, hooks, texts searched."""

import textwrap
from pathlib import Path

import pytest

from tests.checker.programs import lines, shapes

PROGRAMS = {
    "classes that derive from one of several, from a library's, from a builtin, from none of them": (
        """
        class Net(torch.nn.Module): pass
        class Deeper(Net): pass
        class Table(dict): pass
        class Other: pass
        def size(kind):
            if issubclass(kind, (Other, torch.nn.ModuleDict)):
                return 2
            if issubclass(kind, Table | Other):
                return 3
            if issubclass(kind, dict):
                return 4
            return 5 if issubclass(kind, torch.nn.Module) else 6 if issubclass(kind, object) else 7
        class Names(dict): pass
        class Plain: pass
        x = torch.zeros(size(Other), size(Table), size(Names), size(Deeper), size(Plain))
        """,
        "(2, 3, 4, 5, 6)",
    ),
    "a partial of a partial is one of the function": (
        """
        from functools import partial
        def make(a, b=1, c=2):
            return torch.zeros(a, b, c)
        made = partial(partial(make, 4, b=5), c=6)
        x = made.func(*made.args, **made.keywords)
        """,
        "(4, 5, 6)",
    ),
    "the type of None": (
        """
        def width(layer):
            if not isinstance(layer, (torch.nn.Linear, type(None))):
                raise TypeError
            return 3 if layer is None else layer.in_features
        x = torch.zeros(width(None), width(torch.nn.Linear(4, 5)))
        """,
        "(3, 4)",
    ),
    "rows stacked and joined in a loop of unknown length": (
        """
        rows, parts = [], []
        for word in open("words.txt"):
            rows.append(torch.zeros(3, 4))
            parts.append(torch.zeros(2, 5))
        x = torch.stack(rows, 1)[:, 0] @ torch.cat(parts, 1)[:, :4].T @ torch.cat(parts, 1)[:, 1:5].new_zeros(2, 6)
        """,
        "(3, 6)",
    ),
    "a class that derives from dict, filled as a dataclass": (
        """
        from collections import OrderedDict
        from dataclasses import dataclass, fields
        class Output(OrderedDict):
            def __post_init__(self):
                for field in fields(self):
                    value = getattr(self, field.name)
                    if value is not None:
                        self[field.name] = value
            def __setitem__(self, key, value):
                super().__setitem__(key, value)
                super().__setattr__(key, value)
            def __getitem__(self, key):
                return dict(self.items())[key] if isinstance(key, str) else list(self.values())[key]
        @dataclass
        class Result(Output):
            loss: torch.Tensor | None = None
            logits: torch.Tensor | None = None
            state: torch.Tensor | None = None
        result = Result(logits=torch.zeros(2, 3), state=torch.zeros(4))
        kinds = "loss" in result, isinstance(result, dict)
        x = torch.zeros(len(result), *result[1].shape, *result["logits"].shape, *kinds)
        """,
        "(2, 4, 2, 3, 0, 1)",
    ),
    "a class that derives from an abstract mapping": (
        """
        from collections.abc import MutableMapping
        class Table(MutableMapping):
            shared = {"wide": 7}
            def __init__(self):
                self.own = {}
            def __getitem__(self, key):
                return self.own[key] if key in self.own else self.shared[key]
            def __setitem__(self, key, value):
                self.own[key] = value
            def __delitem__(self, key):
                del self.own[key]
            def __iter__(self):
                return iter({**self.shared, **self.own})
            def __len__(self):
                return len(self.shared.keys() | self.own.keys())
        table = Table()
        table["narrow"] = 2
        x = torch.zeros(table.get("narrow"), table.get("none", 5), len(table), table["wide"], "none" in table)
        """,
        "(2, 5, 2, 7, 0)",
    ),
    "attributes found and set under other names": (
        """
        class Config:
            names = {"hidden_size": "n_embd"}
            def __setattr__(self, key, value):
                if key in super().__getattribute__("names"):
                    key = super().__getattribute__("names")[key]
                super().__setattr__(key, value)
            def __getattribute__(self, key):
                if key != "names" and key in super().__getattribute__("names"):
                    key = super().__getattribute__("names")[key]
                return super().__getattribute__(key)
        config = Config()
        config.hidden_size = 6
        x = torch.zeros(config.n_embd, config.hidden_size)
        """,
        "(6, 6)",
    ),
    "vars is the object itself": (
        """
        class Options:
            def __init__(self, **more):
                self.__dict__.update(more)
        options = Options(width=3)
        vars(options)["height"] = 4
        x = torch.zeros(options.width, options.height, len(vars(options)))
        """,
        "(3, 4, 2)",
    ),
    "a property of the class": (
        """
        class classproperty(property):
            def __get__(self, instance, owner):
                return self.fget(owner)
        class Net:
            widths = [3, 4, 5]
            @classproperty
            def depth(cls):
                return len(cls.widths)
        x = torch.zeros(Net.depth, Net().depth)
        """,
        "(3, 3)",
    ),
    "hooks see and change": (
        """
        seen = []
        layer = torch.nn.Linear(3, 4)
        layer.register_forward_pre_hook(lambda module, args: (args[0][:, :3],))
        handle = layer.register_forward_hook(lambda module, args, output: seen.append(output))
        layer.register_forward_hook(lambda module, args, output: output[0])
        y = layer(torch.zeros(2, 9))
        handle.remove()
        z = layer(torch.zeros(2, 9))
        x = torch.zeros(len(seen), *seen[0].shape, *z.shape)
        """,
        "(1, 2, 4, 4)",
    ),
    "names searched by patterns": (
        """
        import re
        found = re.fullmatch(r"vit_(\\w+)_patch(\\d+)_(?P<size>\\d+)", "vit_base_patch16_224")
        parts = re.split(r"[_.]", "a_b.c")
        x = torch.zeros(int(found.group(2)), int(found["size"]), len(parts), len(re.findall("o", "foo")),
                        len(re.sub("o+", "", "foo")))
        """,
        "(16, 224, 3, 2, 1)",
    ),
    "a decorator that looks at the code": (
        """
        import functools
        def with_defaults(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                if "width" in function.__code__.co_varnames:
                    kwargs.setdefault("width", 8)
                return function(*args, **kwargs)
            return wrapper
        @with_defaults
        def make(depth, width=2):
            return torch.zeros(depth, width)
        x = make(3)
        """,
        "(3, 8)",
    ),
    "what is tried and known does not fail": (
        """
        try:
            width = int("7")
        except ValueError:
            width = 9
        x = torch.zeros(width)
        """,
        "(7,)",
    ),
    "an option that a constructor takes or not": (
        """
        class Layer(torch.nn.Module):
            def __init__(self, width, ratio=1.0):
                super().__init__()
                self.inner = torch.nn.Linear(width, int(width * ratio))
            def forward(self, x):
                return self.inner(x)
        try:
            Layer(8, ratio=1.0)
            options = {"ratio": 0.5}
        except TypeError:
            options = {}
        x = Layer(8, **options)(torch.zeros(2, 8))
        """,
        "(2, 4)",
    ),
    "widths and depths from small arrays": (
        """
        import math
        widths = torch.arange(5) * 26.3 + 88
        steps = torch.round(torch.log(widths / 88) / math.log(1.5))
        widths = (torch.round(88 * torch.pow(1.5, steps) / 8) * 8).int().tolist()
        rates = [part.tolist() for part in torch.linspace(0, 0.1, 4).split([1, 3])]
        layers = [1 if rate > 0 else 2 for row in rates for rate in row]
        x = torch.zeros(*sorted(set(widths)), sum(layers), len(torch.unique(torch.tensor([3, 1, 3]))))
        """,
        "(88, 128, 200, 5, 2)",
    ),
    "names that a library has": (
        """
        has = "silu" in dir(torch.nn.functional)
        x = torch.zeros(3 if has else 4, 5 if hasattr(torch.nn.functional, "relu") else 6)
        """,
        "(3, 5)",
    ),
    "dtypes by other names": (
        """
        import numpy as np
        a = np.zeros(2)
        b = a.astype(np.float32)
        x = torch.zeros(a.dtype == float, a.dtype == "float64", a.dtype == int, b.dtype == np.float32)
        """,
        "(1, 1, 0, 1)",
    ),
    "a condition behind one nobody knows": (
        """
        import os
        def size(given):
            if os.environ.get("A") and given is not None and given.wide:
                return 4
            return 5
        x = torch.zeros(size(None))
        """,
        "(5,)",
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_has_the_shape_that_running_it_gives(name: str, tmp_path: Path) -> None:
    text, expected = PROGRAMS[name]
    found = shapes(tmp_path, f"import torch\n{textwrap.dedent(text)}")
    assert found["x"] == expected


def test_a_pattern_that_may_take_forever_is_not_tried(tmp_path: Path) -> None:
    text = """
        import re, torch
        found = re.match(r"(a+)+$", "a" * 60 + "b")
        torch.zeros(3) + torch.zeros(4)
        """
    assert lines(tmp_path, text) == [(4, "TG510")]


def test_sizes_of_one_that_a_view_asks_for_are_no_surprise(tmp_path: Path) -> None:
    text = """
        import torch
        def upsample(flow, mask):
            mask = mask.view(2, 1, 9, 8, 1)
            return torch.sum(mask * flow.view(2, 2, 9, 1, 1), dim=2)
        upsample(torch.zeros(2, 18), torch.zeros(2, 72))
        """
    assert lines(tmp_path, text) == []
