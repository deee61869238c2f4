"""Sphere tracing of a scene of spheres over a floor: a `while` per pixel, fog by distance, by centres and radii."""

import math

import numpy as np

from benchmarks.case import Case


def distance(x, y, z, spheres):
    best = y + 1.0
    for k in range(spheres.shape[0]):
        dx, dy, dz = x - spheres[k, 0], y - spheres[k, 1], z - spheres[k, 2]
        best = min(best, math.sqrt(dx * dx + dy * dy + dz * dz) - spheres[k, 3])
    return best


def program(spheres, n):
    total = 0.0
    for i in range(n):
        for j in range(n):
            u, v = (j + 0.5) / n - 0.5, 0.4 - (i + 0.5) / n
            norm = math.sqrt(u * u + v * v + 1.0)
            dx, dy, dz = u / norm, v / norm, 1.0 / norm
            t = 0.0
            trips = 0
            while trips < 100 and t < 20.0:
                d = distance(t * dx, t * dy, t * dz, spheres)
                if d < 1e-3:
                    break
                t += d
                trips += 1
            total += math.exp(-0.2 * t)
    return total / (n * n)


def inputs(n):
    return np.array([[0.0, 0.0, 4.0, 1.0], [-1.5, -0.5, 5.0, 0.7], [1.4, -0.4, 3.5, 0.5], [0.3, 1.0, 6.0, 0.9]]), n


CASE = Case(
    title="ray marching, a while per pixel",
    program=program,
    helpers=(distance,),
    inputs=inputs,
    bench=(64,),
    quick=(8,),
)
