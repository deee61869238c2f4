"""flax.linen's containers and lifted transformations. The evaluator puts in `Base` and `jax`."""

from __future__ import annotations

from typing import Any

jax: Any = None
_unknown: Any = None


class Base:
    """Stands for flax's `Module`; the evaluator puts the real one in its place."""


class Sequential(Base):
    def __init__(self, layers: Any = (), *rest: Any, **more: Any) -> None:
        self.layers = layers

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        first = True
        value: Any = None
        for layer in self.layers:
            if first:
                value = layer(*args, **kwargs)
            elif isinstance(value, tuple):
                value = layer(*value)
            elif isinstance(value, dict):
                value = layer(**value)
            else:
                value = layer(value)
            first = False
        return value


class RNN(Base):
    def __init__(
        self,
        cell: Any = None,
        time_major: Any = False,
        return_carry: Any = False,
        reverse: Any = False,
        keep_order: Any = False,
        **more: Any,
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
            initial_carry = self.cell.initialize_carry(None, steps.shape[1:])
        cell = self.cell
        carry, outputs = jax.lax.scan(lambda state, step: cell(state, step), initial_carry, steps)
        outputs = jax.numpy.moveaxis(outputs, 0, axis)
        return (carry, outputs) if return_carry else outputs


class Bidirectional(Base):
    def __init__(
        self,
        forward_rnn: Any = None,
        backward_rnn: Any = None,
        merge_fn: Any = None,
        time_major: Any = False,
        return_carry: Any = False,
        **more: Any,
    ) -> None:
        self.forward_rnn = forward_rnn
        self.backward_rnn = backward_rnn
        self.merge_fn = merge_fn
        self.return_carry = return_carry

    def __call__(self, inputs: Any, **more: Any) -> Any:
        first = self.forward_rnn(inputs, return_carry=False)
        second = self.backward_rnn(inputs, return_carry=False)
        if self.merge_fn is None:
            return jax.numpy.concatenate((first, second), axis=-1)
        return self.merge_fn(first, second)


def scan(target: Any, *given: Any, in_axes: Any = 0, out_axes: Any = 0, length: Any = None, **options: Any) -> Any:
    if not isinstance(target, type) or not isinstance(in_axes, int) or not isinstance(out_axes, int):
        return _unknown

    class Scanned(target):  # type: ignore[misc]
        def __call__(self, carry: Any, *xs: Any) -> Any:
            rows = tuple(jax.tree.map(lambda array: jax.numpy.moveaxis(array, in_axes, 0), each) for each in xs)
            step = super().__call__
            carry, ys = jax.lax.scan(lambda state, row: step(state, *row), carry, rows, length)
            return carry, jax.tree.map(lambda array: jax.numpy.moveaxis(array, 0, out_axes), ys)

    return Scanned


def vmap(target: Any, *given: Any, in_axes: Any = 0, out_axes: Any = 0, **options: Any) -> Any:
    if not isinstance(target, type):
        return _unknown

    class Mapped(target):  # type: ignore[misc]
        def __call__(self, *args: Any) -> Any:
            return jax.vmap(super().__call__, in_axes=in_axes, out_axes=out_axes)(*args)

    return Mapped
