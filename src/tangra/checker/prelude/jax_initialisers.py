"""jax.nn.initializers: functions that make functions of a key and a shape."""

from __future__ import annotations

from typing import Any

jax: Any = None


class Initialiser:
    def __init__(self, *options: Any, **more: Any) -> None:
        pass

    def __call__(self, key: Any, shape: Any, dtype: Any = None, *rest: Any, **more: Any) -> Any:
        return jax.numpy.zeros(shape, dtype)
