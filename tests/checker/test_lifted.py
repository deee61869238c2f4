"""flax's recurrent layers and lifted transformations, JAX's structures and maps with several axes: shapes as JAX has
them (each program was run), and what does not fit."""

import subprocess
import sys
from pathlib import Path

from tests.checker.programs import lines, shapes

HEAD = """
        import equinox as eqx
        import flax.linen as nn
        import jax
        import jax.numpy as jnp
        from flax import nnx
"""


def test_recurrent_layers_of_linen_run_over_the_time_axis(tmp_path: Path) -> None:
    found = shapes(tmp_path, f"""{HEAD}
        class Encoder(nn.Module):
            hidden: int

            @nn.compact
            def __call__(self, x):
                h = nn.RNN(nn.LSTMCell(self.hidden))(x)
                carry, y = nn.RNN(nn.GRUCell(features=self.hidden), return_carry=True)(h)
                both = nn.Bidirectional(nn.RNN(nn.GRUCell(8)), nn.RNN(nn.GRUCell(8)))(y)
                return nn.SelfAttention(num_heads=4)(both), carry

        model = Encoder(32)
        variables = model.init(jax.random.key(0), jnp.ones((2, 7, 3)))
        out, last = model.apply(variables, jnp.ones((2, 7, 3)))
        major = nn.RNN(nn.SimpleCell(5), time_major=True).apply({{}}, jnp.ones((7, 2, 3)))
        """)  # fmt: skip
    assert found["h"] == "(2, 7, 32)"
    assert found["out"] == "(2, 7, 16)"
    assert found["last"] == "(2, 32)"
    assert found["major"] == "(7, 2, 5)"


def test_a_scanned_module_takes_and_gives_the_axes_that_it_is_told(tmp_path: Path) -> None:
    text = f"""{HEAD}
        class Step(nn.Module):
            size: int

            @nn.compact
            def __call__(self, carry, x):
                return nn.GRUCell(features=self.size)(carry, x)

        class Outer(nn.Module):
            rows: int

            @nn.compact
            def __call__(self, x):
                scanned = nn.scan(
                    Step, variable_broadcast="params", split_rngs={{"params": False}}, in_axes=1, out_axes=1
                )
                return scanned(6)(jnp.zeros((self.rows, 6)), x)[1]

        fine = Outer(2).init_with_output(jax.random.key(0), jnp.ones((2, 9, 3)))[0]
        """
    assert shapes(tmp_path, text)["fine"] == "(2, 9, 6)"
    assert [code for _, code in lines(tmp_path, text.replace("Outer(2)", "Outer(3)"))] == ["TG510"]


def test_a_sequence_of_linen_layers_is_called_in_order(tmp_path: Path) -> None:
    text = f"""{HEAD}
        model = nn.Sequential([nn.Dense(4), nn.relu, nn.Dense(2)])
        out = model.apply(model.init(jax.random.key(0), jnp.ones((5, 3))), jnp.ones((5, 3)))
        """
    assert shapes(tmp_path, text)["out"] == "(5, 2)"


def test_layers_of_nnx_over_several_axes(tmp_path: Path) -> None:
    text = f"""{HEAD}
        rngs = nnx.Rngs(0)
        states = nnx.RNN(nnx.LSTMCell(4, 8, rngs=rngs))(jnp.ones((2, 7, 4)))
        heads = nnx.LinearGeneral((2, 4), (3, 5), axis=(-2, -1), rngs=rngs)(states.reshape(2, 7, 2, 4))
        mixed = nnx.Einsum("bti,io->bto", (8, 6), None, rngs=rngs)(states)
        """
    found = shapes(tmp_path, text)
    assert found["states"] == "(2, 7, 8)"
    assert found["heads"] == "(2, 7, 3, 5)"
    assert found["mixed"] == "(2, 7, 6)"


def test_groups_that_do_not_divide_are_found_where_the_layer_is_made(tmp_path: Path) -> None:
    assert lines(tmp_path, f"{HEAD}        norm = nnx.GroupNorm(10, num_groups=4, rngs=nnx.Rngs(0))\n") == [
        (7, "TG518")
    ]


def test_results_and_parts_of_arguments_are_mapped_along_their_own_axes(tmp_path: Path) -> None:
    text = f"""{HEAD}
        both = jax.vmap(lambda a, b: (a @ b, a.sum()), in_axes=(0, None), out_axes=(1, 0))
        first, second = both(jnp.ones((5, 3)), jnp.ones((3, 4)))
        layer = jax.vmap(lambda p, x: p["w"] @ x + p["b"], in_axes=({{"w": None, "b": None}}, 0))
        third = layer({{"w": jnp.ones((4, 3)), "b": jnp.zeros(4)}}, jnp.ones((6, 3)))
        """
    found = shapes(tmp_path, text)
    assert (found["first"], found["second"], found["third"]) == ("(4, 5)", "(5,)", "(6, 4)")


def test_shapes_of_shapes_and_scans(tmp_path: Path) -> None:
    text = f"""{HEAD}
        running = jax.lax.associative_scan(jnp.add, jnp.ones((5, 2)))
        product = jax.eval_shape(lambda x: x @ x.T, jax.ShapeDtypeStruct((3, 4), jnp.float32))
        promised = jax.pure_callback(lambda x: x, jax.ShapeDtypeStruct((7,), jnp.float32), running)
        total = sum(jnp.sum(leaf) for leaf in jax.tree.leaves({{"a": jnp.ones(3), "b": jnp.ones((2, 2))}}))
        """
    found = shapes(tmp_path, text)
    assert (found["running"], found["product"], found["promised"], found["total"]) == ("(5, 2)", "(3, 3)", "(7,)", "()")


def test_parts_of_a_module_are_replaced(tmp_path: Path) -> None:
    text = f"""{HEAD}
        class Model(eqx.Module):
            body: eqx.nn.Linear
            head: eqx.nn.Linear

            def __init__(self, key):
                self.body = eqx.nn.Linear(4, 8, key=key)
                self.head = eqx.nn.Linear(8, 3, key=key)

            def __call__(self, x):
                return self.head(self.body(x))

        key = jax.random.key(0)
        model = Model(key)
        wide = eqx.tree_at(lambda m: m.head, model, eqx.nn.Linear(8, 10, key=key))
        zeroed = eqx.tree_at(lambda m: m.head.weight, model, jnp.zeros((3, 8)))
        first = jax.vmap(wide)(jnp.ones((5, 4)))
        second = jax.vmap(zeroed)(jnp.ones((5, 4)))
        """
    found = shapes(tmp_path, text)
    assert (found["first"], found["second"]) == ("(5, 10)", "(5, 3)")
    assert len(lines(tmp_path, text.replace("Linear(8, 10", "Linear(9, 10"))) == 1


COMPILED = """
import numpy as np
import tangra as tg


@tg.jit
def loss(u: np.ndarray, v: np.ndarray, ratings: np.ndarray, mask: np.ndarray) -> float:
    predicted = u @ v
    error = mask * (predicted - ratings)
    return np.sum(error * error) + 0.1 * (np.sum(u * u) + np.sum(v * v))


rng = np.random.default_rng(0)
users, items, rank = 12, 9, 3
u, v = rng.normal(size=(users, rank)), rng.normal(size=(items, rank))
ratings, mask = rng.normal(size=(users, items)), (rng.random((users, items)) < 0.5).astype(float)
for step in range(3):
    gu, gv = tg.grad(loss, argnums=(0, 1))(u, v, ratings, mask)
    u, v = u - 0.01 * gu, v - 0.01 * gv
"""


def test_functions_that_tangra_compiles_are_checked_like_others(tmp_path: Path) -> None:
    assert lines(tmp_path, COMPILED) == [(8, "TG511")]
    right = COMPILED.replace("u @ v\n", "u @ v.T\n")
    found = shapes(tmp_path, right)
    assert (found["predicted"], found["gu"], found["v"]) == ("(12, 9)", "(12, 3)", "(9, 3)")
    path = tmp_path / "factors.py"
    for text, code in ((COMPILED, 1), (right, 0)):
        path.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=120)
        assert done.returncode == code, done.stderr


def test_functions_of_functions_are_known_where_no_program_mentions_jax(tmp_path: Path) -> None:
    text = """
        import numpy as np
        import torch

        dots = torch.vmap(torch.dot)(torch.ones(3, 5), torch.ones(3, 5))
        slope = torch.func.grad(lambda w, x: (w * x).sum())(torch.ones(4), torch.ones(4))
        both = np.vectorize(lambda a, b: a if a > b else b)(np.random.rand(4, 1), np.random.rand(3))
        twice, more = np.vectorize(lambda x: (2 * x, x + 1))(np.random.rand(5))
        spectra = np.apply_along_axis(lambda v: np.fft.rfft(v), 1, np.random.rand(4, 6, 3))
        squares = np.apply_along_axis(lambda v: np.outer(v, v), axis=-1, arr=np.random.rand(2, 3))
        """
    found = shapes(tmp_path, text)
    assert (found["dots"], found["slope"], found["both"]) == ("(3,)", "(4,)", "(4, 3)")
    assert (found["twice"], found["spectra"], found["squares"]) == ("(5,)", "(4, 4, 3)", "(2, 3, 3)")
    assert [line for line, _ in lines(tmp_path, text.replace("torch.ones(3, 5))\n", "torch.ones(4, 5))\n"))] == [5]


def test_modules_that_a_map_made_keep_their_settings(tmp_path: Path) -> None:
    text = f"""{HEAD}
        def evaluate(models, x):
            params, static = eqx.partition(models, eqx.is_array)
            return jax.vmap(lambda p: jax.vmap(eqx.combine(p, static))(x))(params)

        models = eqx.filter_vmap(lambda key: eqx.nn.Linear(3, 5, key=key))(jax.random.split(jax.random.key(0), 4))
        scores = evaluate(models, jnp.ones((120, 3)))
        """
    assert shapes(tmp_path, text)["scores"] == "(4, 120, 5)"
    assert lines(tmp_path, text.replace("(120, 3)", "(120, 4)")) == [(10, "TG516")]
