"""Simulations: lattices, particles, cellular automata, random walks, queues, population models."""

import math
from dataclasses import dataclass

import numpy as np

from .registry import program

rng = np.random.default_rng(18)


@program(rng.normal(size=16), 10, more=[(rng.normal(size=9), 3)])
def heat_on_a_rod(u, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] = u[1:-1] + 0.2 * (u[2:] - 2 * u[1:-1] + u[:-2])
    return np.sum(u**2)


@program(rng.normal(size=(6, 6)), 4)
def wave_on_a_membrane(u0, steps):
    prev, now = u0, u0.copy()
    for _ in range(steps):
        lap = -4 * now
        lap[1:] += now[:-1]
        lap[:-1] += now[1:]
        lap[:, 1:] += now[:, :-1]
        lap[:, :-1] += now[:, 1:]
        prev, now = now, 2 * now - prev + 0.1 * lap
    return np.sum(now * prev)


@program(np.array([0.3, 0.6]), 12)
def rule_automaton_with_weights(p, steps):
    cells = np.zeros(9, dtype=np.int64)
    cells[4] = 1
    total = 0.0
    for t in range(steps):
        fresh = np.zeros_like(cells)
        for i in range(9):
            left, right = cells[i - 1], cells[(i + 1) % 9]
            fresh[i] = left ^ right
        cells = fresh
        total += p[t % 2] * cells.sum() ** 2
    return total


@program(np.array([[0, 1, 0, 0], [0, 0, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]]), 4, grad=False)
def game_of_life(board, generations):
    for _ in range(generations):
        neighbours = sum(
            np.roll(np.roll(board, i, 0), j, 1) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)
        )
        board = ((neighbours == 3) | ((board == 1) & (neighbours == 2))).astype(int)
    return board


@program(np.array([0.8, 1.5, 0.1]), 25)
def bouncing_ball(p, steps):
    height, speed, bounces = p[1], 0.0, 0
    for _ in range(steps):
        speed -= 9.81 * 0.02
        height += speed * 0.02
        if height < 0:
            height = -height * p[0]
            speed = -speed * p[0]
            bounces += 1
    return height + p[2] * speed + 0.0 * bounces


@program(rng.uniform(size=(5, 2)), 4)
def particles_in_a_box(pos, steps):
    pos = pos.copy()
    vel = np.ones_like(pos) * np.array([0.3, -0.2])
    for _ in range(steps):
        pos += 0.4 * vel
        for i in range(len(pos)):
            for axis in range(2):
                if pos[i, axis] > 1.0 or pos[i, axis] < 0.0:
                    vel[i, axis] *= -0.9
                    pos[i, axis] = min(max(pos[i, axis], 0.01 * i), 1.0 - 0.01 * axis)
    return (pos * vel).sum() + (pos**2).sum()


@program(rng.normal(size=(4, 3)))
def lennard_jones_energy(pos):
    n = pos.shape[0]
    energy = 0.0
    for i in range(n):
        for j in range(i + 1, n):
            r2 = np.sum((pos[i] - pos[j]) ** 2) + 0.5
            inv6 = 1.0 / r2**3
            if r2 < 9.0:
                energy += 4 * (inv6 * inv6 - inv6)
    return energy


@program(np.array([0.4, 0.1]), 20)
def epidemic_with_switching_policy(p, days):
    beta, gamma = p
    s, i, r, closed = 0.99, 0.01, 0.0, False
    peak = 0.0
    for _ in range(days):
        rate = beta * (0.5 if closed else 1.0)
        new = rate * s * i
        s, i, r = s - new, i + new - gamma * i, r + gamma * i
        if i > 0.05:
            closed = True
        elif i < 0.02:
            closed = False
        peak = max(peak, i)
    return peak + r


@program(np.array([1.0, 0.7]), rng.uniform(0.1, 1, size=10), rng.uniform(0.1, 1, size=10))
def single_server_queue(p, gaps, services):
    clock = free = waited = 0.0
    for gap, service in zip(gaps, services):
        clock += p[0] * gap
        start = max(clock, free)
        waited += start - clock
        free = start + p[1] * service
    return waited / len(gaps) + free


@dataclass
class Walker:
    x: float
    y: float
    heading: float

    def forward(self, d):
        self.x += d * math.cos(self.heading)
        self.y += d * math.sin(self.heading)


@program(np.array([0.3, 1.1]))
def turtle_spiral(p):
    turtle = Walker(0.0, 0.0, p[0])
    length = 1.0
    for k in range(8):
        turtle.forward(length)
        turtle.heading += p[1] * (-1) ** k
        length *= 0.8
    return math.hypot(turtle.x, turtle.y)


@program(np.array([0.6, -0.3]), 15)
def random_walk_with_linear_congruence(p, n):
    seed = np.uint32(12345)
    x = 0.0
    for _ in range(n):
        seed = np.uint32((int(seed) * 1664525 + 1013904223) % 2**32)
        x = x * 0.9 + (p[0] if seed >> np.uint32(31) else p[1])
    return x * x


@program(np.array([0.5, 0.2]), 1e-10)
def fixed_point_until_converged(p, tolerance):
    x, trips = 1.0, 0
    while True:
        new = p[0] * math.cos(x) + p[1]
        trips += 1
        if abs(new - x) < tolerance:
            return new * new
        if trips > 500:
            raise RuntimeError("no convergence")
        x = new


@program(np.array([[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.0, 0.3, 0.7]]), 7)
def markov_chain(p, steps):
    state = np.array([1.0, 0.0, 0.0])
    visits = np.zeros(3)
    for _ in range(steps):
        state = state @ p
        visits += state
    return visits @ np.array([1.0, 2.0, 4.0])


@program(np.array([1.1, 0.4, 0.4]), np.array([10.0, 5.0]))
def predator_prey_by_seasons(rates, start):
    prey, hunters = start
    for season in range(12):
        growth = rates[0] if season % 4 < 2 else 0.5 * rates[0]
        caught = rates[1] * prey * hunters / (1 + prey)
        prey, hunters = prey + 0.1 * (growth * prey - caught), hunters + 0.1 * (rates[2] * caught - hunters)
    return prey * hunters


@program(np.linspace(0.1, 1, 5), 3)
def upwind_advection_with_ghost_cells(u, steps):
    for _ in range(steps):
        padded = np.concatenate([u[-1:], u, u[:1]])
        speed = np.sin(padded[1:-1])
        u = u - 0.3 * np.where(speed > 0, speed * (u - padded[:-2]), speed * (padded[2:] - u))
    return (u**2).sum()


@program(rng.normal(size=(3, 3)), 5)
def spins_relax_in_place(spins, sweeps):
    s = np.tanh(spins)
    n = s.shape[0]
    energy = 0.0
    for sweep in range(sweeps):
        for i in range(n):
            for j in range(n):
                if (i + j + sweep) % 2 == 0:
                    s[i, j] = np.tanh(0.4 * (s[i - 1, j] + s[(i + 1) % n, j] + s[i, j - 1] + s[i, (j + 1) % n]))
        energy += s.sum()
    return energy
