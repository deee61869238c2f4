"""flax.linen's modules: `init` and `apply` evaluate them, and parameters keep the widths that they were made for."""

import textwrap
from pathlib import Path

import pytest

from tests.checker.programs import lines, shapes

MODULES = textwrap.dedent("""\
    import flax.linen as nn
    import jax
    import jax.numpy as jnp

    key = jax.random.PRNGKey(0)
    layer = nn.Dense(2)
    w = layer.init(key, jnp.ones((1, 4)))


    class Auto(nn.Module):
        def setup(self):
            self.enc = nn.Dense(3)
            self.dec = nn.Dense(10)

        def encode(self, x):
            return self.enc(x)

        def decode(self, z):
            return self.dec(z)

        def __call__(self, x):
            return self.decode(self.encode(x))


    class Net(nn.Module):
        @nn.compact
        def __call__(self, x, context=None):
            auto = Auto()
            for _ in range(2):
                x = nn.Dense(10)(x)
            if context is not None:
                x = x + nn.Dense(10, name="context")(context)
            return auto(x)


    auto = Auto()
    p = auto.init(key, jnp.ones((1, 10)))
    """)


def test_apply_gives_what_the_module_gives(tmp_path: Path) -> None:
    text = MODULES + textwrap.dedent("""
        a = auto.apply(p, jnp.ones((5, 10)))
        b = auto.apply(p, jnp.ones((5, 10)), method=auto.encode)
        c = auto.apply(p, jnp.ones((5, 10)), method=Auto.encode)
        d = auto.apply(p, jnp.ones((5, 10)), method="encode")
        e = auto.apply(variables=p, z=d, method=lambda m, z: m.decode(z)[0])
        f, state = auto.apply(p, jnp.ones((5, 10)), mutable=["batch_stats"])
        g, made = auto.init_with_output(key, jnp.ones((6, 10)))
        h = auto.apply({"params": p["params"]}, jnp.ones((7, 10)))
        i = jax.vmap(auto.apply, in_axes=(None, 0))(p, jnp.ones((4, 2, 10)))
        net = Net()
        q = net.init(key, jnp.ones((1, 4)), jnp.ones((1, 6)))
        j = net.apply(q, jnp.ones((8, 4)))
        k = net.apply(q, jnp.ones((8, 4)), jnp.ones((8, 6)))
        """)
    found = shapes(tmp_path, text)
    expected = {"a": "(5, 10)", "b": "(5, 3)", "c": "(5, 3)", "d": "(5, 3)", "e": "(10)", "f": "(5, 10)"}
    expected |= {"g": "(6, 10)", "h": "(7, 10)", "i": "(4, 2, 10)", "j": "(8, 10)", "k": "(8, 10)"}
    assert {name: shape.replace(",)", ")") for name, shape in found.items() if name in expected} == expected


@pytest.mark.parametrize(
    "change",
    [
        "w['params']['kernel'] = jnp.ones((7, 2))",
        "w['params'] = {'kernel': jnp.ones((7, 2)), 'bias': jnp.ones(2)}",
        "inner = w['params']; inner['kernel'] = jnp.ones((7, 2))",
        "for name, tree in w.items(): tree['kernel'] = jnp.ones((7, 2))",
        "[w][0]['params'].update(kernel=jnp.ones((7, 2)))",
        "w = {'params': {**w['params'], 'kernel': jnp.ones((7, 2))}}",
        "w = jax.tree_util.tree_map(lambda a: jnp.ones((7, 2)) if a.ndim == 2 else a, w)",
        "w |= {'params': {'kernel': jnp.ones((7, 2)), 'bias': jnp.ones(2)}}",
        "import elsewhere; elsewhere.load_into(w)",
        "layer = nn.Dense(2); w = layer.init(key, jnp.ones((1, 7)))",
    ],
)
def test_parameters_that_were_exchanged_are_not_compared(tmp_path: Path, change: str) -> None:
    assert lines(tmp_path, f"{MODULES}\n{change}\nlayer.apply(w, jnp.ones((1, 7)))\n") == []


def test_parameters_as_they_were_made_are_compared(tmp_path: Path) -> None:
    text = f"{MODULES}\nlayer.apply(w, jnp.ones((1, 7)))\n"
    assert lines(tmp_path, text) == [(text.count("\n"), "TG516")]


def test_layers_that_run_several_times_are_not_compared(tmp_path: Path) -> None:
    text = MODULES + textwrap.dedent("""
        class Skipping(nn.Module):
            @nn.compact
            def __call__(self, x, skip):
                for place in range(3):
                    if place != skip:
                        x = nn.Dense(5 + place, name=f"d{place}")(x)
                return x


        skipping = Skipping()
        v = skipping.init(key, jnp.ones((1, 4)), -1)
        skipping.apply(v, jnp.ones((1, 5)), 0)
        """)
    assert lines(tmp_path, text) == [], text


PARTS = textwrap.dedent("""
    class Block(nn.Module):
        width: int

        @nn.compact
        def __call__(self, x):
            return nn.relu(nn.Dense(self.width)(x))


    class Stack(nn.Module):
        @nn.compact
        def __call__(self, x):
            for width in (8, 4):
                x = Block(width)(x)
            return x


    class Named(nn.Module):
        @nn.compact
        def __call__(self, x, skip):
            for place in range(3):
                if place != skip:
                    x = Block(5 + place, name=f"b{place}")(x)
            return x


    class Chosen(nn.Module):
        def setup(self):
            self.blocks = [Block(5), Block(6)]

        def __call__(self, x, i):
            return self.blocks[i](x)


    class Shared(nn.Module):
        @nn.compact
        def __call__(self, x):
            block = Block(5)
            return block(block(x))


    stack, named, chosen, shared = Stack(), Named(), Chosen(), Shared()
    """)
APPLIED = {
    "v = stack.init(key, jnp.ones((1, 3)))\nstack.apply(v, jnp.ones((2, 3)))": False,
    "v = stack.init(key, jnp.ones((1, 3)))\nstack.apply(v, jnp.ones((2, 9)))": True,
    "v = named.init(key, jnp.ones((1, 4)), -1)\nnamed.apply(v, jnp.ones((1, 5)), 0)": False,
    "v = named.init(key, jnp.ones((1, 4)), -1)\nnamed.apply(v, jnp.ones((1, 4)), 0)": True,
    "v = chosen.init(key, jnp.ones((1, 4)), 0)\nchosen.apply(v, jnp.ones((1, 7)), 0)": True,
    "v = shared.init(key, jnp.ones((1, 5)))\nshared.apply(v, jnp.ones((2, 5)))": False,
    "v = shared.init(key, jnp.ones((1, 5)))\nshared.apply(v, jnp.ones((2, 7)))": True,
}


@pytest.mark.parametrize(("text", "fails"), APPLIED.items(), ids=APPLIED)
def test_layers_are_told_apart_as_flax_does(tmp_path: Path, text: str, fails: bool) -> None:
    assert [code for _, code in lines(tmp_path, f"{MODULES}{PARTS}\n{text}\n")] == ["TG516"] * fails


def test_parameters_by_themselves_stay_known_while_they_learn(tmp_path: Path) -> None:
    text = MODULES + textwrap.dedent("""
        import optax

        params = auto.init(key, jnp.ones((1, 10)))["params"]
        tx = optax.adam(1e-3)
        state, x = tx.init(params), jnp.ones((16, 10))


        @jax.jit
        def step(params, state):
            grads = jax.grad(lambda p: jnp.mean((auto.apply({"params": p}, x) - x) ** 2))(params)
            updates, state = tx.update(grads, state, params)
            return optax.apply_updates(params, updates), state


        for _ in range(3):
            params, state = step(params, state)
        auto.apply({"params": params}, jnp.ones((4, 9)))
        """)
    assert [code for _, code in lines(tmp_path, text)] == ["TG516"]
    text = text.replace("\nauto.apply({", "\nparams['enc']['kernel'] = jnp.ones((9, 3))\nauto.apply({")
    assert lines(tmp_path, text) == []


def test_learning_is_understood(tmp_path: Path) -> None:
    text = MODULES + textwrap.dedent("""
        x = jnp.ones((16, 10))


        def loss(p, x):
            return jnp.mean((auto.apply(p, x) - x) ** 2)


        @jax.jit
        def update(p, x):
            value, grads = jax.value_and_grad(loss)(p, x)
            return jax.tree_util.tree_map(lambda a, g: a - 0.1 * g, p, grads), value


        for _ in range(3):
            p, value = update(p, x)
        q = auto.init(key, x)
        q, values = jax.lax.scan(lambda carry, _: update(carry, x), q, None, length=3)
        q = jax.lax.fori_loop(0, 3, lambda i, carry: update(carry, x)[0], q)
        """)
    found = shapes(tmp_path, text)
    assert (found["value"], found["values"]) == ("()", "(3,)")
