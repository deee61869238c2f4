"""optax's optimisers: updates have the shapes of gradients."""

from __future__ import annotations

from typing import Any

_unknown: Any = None


class GradientTransformation:
    def __init__(self, *options: Any, **more: Any) -> None:
        pass

    def init(self, params: Any) -> Any:
        return _unknown

    def update(self, updates: Any, state: Any, params: Any = None, **extra: Any) -> Any:
        return updates, state
