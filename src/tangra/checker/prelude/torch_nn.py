"""torch.nn's containers, as programs for the evaluator, which puts in `Module` and the names that begin with `_`."""

from __future__ import annotations

from typing import Any

_children: Any = None
_keep: Any = None
_number: Any = None


class Module:
    """Stands for torch's; the evaluator puts the real one in its place."""

    def add_module(self, name: str, module: Any) -> None: ...


class Sequential(Module):
    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], dict):
            for key, module in args[0].items():
                self.add_module(key, module)
        else:
            _number(self, args)

    def forward(self, input: Any) -> Any:
        for _, module in _children(self):
            input = module(input)
        return input

    def __len__(self) -> Any:
        return len(_children(self))

    def __iter__(self) -> Any:
        return iter([module for _, module in _children(self)])

    def __getitem__(self, index: Any) -> Any:
        pairs = _children(self)
        if isinstance(index, slice):
            made = Sequential()
            _keep(made, pairs[index])
            return made
        return pairs[index][1]

    def __setitem__(self, index: Any, module: Any) -> None:
        setattr(self, _children(self)[index][0], module)

    def __delitem__(self, index: Any) -> None:
        modules = [module for _, module in _children(self)]
        del modules[index]
        _keep(self, [(str(place), module) for place, module in enumerate(modules)])

    def append(self, module: Any) -> Any:
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Any) -> Any:
        for module in modules:
            self.append(module)
        return self

    def insert(self, index: Any, module: Any) -> Any:
        modules = [each for _, each in _children(self)]
        modules.insert(index, module)
        _keep(self, [(str(place), each) for place, each in enumerate(modules)])
        return self


class ModuleList(Module):
    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            _number(self, modules)

    def __len__(self) -> Any:
        return len(_children(self))

    def __iter__(self) -> Any:
        return iter([module for _, module in _children(self)])

    def __getitem__(self, index: Any) -> Any:
        pairs = _children(self)
        if isinstance(index, slice):
            return ModuleList([module for _, module in pairs[index]])
        return pairs[index][1]

    def __setitem__(self, index: Any, module: Any) -> None:
        setattr(self, _children(self)[index][0], module)

    def __delitem__(self, index: Any) -> None:
        modules = [module for _, module in _children(self)]
        del modules[index]
        _keep(self, [(str(place), module) for place, module in enumerate(modules)])

    def __add__(self, other: Any) -> Any:
        return ModuleList([*self, *other])

    def append(self, module: Any) -> Any:
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Any) -> Any:
        for module in modules:
            self.append(module)
        return self

    def insert(self, index: Any, module: Any) -> None:
        modules = [each for _, each in _children(self)]
        modules.insert(index, module)
        _keep(self, [(str(place), each) for place, each in enumerate(modules)])


class ModuleDict(Module):
    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: Any) -> Any:
        return getattr(self, key)

    def __setitem__(self, key: Any, module: Any) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: Any) -> None:
        delattr(self, key)

    def __len__(self) -> Any:
        return len(_children(self))

    def __iter__(self) -> Any:
        return iter([name for name, _ in _children(self)])

    def __contains__(self, key: Any) -> Any:
        return key in [name for name, _ in _children(self)]

    def keys(self) -> Any:
        return [name for name, _ in _children(self)]

    def items(self) -> Any:
        return _children(self)

    def values(self) -> Any:
        return [module for _, module in _children(self)]

    def update(self, modules: Any) -> None:
        pairs = modules.items() if hasattr(modules, "items") else modules
        for key, module in pairs:
            self.add_module(key, module)

    def pop(self, key: Any) -> Any:
        module = self[key]
        del self[key]
        return module


class ParameterList(Module):
    def __init__(self, values: Any = None) -> None:
        super().__init__()
        self.held = list(values) if values is not None else []

    def __len__(self) -> Any:
        return len(self.held)

    def __iter__(self) -> Any:
        return iter(self.held)

    def __getitem__(self, index: Any) -> Any:
        return self.held[index]

    def append(self, value: Any) -> Any:
        self.held.append(value)
        return self


class ParameterDict(Module):
    def __init__(self, values: Any = None) -> None:
        super().__init__()
        self.held = dict(values) if values is not None else {}

    def __getitem__(self, key: Any) -> Any:
        return self.held[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self.held[key] = value

    def __contains__(self, key: Any) -> Any:
        return key in self.held

    def items(self) -> Any:
        return self.held.items()
