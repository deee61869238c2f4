"""flax.nnx's containers and optimiser."""

from __future__ import annotations

from typing import Any

jax: Any = None


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


class RNN:
    def __init__(
        self, cell: Any, time_major: Any = False, return_carry: Any = False, reverse: Any = False, **more: Any
    ) -> None:
        self.cell = cell
        self.time_major = time_major
        self.return_carry = return_carry

    def __call__(
        self,
        inputs: Any,
        *,
        initial_carry: Any = None,
        return_carry: Any = None,
        time_major: Any = None,
        **more: Any,
    ) -> Any:
        if time_major is None:
            time_major = self.time_major
        if return_carry is None:
            return_carry = self.return_carry
        axis = 0 if time_major else -2
        steps = jax.numpy.moveaxis(inputs, axis, 0)
        if initial_carry is None:
            initial_carry = self.cell.initialize_carry(steps.shape[1:])
        cell = self.cell
        carry, outputs = jax.lax.scan(lambda state, step: cell(state, step), initial_carry, steps)
        outputs = jax.numpy.moveaxis(outputs, 0, axis)
        return (carry, outputs) if return_carry else outputs


class Bidirectional:
    def __init__(self, forward_rnn: Any, backward_rnn: Any, merge_fn: Any = None, **more: Any) -> None:
        self.forward_rnn = forward_rnn
        self.backward_rnn = backward_rnn
        self.merge_fn = merge_fn

    def __call__(self, inputs: Any, **more: Any) -> Any:
        first = self.forward_rnn(inputs, return_carry=False)
        second = self.backward_rnn(inputs, return_carry=False)
        if self.merge_fn is None:
            return jax.numpy.concatenate((first, second), axis=-1)
        return self.merge_fn(first, second)
