"""torch.autograd's functions of the program's own, as programs for the evaluator.

`backward` is evaluated where `apply` is: with gradients of the shapes of the results, as training calls it.
"""

from __future__ import annotations

from typing import Any

_unknown: Any = None


class _Context:
    def __init__(self) -> None:
        self.needs_input_grad = _unknown
        self.saved_tensors = ()

    def save_for_backward(self, *tensors: Any) -> None:
        self.saved_tensors = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        self.saved_tensors = tensors

    def mark_dirty(self, *tensors: Any) -> None:
        pass

    def mark_non_differentiable(self, *tensors: Any) -> None:
        pass

    def set_materialize_grads(self, value: Any) -> None:
        pass


class Function:
    @classmethod
    def apply(cls: Any, *args: Any) -> Any:
        context = _Context()
        if hasattr(cls, "setup_context"):
            result = cls.forward(*args)
            cls.setup_context(context, args, result)
        else:
            result = cls.forward(context, *args)
        if hasattr(cls, "backward"):
            cls.backward(context, *(result if isinstance(result, tuple) else (result,)))
        return result
