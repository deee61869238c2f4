"""flax.training.train_state: what a training loop carries along."""

from __future__ import annotations

from typing import Any


class TrainState:
    def __init__(
        self,
        step: Any = 0,
        apply_fn: Any = None,
        params: Any = None,
        tx: Any = None,
        opt_state: Any = None,
        **more: Any,
    ) -> None:
        self.step = step
        self.apply_fn = apply_fn
        self.params = params
        self.tx = tx
        self.opt_state = opt_state
        for name, value in more.items():
            setattr(self, name, value)

    @classmethod
    def create(cls, *, apply_fn: Any, params: Any, tx: Any, **more: Any) -> Any:
        return cls(0, apply_fn, params, tx, tx.init(params), **more)

    def replace(self, **changes: Any) -> Any:
        return type(self)(**{**vars(self), **changes})

    def apply_gradients(self, *, grads: Any, **changes: Any) -> Any:
        return self.replace(step=self.step + 1, **changes)
