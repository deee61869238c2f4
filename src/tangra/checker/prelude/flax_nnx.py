"""flax.nnx's containers and optimiser."""

from __future__ import annotations

from typing import Any


class Sequential:
    def __init__(self, *layers: Any) -> None:
        self.layers = layers

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        first = True
        value: Any = None
        for layer in self.layers:
            if first:
                value = layer(*args, **kwargs)
            elif isinstance(value, tuple):
                value = layer(*value)
            else:
                value = layer(value)
            first = False
        return value


class Optimizer:
    def __init__(self, model: Any, tx: Any, *rest: Any, **more: Any) -> None:
        self.model = model
        self.tx = tx

    def update(self, *given: Any, **more: Any) -> None:
        return None


class ModelAndOptimizer(Optimizer):
    pass
