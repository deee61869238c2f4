"""flax.nnx, equinox, optax and linen's own parameters: models are built, called, mapped over a batch and trained."""

import textwrap
from pathlib import Path

import pytest

from tests.checker.programs import lines, shapes

HEAD = textwrap.dedent("""\
    import equinox as eqx
    import flax.linen as nn
    import jax
    import jax.numpy as jnp
    import optax
    from flax import nnx
    from flax.training import train_state

    key = jax.random.key(0)
    rngs = nnx.Rngs(0)


    class Norm(eqx.Module):
        scale: jax.Array
        eps: float = 1e-5

        def __call__(self, x):
            return x / jnp.sqrt((x**2).mean() + self.eps) * self.scale


    class Block(nnx.Module):
        def __init__(self, din, dout, rngs):
            self.w = nnx.Param(jax.random.uniform(rngs.params(), (din, dout)))
            self.out = nnx.Linear(dout, 2, rngs=rngs)

        def __call__(self, x):
            return self.out(x @ self.w + self.w.value[0])


    class Own(nn.Module):
        features: int

        @nn.compact
        def __call__(self, x):
            kernel = self.param("kernel", nn.initializers.lecun_normal(), (x.shape[-1], self.features))
            bias = self.param("bias", nn.initializers.zeros, (self.features,))
            mean = self.variable("stats", "mean", lambda: jnp.zeros((self.features,)))
            return x @ kernel + bias - mean.value


    perceptron = eqx.nn.MLP(4, 2, width_size=8, depth=2, key=key)
    own = Own(3)
    params = own.init(key, jnp.ones((1, 5)))
    state = train_state.TrainState.create(apply_fn=own.apply, params=params, tx=optax.adam(1e-3))
    stack = eqx.nn.Sequential([eqx.nn.Linear(4, 3, key=key), eqx.nn.Lambda(jax.nn.relu), eqx.nn.Linear(3, 1, key=key)])
    weights = {"w": jnp.zeros((4, 2))}
    tx = optax.chain(optax.clip(1.0), optax.adamw(1e-3))
    """)
RESULTS = {
    "jax.vmap(perceptron)(jnp.ones((6, 4)))": "(6, 2)",
    "eqx.filter_vmap(stack)(jnp.ones((6, 4)))": "(6, 1)",
    "Norm(jnp.ones(3))(jnp.ones((5, 3)))": "(5, 3)",
    "eqx.combine(*eqx.partition(stack, eqx.is_array))(jnp.ones(4))": "(1,)",
    "eqx.filter_jit(stack)(jnp.ones(4))": "(1,)",
    "eqx.nn.Conv2d(3, 8, 3, stride=2, padding=1, key=key)(jnp.ones((3, 9, 9)))": "(8, 5, 5)",
    "stack.layers[0].weight": "(3, 4)",
    "Block(4, 3, rngs)(jnp.ones((6, 4)))": "(6, 2)",
    "nnx.jit(nnx.Sequential(nnx.Linear(4, 3, rngs=rngs), nnx.relu))(jnp.ones((6, 4)))": "(6, 3)",
    "nnx.value_and_grad(lambda m: m(jnp.ones((6, 4))).sum())(Block(4, 3, rngs))[0]": "()",
    "nnx.LSTMCell(4, 3, rngs=rngs)((jnp.ones((2, 3)), jnp.ones((2, 3))), jnp.ones((2, 4)))[1]": "(2, 3)",
    "own.apply(params, jnp.ones((7, 5)))": "(7, 3)",
    "state.apply_gradients(grads=params).apply_fn(params, jnp.ones((7, 5)))": "(7, 3)",
    "optax.apply_updates(weights, tx.update(weights, tx.init(weights), weights)[0])['w']": "(4, 2)",
    "optax.softmax_cross_entropy_with_integer_labels(jnp.ones((6, 9)), jnp.zeros(6, int))": "(6,)",
    "nn.make_attention_mask(jnp.ones((2, 5)), jnp.ones((2, 7)))": "(2, 1, 5, 7)",
}
FAILURES = {
    "jax.vmap(perceptron)(jnp.ones((6, 5)))": "TG516",
    "perceptron(jnp.ones((6, 4)))": "TG514",
    "eqx.nn.Conv2d(3, 8, 3, key=key)(jnp.ones((1, 9, 9)))": "TG516",
    "nnx.Linear(4, 3, rngs=rngs)(jnp.ones((6, 5)))": "TG516",
    "nnx.Conv(1, 8, kernel_size=(3, 3), rngs=rngs)(jnp.ones((6, 9, 9, 3)))": "TG516",
    "nnx.MultiHeadAttention(3, 8, rngs=rngs)": "TG518",
    "own.apply(params, jnp.ones((7, 5))) + jnp.ones(4)": "TG510",
    "optax.softmax_cross_entropy_with_integer_labels(jnp.ones((6, 9)), jnp.zeros((6, 9), int))": "TG524",
    "optax.l2_loss(jnp.ones((6, 1)), jnp.ones(6))": "TG524",
}


@pytest.mark.parametrize("expression", RESULTS)
def test_shapes_of_results(expression: str, tmp_path: Path) -> None:
    assert shapes(tmp_path, f"{HEAD}x = {expression}\n").get("x") == RESULTS[expression]


@pytest.mark.parametrize("expression", FAILURES)
def test_what_fails(expression: str, tmp_path: Path) -> None:
    assert lines(tmp_path, f"{HEAD}x = {expression}\n") == [(len(HEAD.splitlines()) + 1, FAILURES[expression])]


def test_messages_name_the_layer(tmp_path: Path) -> None:
    from tests.checker.programs import reports

    found = reports(tmp_path, f"{HEAD}nn.Dense(3, width=1)\nnn.LayerNorm().init(key, jnp.ones(()))\n")
    assert [report.message for report in found] == ["Dense has no field width", "LayerNorm of a 0-d array"]
