"""Integrators: explicit, implicit and adaptive steps, events, states as arrays, tuples and dicts."""

import math

import numpy as np

from .registry import program

rng = np.random.default_rng(19)


def rk4_step(f, t, y, h):
    k1 = f(t, y)
    k2 = f(t + h / 2, y + h / 2 * k1)
    k3 = f(t + h / 2, y + h / 2 * k2)
    k4 = f(t + h, y + h * k3)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


@program(np.array([1.1, 0.4, 0.1, 0.4]), np.array([10.0, 5.0]), 20)
def lotka_volterra(theta, y0, steps):
    def rhs(t, y):
        prey, predator = y
        return np.array(
            [theta[0] * prey - theta[1] * prey * predator, theta[2] * prey * predator - theta[3] * predator]
        )

    y = y0
    path = np.empty((steps + 1, 2))
    path[0] = y
    for k in range(steps):
        y = rk4_step(rhs, k * 0.05, y, 0.05)
        path[k + 1] = y
    return np.mean(np.log(path) ** 2)


@program(np.array([1.0, 0.0]), 1.5)
def van_der_pol_midpoint(y, mu):
    for _ in range(30):
        half = y + 0.025 * np.array([y[1], mu * (1 - y[0] ** 2) * y[1] - y[0]])
        y = y + 0.05 * np.array([half[1], mu * (1 - half[0] ** 2) * half[1] - half[0]])
    return y @ y


@program(np.array([0.5, 0.1]), 60)
def pendulum_symplectic(p, steps):
    angle, momentum = p
    for _ in range(steps):
        momentum -= 0.05 * math.sin(angle)
        angle += 0.05 * momentum
    return 0.5 * momentum**2 - math.cos(angle) + angle


@program(1.0, 3.0)
def backward_euler_by_newton(y0, rate):
    y = y0
    for _ in range(5):
        guess = y
        for _ in range(20):
            residual = guess - y + 0.1 * rate * guess**3
            guess = guess - residual / (1 + 0.3 * rate * guess**2)
            if abs(residual) < 1e-13:
                break
        y = guess
    return y


@program(np.array([1.0, 0.5]))
def adaptive_steps(p):
    t, y, h, accepted = 0.0, p[0], 0.1, 0
    while t < 1.0 - 1e-12:
        h = min(h, 1.0 - t)
        k1 = -p[1] * y * y
        k2 = -p[1] * (y + h * k1) ** 2
        error = abs(h * (k2 - k1) / 2)
        if error < 1e-3:
            t += h
            y = y + h * (k1 + k2) / 2
            accepted += 1
            h *= 1.5
        else:
            h *= 0.5
    return y + 0.0 * accepted


@program(np.array([10.0, 28.0, 8 / 3]), 25, rtol=1e-8)
def lorenz(p, steps):
    x, y, z = 1.0, 1.0, 1.0
    for _ in range(steps):
        dx, dy, dz = p[0] * (y - x), x * (p[1] - z) - y, x * y - p[2] * z
        x, y, z = x + 0.01 * dx, y + 0.01 * dy, z + 0.01 * dz
    return x + y * z


@program({"k": 2.0, "c": 0.1, "x": np.array([1.0, 0.0])})
def spring_with_dict_state(state):
    energy = 0.0
    for k in range(15):
        x, v = state["x"]
        a = -state["k"] * x - state["c"] * v
        state = {**state, "x": np.array([x + 0.1 * v, v + 0.1 * a])}
        energy += 0.5 * v * v if k % 2 else x * x
    return energy


@program(np.array([20.0, 0.05]), 9.81)
def projectile_until_ground(p, g):
    speed, drag = p
    x = y = t = 0.0
    vx = vy = speed / math.sqrt(2)
    while y >= 0.0:
        previous = (x, y)
        vx, vy = vx - 0.05 * drag * vx, vy - 0.05 * (g + drag * vy)
        x, y, t = x + 0.05 * vx, y + 0.05 * vy, t + 0.05
    fraction = previous[1] / (previous[1] - y)
    return previous[0] + fraction * (x - previous[0])


@program(rng.normal(size=(3, 3)) * 0.3, np.ones(3))
def linear_system_by_trapezoid(a, y):
    left, right = np.eye(3) - 0.05 * a, np.eye(3) + 0.05 * a
    for _ in range(10):
        y = np.linalg.solve(left, right @ y)
    return y.sum()


@program(np.array([0.04, 3.0]), rng.normal(size=20))
def stochastic_with_given_noise(p, noise):
    x = np.zeros(noise.size + 1)
    for k, w in enumerate(noise):
        x[k + 1] = x[k] + p[1] * (1.0 - x[k]) * 0.05 + math.sqrt(p[0] * 0.05) * w
    return np.mean(x[5:] ** 2)


@program(0.4, 3.1, grad=False)
def logistic_map_orbit(x, r):
    seen = np.empty(12)
    for k in range(seen.size):
        x = r * x * (1 - x)
        seen[k] = x
    return seen, x


@program(np.array([1.0, 0.3, 0.0, 1.0]), 20)
def kepler_with_leapfrog(state, steps):
    q, v = state[:2].copy(), state[2:].copy()
    for _ in range(steps):
        v += 0.025 * -q / (q @ q) ** 1.5
        q += 0.05 * v
        v += 0.025 * -q / (q @ q) ** 1.5
    return q[0] * v[1] - q[1] * v[0] + 0.5 * v @ v - 1 / np.sqrt(q @ q)


@program(np.array([0.5, 1.0]), 6)
def shooting_with_secant(p, rounds):
    def end(slope):
        y, v = 0.0, slope
        for _ in range(10):
            y, v = y + 0.1 * v, v - 0.1 * p[0] * math.sin(y)
        return y - p[1]

    a, b = 0.5, 2.0
    fa, fb = end(a), end(b)
    for _ in range(rounds):
        if abs(fb - fa) < 1e-12:
            break
        a, b, fa = b, b - fb * (b - a) / (fb - fa), fb
        fb = end(b)
    return b
