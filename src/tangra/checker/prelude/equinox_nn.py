"""equinox.nn's containers."""

from __future__ import annotations

from typing import Any


class Sequential:
    def __init__(self, layers: Any) -> None:
        self.layers = tuple(layers)

    def __call__(self, x: Any, state: Any = None, *, key: Any = None) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def __len__(self) -> Any:
        return len(self.layers)

    def __iter__(self) -> Any:
        return iter(self.layers)

    def __getitem__(self, index: Any) -> Any:
        return Sequential(self.layers[index]) if isinstance(index, slice) else self.layers[index]


class Lambda:
    def __init__(self, fn: Any) -> None:
        self.fn = fn

    def __call__(self, x: Any, *, key: Any = None) -> Any:
        return self.fn(x)
