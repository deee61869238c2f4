"""The LSTM with all activations kept, and back-propagation through time by hand.

Arrays of the gates are (4, b): forget, input, output, change.
"""

from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.gradbench.protocol import Json
from benchmarks.gradbench.reference import References


def layer_forward(weight: Any, bias: Any, signal: Any, hidden: Any, cell: Any) -> tuple[Any, ...]:
    """Inputs of the gates, gates, and the new cell of one layer."""
    inputs = np.stack((signal, hidden, signal, hidden))
    sums = inputs * weight + bias
    gates = np.concatenate((1.0 / (1.0 + np.exp(-sums[:3])), np.tanh(sums[3:])))
    return inputs, gates, gates[0] * cell + gates[1] * gates[3]


def layer_backward(weight: Any, kept: tuple[Any, ...], hidden_bar: Any, cell_bar: Any) -> tuple[Any, ...]:
    """Cotangents of a layer's weights, biases, signal, old hidden state and old cell."""
    inputs, gates, old_cell, cell = kept
    squashed = np.tanh(cell)
    cell_bar = cell_bar + hidden_bar * gates[2] * (1.0 - squashed**2)
    gates_bar = np.stack((cell_bar * old_cell, cell_bar * gates[3], hidden_bar * squashed, cell_bar * gates[1]))
    slopes = np.concatenate((gates[:3] * (1.0 - gates[:3]), 1.0 - gates[3:] ** 2))
    sums_bar = gates_bar * slopes
    inputs_bar = sums_bar * weight
    signal_bar, old_hidden_bar = inputs_bar[0] + inputs_bar[2], inputs_bar[1] + inputs_bar[3]
    return sums_bar * inputs, sums_bar, signal_bar, old_hidden_bar, cell_bar * gates[0]


def forward(data: Json) -> tuple[Any, list[Any]]:
    """The loss, and for every step what the backward pass needs."""
    extra, sequence = np.array(data["extra_params"]), np.array(data["sequence"])
    state = np.array(data["state"])
    layers = state.shape[0] // 2
    weights = np.array(data["main_params"]).reshape(layers, 2, 4, -1)
    hidden, cell = list(state[0::2]), list(state[1::2])
    total, steps = 0.0, []
    for character, following in pairwise(sequence):
        signal, kept = character * extra[0], []
        for i, (weight, bias) in enumerate(weights):
            inputs, gates, new_cell = layer_forward(weight, bias, signal, hidden[i], cell[i])
            kept.append((inputs, gates, cell[i], new_cell))
            signal = gates[2] * np.tanh(new_cell)
            hidden[i], cell[i] = signal, new_cell
        prediction = signal * extra[1] + extra[2]
        total += following @ (prediction - np.log(2.0 + np.sum(np.exp(prediction))))
        steps.append((character, following, kept, signal, prediction))
    return -total / sequence[1:].size, steps


def gradient(data: Json) -> Any:
    """The gradient of the loss in main and extra parameters, flat."""
    extra = np.array(data["extra_params"])
    layers = len(data["state"]) // 2
    weights = np.array(data["main_params"]).reshape(layers, 2, 4, -1)
    weights_bar, extra_bar = np.zeros_like(weights), np.zeros_like(extra)
    hidden_bar, cell_bar = np.zeros((layers, extra.shape[1])), np.zeros((layers, extra.shape[1]))
    steps = forward(data)[1]
    scale = -1.0 / (len(steps) * extra.shape[1])
    for character, following, kept, signal, prediction in reversed(steps):
        exponentials = np.exp(prediction)
        prediction_bar = scale * (following - np.sum(following) * exponentials / (2.0 + np.sum(exponentials)))
        extra_bar[1] += prediction_bar * signal
        extra_bar[2] += prediction_bar
        signal_bar = prediction_bar * extra[1]
        for i in reversed(range(layers)):
            hidden_bar[i] += signal_bar
            results = layer_backward(weights[i, 0], kept[i], hidden_bar[i], cell_bar[i])
            weights_bar[i, 0] += results[0]
            weights_bar[i, 1] += results[1]
            signal_bar, hidden_bar[i], cell_bar[i] = results[2:]
        extra_bar[0] += signal_bar * character
    return np.concatenate((weights_bar.ravel(), extra_bar.ravel()))


REFERENCES: References = {"objective": lambda data: forward(data)[0], "jacobian": gradient}
