"""A character-level LSTM with diagonal weights: the mean cross-entropy of the next character, and its gradient."""

# NumPy types what its operators and reductions return as Any.
# mypy: disable-error-code="no-any-return"

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

import tangra as tg
from benchmarks.gradbench.protocol import Function, Functions, Json, flat_numbers, number


class Parameters(NamedTuple):
    """The trained numbers, for l layers and characters of b bits.

    Rows 2i and 2i+1 of `main` are the weights and the biases of layer i, each for the forget, input, output and change
    gates, b numbers apiece. The rows of `extra` are the input weights, the output weights and the output biases.
    """

    main: Float[np.ndarray, "rows columns"]
    extra: Float[np.ndarray, "3 b"]


def sigmoid(x: Float[np.ndarray, "b"]) -> Float[np.ndarray, "b"]:
    """The logistic function."""
    return 1.0 / (1.0 + np.exp(-x))


def step(
    parameters: Parameters,
    hidden: Float[np.ndarray, "l b"],
    cell: Float[np.ndarray, "l b"],
    character: Float[np.ndarray, "b"],
) -> Float[np.ndarray, "b"]:
    """What the network predicts after a character; hidden and cell states are advanced in place."""
    bits = character.shape[0]
    signal = character * parameters.extra[0]
    for layer in range(hidden.shape[0]):
        weight = parameters.main[2 * layer].reshape(4, bits)
        bias = parameters.main[2 * layer + 1].reshape(4, bits)
        forget = sigmoid(signal * weight[0] + bias[0])
        admit = sigmoid(hidden[layer] * weight[1] + bias[1])
        emit = sigmoid(signal * weight[2] + bias[2])
        change = np.tanh(hidden[layer] * weight[3] + bias[3])
        cell[layer] = cell[layer] * forget + admit * change
        signal = emit * np.tanh(cell[layer])
        hidden[layer] = signal
    return signal * parameters.extra[1] + parameters.extra[2]


def objective(
    parameters: Parameters, state: Float[np.ndarray, "rows b"], sequence: Float[np.ndarray, "c b"]
) -> np.float64:
    """Minus the mean of the log-probabilities of the bits that come next.

    The even rows of the state are the layers' hidden states, the odd ones their cells. The normalisation has an extra 2
    inside the logarithm, log(2 + Σ exp): the benchmark defines it so.
    """
    hidden = state[0::2].copy()
    cell = state[1::2].copy()
    characters, bits = sequence.shape
    total = np.float64(0.0)
    for t in range(characters - 1):
        prediction = step(parameters, hidden, cell, sequence[t])
        normaliser = np.log(np.sum(np.exp(prediction)) + 2.0)
        total += np.sum(sequence[t + 1] * (prediction - normaliser))
    return -total / (bits * (characters - 1))


compiled_objective = tg.jit(objective)
gradient = tg.grad(objective)


def arguments(data: Json) -> tuple[Parameters, Float[np.ndarray, "rows b"], Float[np.ndarray, "c b"]]:
    """Parameters, initial state and text of the eval's input."""
    main = np.array(data["main_params"], dtype=np.float64)
    extra = np.array(data["extra_params"], dtype=np.float64)
    state = np.array(data["state"], dtype=np.float64)
    sequence = np.array(data["sequence"], dtype=np.float64)
    return Parameters(main, extra), state, sequence


def prepare_objective(data: Json) -> partial[Any]:
    """The loss."""
    return partial(compiled_objective, *arguments(data))


def prepare_jacobian(data: Json) -> partial[Any]:
    """The gradient of the loss in the parameters."""
    return partial(gradient, *arguments(data))


FUNCTIONS: Functions = {
    "objective": Function(prepare_objective, number),
    "jacobian": Function(prepare_jacobian, flat_numbers),
}
