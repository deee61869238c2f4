"""Machine learning from scratch: networks, recurrent cells, attention, clustering, trees of decisions, boosting."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from .registry import program

rng = np.random.default_rng(23)
X, Y = rng.normal(size=(8, 3)), rng.integers(0, 3, size=8)


@program({"w1": rng.normal(size=(3, 5)), "b1": np.zeros(5), "w2": rng.normal(size=(5, 3)), "b2": np.zeros(3)}, X, Y)
def classifier_cross_entropy(p, x, y):
    h = np.tanh(x @ p["w1"] + p["b1"])
    logits = h @ p["w2"] + p["b2"]
    logits = logits - logits.max(axis=1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(y)), y].mean()


@program(rng.normal(size=(3, 5)), X, Y)
def hand_written_backpropagation(w, x, y):
    target = np.eye(5)[y]
    for _ in range(3):
        out = 1 / (1 + np.exp(-(x @ w)))
        delta = (out - target) * out * (1 - out)
        w = w - 0.5 * x.T @ delta
    return np.mean((1 / (1 + np.exp(-(x @ w))) - target) ** 2)


class Lstm(NamedTuple):
    wx: np.ndarray
    wh: np.ndarray
    b: np.ndarray


_cell = Lstm(rng.normal(size=(3, 8)) * 0.5, rng.normal(size=(2, 8)) * 0.5, np.zeros(8))


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


@program(_cell, rng.normal(size=(5, 3)))
def lstm_over_sequence(cell, sequence):
    h, c = np.zeros(2), np.zeros(2)
    for x in sequence:
        i, f, g, o = np.split(x @ cell.wx + h @ cell.wh + cell.b, 4)
        c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
        h = _sigmoid(o) * np.tanh(c)
    return (h**2).sum() + c[0]


@dataclass
class Gru:
    reset: np.ndarray
    update: np.ndarray
    fresh: np.ndarray

    def __call__(self, h, x):
        both = np.concatenate([h, x])
        z, r = _sigmoid(self.update @ both), _sigmoid(self.reset @ both)
        candidate = np.tanh(self.fresh @ np.concatenate([r * h, x]))
        return (1 - z) * h + z * candidate


@program(Gru(*rng.normal(size=(3, 2, 4))), rng.normal(size=(4, 2)))
def gru_as_argument(cell, sequence):
    h = np.zeros(2)
    for t in range(sequence.shape[0]):
        h = cell(h, sequence[t])
    return h.sum() + replace(cell, fresh=cell.fresh * 2)(h, sequence[0])[1]


@program(rng.normal(size=(3, 2)), rng.normal(size=(7, 2)), 3, rtol=1e-8)
def k_means_loss_after_updates(centres, points, rounds):
    for _ in range(rounds):
        d2 = ((points[:, None, :] - centres[None]) ** 2).sum(-1)
        label = d2.argmin(axis=1)
        total, count = np.zeros_like(centres), np.zeros(3)
        for k, p in zip(label, points):
            total[k] += p
            count[k] += 1
        centres = np.where(count[:, None] > 0, total / np.maximum(count, 1)[:, None], centres)
    return ((points[:, None] - centres) ** 2).sum(-1).min(axis=1).sum() + 0.1 * (centres**2).sum()


@program(rng.normal(size=(2, 4, 6)), rng.normal(size=(6, 6)) * 0.4, 2)
def masked_self_attention(x, w, heads):
    b, t, d = x.shape
    size = d // heads
    out = np.zeros_like(x)
    for h in range(heads):
        part = slice(h * size, (h + 1) * size)
        q, k, v = (x @ w)[..., part], x[..., part], np.roll(x, 1, axis=-1)[..., part]
        scores = q @ k.swapaxes(-1, -2) / np.sqrt(size)
        scores = np.where(np.tri(t, dtype=bool), scores, -np.inf)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        out[..., part] = weights @ v
    return (out**2).mean()


@program(rng.normal(size=(2, 1, 3, 3)), rng.normal(size=(2, 1, 6, 6)))
def convolution_layer_by_windows(kernels, images):
    n, _, h, w = images.shape
    out = np.zeros((n, 2, h - 2, w - 2))
    for i in range(3):
        for j in range(3):
            out += np.einsum("nchw,kc->nkhw", images[:, :, i : i + h - 2, j : j + w - 2], kernels[:, :, i, j])
    pooled = np.maximum(out, 0).reshape(n, 2, 2, 2, 2, 2).max(axis=(3, 5))
    return pooled.mean() + out.std()


@program(np.array([0.1, -0.2, 0.3]), X, Y)
def perceptron_hinge(w, x, y):
    loss = 0.0
    for row, label in zip(x, y):
        sign = 1 if label == 1 else -1
        margin = sign * (row @ w)
        if margin < 1:
            loss += 1 - margin
    return loss / len(y) + 0.01 * (w @ w)


@program(np.array([0.5, 0.1]), X)
def decision_stumps_boosted(p, x):
    y = np.sign(x[:, 0] + x[:, 1])
    score = np.zeros(len(x))
    for j in range(3):
        weights = np.exp(-y * score * p[0])
        weights /= weights.sum()
        guess = np.where(x[:, j] > 0, 1.0, -1.0)
        error = np.clip(np.sum(weights * (guess != y)), 0.05, 0.95)
        score += p[1] * np.log((1 - error) / error) * guess
    return np.mean(np.exp(-y * score))


@program(rng.normal(size=(5, 4)), np.array([0, 2, 1, 4]), np.array([2, 1, 4, 0]))
def word_vectors(table, centre, context):
    u, v = table[centre], table[context]
    score = (u * v).sum(axis=1)
    noise = table @ u.T
    return -np.mean(np.log(_sigmoid(score))) + np.log1p(np.exp(noise)).mean()


@program(rng.normal(size=(4, 3)) * 0.3, np.array([[0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0]]), 2)
def graph_convolution(h, adjacency, layers):
    a = adjacency + np.eye(4, dtype=int)
    degree = a.sum(axis=1)
    norm = a / np.sqrt(np.outer(degree, degree))
    for _ in range(layers):
        h = np.maximum(norm @ h, 0.1 * h)
    return np.log(np.exp(h).sum(axis=1)).sum()


@program(rng.normal(size=(6, 3)), True, more=[(rng.normal(size=(6, 3)), False)])
def batch_normalisation(x, training):
    mean, var = (x.mean(axis=0), x.var(axis=0)) if training else (np.zeros(3), np.ones(3))
    y = (x - mean) / np.sqrt(var + 1e-5)
    return (y**3).sum() + y[0, 1]


@program(rng.normal(size=(4, 2)), 0.5)
def contrastive_loss(z, temperature):
    z = z / np.linalg.norm(z, axis=1, keepdims=True)
    sim = z @ z.T / temperature
    total = 0.0
    for i in range(4):
        partner = i ^ 1
        others = [sim[i, j] for j in range(4) if j != i]
        top = max(others)
        total += top + np.log(sum(np.exp(s - top) for s in others)) - sim[i, partner]
    return total / 4


@program(np.array([0.5, 0.4, 0.3]), [0, 1, 1, 2, 0])
def q_learning_by_table(rewards, actions):
    q = np.zeros((3, 3))
    state = 0
    for a in actions:
        nxt = (state + a) % 3
        q[state, a] += 0.5 * (rewards[a] + 0.9 * q[nxt].max() - q[state, a])
        state = nxt
    return (q**2).sum()


@program([rng.normal(size=(3, 4)), rng.normal(size=(4, 1))], X, rng.normal(size=8), 4)
def training_of_a_list_of_weights(weights, x, y, steps):
    w1, w2 = weights
    losses = []
    for _ in range(steps):
        h = np.tanh(x @ w1)
        error = (h @ w2)[:, 0] - y
        g2 = h.T @ error[:, None] / len(y)
        g1 = x.T @ (error[:, None] * w2.T * (1 - h**2)) / len(y)
        w1, w2 = w1 - 0.1 * g1, w2 - 0.1 * g2
        losses.append(0.5 * np.mean(error**2))
    return sum(losses) + (w2**2).sum()


@program(rng.normal(size=(5, 2)))
def principal_component_by_iteration(x):
    z = x - x.mean(axis=0)
    cov = z.T @ z / len(z)
    v = np.array([1.0, 0.5])
    for _ in range(8):
        v = cov @ v
        v = v / np.sqrt((v**2).sum())
    return ((z @ v) ** 2).sum() + v[0]
