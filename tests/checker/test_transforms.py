"""Functions of functions in torch and JAX: axes that are mapped, gradients, Jacobians, tangents."""

from pathlib import Path

import pytest

from tests.checker.programs import lines, shapes

HEAD = """
import jax
import jax.numpy as jnp
import torch

x, y, m = torch.zeros(5, 3), torch.zeros(3), torch.zeros(4, 3)
jx, jy, jm = jnp.zeros((5, 3)), jnp.zeros(3), jnp.zeros((4, 3))


def square(v):
    return (v * v).sum()


def both(v, w):
    return v @ w, {"sum": v + w}


"""
SHAPES = {
    "torch.func.vmap(torch.dot, in_dims=(0, None))(x, y)": "(5)",
    "torch.vmap(lambda r: r * 2, in_dims=1, out_dims=1)(x)": "(5, 3)",
    "torch.func.grad(square)(x)": "(5, 3)",
    "torch.func.jacrev(lambda v: m @ v)(y)": "(4, 3)",
    "torch.func.jacfwd(lambda a, v: a @ v, argnums=1)(m, y)": "(4, 3)",
    "torch.func.jacfwd(lambda a, v: a @ v, argnums=(0, 1))(m, y)[0]": "(4, 4, 3)",
    "torch.func.jacrev(both)(y, y)[1]['sum']": "(3, 3)",
    "torch.func.hessian(square)(x)": "(5, 3, 5, 3)",
    "torch.func.jvp(lambda v: m @ v, (y,), (y,))[1]": "(4)",
    "torch.func.vjp(lambda v: m @ v, y)[1](torch.zeros(4))[0]": "(3)",
    "torch.func.vmap(torch.func.grad(square))(x)": "(5, 3)",
    "jax.jacfwd(lambda v: jm @ v)(jy)": "(4, 3)",
    "jax.hessian(square)(jy)": "(3, 3)",
    "jax.hessian(lambda a, b: a @ b, argnums=(0, 1))(jy, jy)[0][1]": "(3, 3)",
    "jax.jvp(lambda v: jm @ v, (jy,), (jy,))[0]": "(4)",
    "jax.vjp(lambda v: jm @ v, jy)[1](jnp.zeros(4))[0]": "(3)",
    "jax.value_and_grad(square)(jx)[1]": "(5, 3)",
}


def test_shapes(tmp_path: Path) -> None:
    text = HEAD + "".join(f"r{number} = {call}\n" for number, call in enumerate(SHAPES))
    found = shapes(tmp_path, text)
    told = {call: found.get(f"r{number}") for number, call in enumerate(SHAPES)}
    assert {call: str(shape).replace(",)", ")") for call, shape in told.items()} == SHAPES


@pytest.mark.parametrize(
    "call",
    [
        "torch.func.vmap(torch.dot, in_dims=(0, 0))(x, y)",
        "torch.func.vmap(torch.dot, in_dims=(1, None))(x, y)",
        "torch.func.jacrev(lambda v: x.T @ v)(y)",
        "jax.jvp(lambda v: jx.T @ v, (jy,), (jy,))",
        "jax.hessian(lambda v: jx.T @ v)(jy)",
    ],
)
def test_failures(tmp_path: Path, call: str) -> None:
    assert [line for line, _ in lines(tmp_path, f"{HEAD}{call}\n")] == [HEAD.count("\n") + 1]


def test_the_table_is_what_jax_says() -> None:
    """The table itself, under JAX."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    def square(v):  # type: ignore[no-untyped-def]
        return (v * v).sum()

    scope = {"jax": jax, "jnp": jnp, "square": square}
    scope |= {"jx": jnp.zeros((5, 3)), "jy": jnp.zeros(3), "jm": jnp.zeros((4, 3))}
    for call, shape in SHAPES.items():
        if call.startswith("jax."):
            assert str(np.shape(eval(call, scope))).replace(",)", ")") == shape


CARRIES = {
    "lambda c, _: (c[0], None), (jy, 0)": True,
    "lambda c, _: ((c[0], c[1], 0), None), (jy, 0)": True,
    "lambda c, _: ({'a': c['a']}, None), {'a': jy, 'b': 0}": True,
    "lambda c, _: (None, None), jy": True,
    "lambda c, _: (c * 1.5, None), jnp.zeros(3, dtype=int)": True,
    "lambda c, _: ({'b': c['b'] + 1, 'a': c['a']}, None), {'a': jy, 'b': 0}": False,
    "lambda c, _: ((c[0] * 2, c[1] + 1), None), (jy, 0)": False,
    "lambda c, _: (c * 1.5, None), 1": False,
    "lambda c, _: ([c[0] + 1], None), [jy]": False,
}


@pytest.mark.parametrize(("text", "fails"), CARRIES.items(), ids=CARRIES)
def test_carries_keep_structure_and_dtype(tmp_path: Path, text: str, fails: bool) -> None:
    program = f"{HEAD}\nz = jax.lax.scan({text}, length=4)\n"
    assert [code for _, code in lines(tmp_path, program)] == ["TG506"] * fails
