"""A rule takes the arguments that the function it describes takes, where they stand (see `parameters`)."""

import pytest

from tangra.shape_rules import UNKNOWN, RuleError, Tensor, registry
from tangra.shape_rules.context import BaseContext
from tangra.shape_rules.failures import CALL
from tangra.shape_rules.parameters import known_parameters
from tangra.shape_rules.testing import apply
from tests.shape_rules.signatures import described


@pytest.mark.parametrize("library", sorted(registry.LIBRARIES))
def test_a_rule_takes_what_the_function_takes(library: str) -> None:
    """All by place as far as that goes, the others by keyword."""
    refused = {}
    for name, rule in described(library).items():
        for parameters in [known_parameters().get(name)] if name in known_parameters() else []:
            assert parameters is not None
            places = [UNKNOWN for word in parameters if word[0] != "*"]
            words = {word[1:]: UNKNOWN for word in parameters if word[0] == "*"}
            try:
                rule(BaseContext(), *[UNKNOWN] * rule.bound, *places, **words)
            except RuleError as error:
                if error.failure.code == CALL:
                    refused[name] = str(error)
            except Exception:  # a receiver that is nothing
                continue
    assert not refused


X = Tensor("numpy", (2, 3), "float64")
J = Tensor("jax", (2, 3), "float32")


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "shape"),
    [
        ("numpy.sum", (X, 0, None, None, True), {}, (1, 3)),
        ("numpy.max", (X, 1, None, True), {}, (2, 1)),
        ("numpy.std", (X, 0, None, None, 1), {}, (3,)),
        ("numpy.exp", (X, X), {}, (2, 3)),
        ("numpy.asarray", (), {"a": X}, (2, 3)),
        ("jax.numpy.argmax", (J, 1, None, True), {}, (2, 1)),
        ("jax.nn.gelu", (J,), {"approximate": False}, (2, 3)),
        ("jax.nn.leaky_relu", (J, 0.2), {}, (2, 3)),
        ("jax.nn.log_softmax", (J, -1, None), {}, (2, 3)),
    ],
)
def test_arguments_are_where_the_library_has_them(
    name: str, args: tuple[object, ...], kwargs: dict[str, object], shape: tuple[int, ...]
) -> None:
    found = apply(name, *args, **kwargs)
    assert isinstance(found, Tensor)
    assert found.shape == shape


def test_a_word_that_the_rule_does_not_know_of_makes_the_answer_unknown() -> None:
    assert apply("jax.numpy.nonzero", J, size=4) == UNKNOWN


def test_a_word_that_the_library_does_not_take_is_an_error() -> None:
    with pytest.raises(RuleError, match="nosuch"):
        apply("jax.numpy.sum", J, nosuch=1)
    with pytest.raises(RuleError, match="multiple values"):
        apply("numpy.sum", X, 0, None, None, True, keepdims=True)
