"""More activations of `jax.nn`."""

from tests.shape_rules.draws import Call, Draws, case

UNARY = "celu elu hard_sigmoid hard_silu hard_swish hard_tanh"


@case(*(f"jax.nn.{name}" for name in UNARY.split()))
def activation(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "float32", "int32"]))])
