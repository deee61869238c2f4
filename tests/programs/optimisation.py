"""Optimisers whose own steps are differentiated: descent, momentum, line search, simplex, projections."""

import math

import numpy as np

from .registry import program

rng = np.random.default_rng(22)


def rosenbrock(x):
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


def rosenbrock_gradient(x):
    inner = x[1] - x[0] ** 2
    return np.array([-400 * x[0] * inner - 2 * (1 - x[0]), 200 * inner])


@program(np.array([-0.5, 0.6]), 10)
def gradient_descent(x, steps):
    for _ in range(steps):
        x = x - 1e-3 * rosenbrock_gradient(x)
    return rosenbrock(x)


@program(np.array([-0.5, 0.6]), 8)
def adam(x, steps):
    m, v = np.zeros_like(x), np.zeros_like(x)
    for t in range(1, steps + 1):
        g = rosenbrock_gradient(x)
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        x = x - 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return rosenbrock(x)


@program(np.array([0.9, 0.05]), np.array([-0.5, 0.6]))
def tuning_of_momentum(hyper, x):
    velocity = np.zeros(2)
    for _ in range(6):
        velocity *= hyper[0]
        velocity -= 1e-2 * hyper[1] * rosenbrock_gradient(x)
        x = x + velocity
    return math.log(rosenbrock(x))


@program(np.array([1.2, 1.1]))
def backtracking_line_search(x):
    for _ in range(3):
        g = rosenbrock_gradient(x)
        step, value = 1.0, rosenbrock(x)
        while rosenbrock(x - step * g) > value - 1e-4 * step * (g @ g):
            step *= 0.5
        x = x - step * g
    return rosenbrock(x) + x[0]


@program(np.array([2.0, 3.0]))
def newton_root(p):
    x = p[1]
    for _ in range(25):
        fx = x**3 - p[0] * x - 1
        x -= fx / (3 * x**2 - p[0])
    return x


@program(np.array([2.0, 5.0]))
def bisection_then_polish(p):
    low, high = 0.0, 4.0
    while high - low > 1e-6:
        mid = 0.5 * (low + high)
        if mid * mid * mid + p[0] * mid < p[1]:
            low = mid
        else:
            high = mid
    x = 0.5 * (low + high)
    for _ in range(3):
        x = x - (x**3 + p[0] * x - p[1]) / (3 * x * x + p[0])
    return x


@program(np.array([0.5, 2.0]))
def golden_section_with_parabola(p):
    ratio = (math.sqrt(5) - 1) / 2
    a, b = -3.0, 3.0
    f = lambda t: (t - p[0]) ** 2 * p[1] + 1.0
    for _ in range(10):
        c, d = b - ratio * (b - a), a + ratio * (b - a)
        if f(c) < f(d):
            b = d
        else:
            a = c
    mid = 0.5 * (a + b)
    fa, fm, fb = f(a), f(mid), f(b)
    h = 0.5 * (b - a)
    return f(mid - 0.5 * h * (fb - fa) / (fb - 2 * fm + fa)) + fa


@program(np.array([0.7, -0.2, 0.9]))
def projection_on_simplex(y):
    u = np.sort(y)[::-1]
    total, theta = 0.0, 0.0
    for k in range(len(u)):
        total += u[k]
        if u[k] + (1 - total) / (k + 1) > 0:
            theta = (1 - total) / (k + 1)
    w = np.maximum(y + theta, 0)
    return w @ np.array([1.0, 2.0, 4.0])


@program(rng.normal(size=(6, 4)), rng.normal(size=6), 0.3)
def lasso_by_soft_threshold(a, y, lam):
    step = 1 / np.sum(a**2)
    w = np.zeros(4)
    for _ in range(10):
        z = w - step * a.T @ (a @ w - y)
        w = np.sign(z) * np.maximum(np.abs(z) - step * lam, 0)
    return np.sum((a @ w - y) ** 2) + lam * np.abs(w).sum()


@program(rng.normal(size=(5, 3)), rng.normal(size=5), rtol=1e-8)
def gauss_newton_fit(a, y):
    w = np.zeros(3)
    for _ in range(4):
        z = a @ w
        residual = np.tanh(z) - 0.3 * y
        jacobian = (1 - np.tanh(z) ** 2)[:, None] * a
        w = w - np.linalg.solve(jacobian.T @ jacobian + 0.5 * np.eye(3), jacobian.T @ residual)
    return w @ w


@program(np.array([[0.0, 0.0], [1.0, 0.2], [0.3, 1.0]]), 6)
def simplex_reflections(points, rounds):
    simplex = [p for p in points]
    f = lambda p: (p[0] - 1.5) ** 2 + 2 * (p[1] + 0.5) ** 2
    for _ in range(rounds):
        values = np.array([f(p) for p in simplex])
        worst = int(np.argmax(values))
        centre = (simplex[0] + simplex[1] + simplex[2] - simplex[worst]) / 2
        reflected = 2 * centre - simplex[worst]
        better = f(reflected) < values[worst]
        simplex = [(reflected if better else 0.5 * (p + centre)) if k == worst else p for k, p in enumerate(simplex)]
    return f((simplex[0] + simplex[1] + simplex[2]) / 3)


@program(np.array([1.0, 2.0, 3.0]), np.array([4.0, 2.0, 1.0]), 4.5)
def fractional_knapsack(value, weight, capacity):
    order = np.argsort(-value / weight)
    total, room = 0.0, capacity
    for k in order:
        part = min(weight[k], room)
        total += value[k] * part / weight[k]
        room -= part
        if room <= 0:
            break
    return total


@program(np.array([1.0, -2.0, 0.5]))
def coordinate_descent(b):
    a = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 2.0]])
    x = np.zeros(3)
    for sweep in range(8):
        largest = 0.0
        for i in range(3):
            new = (b[i] - a[i] @ x + a[i, i] * x[i]) / a[i, i]
            largest = max(largest, abs(new - x[i]))
            x[i] = new
        if largest < 1e-3:
            break
    return x @ a @ x


@program(np.array([0.3, 0.4]), {"rate": 0.1, "rounds": 5, "decay": 0.9})
def scheduled_descent(x, config):
    history = []
    rate = config["rate"]
    for k in range(config["rounds"]):
        x = x - rate * np.array([2 * x[0], 8 * x[1] ** 3])
        rate *= config["decay"]
        history.append(x @ x)
    return history[-1] + 0.5 * min(history)
