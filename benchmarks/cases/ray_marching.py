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


def rays(n):
    """The directions of all pixels, by coordinate."""
    i, j = np.divmod(np.arange(n * n), n)
    u, v = (j + 0.5) / n - 0.5, 0.4 - (i + 0.5) / n
    norm = np.sqrt(u * u + v * v + 1.0)
    return u / norm, v / norm, 1.0 / norm


def with_jax(n):
    import jax
    import jax.numpy as jnp

    x, y, z = map(jnp.asarray, rays(n))

    def run(spheres):
        def march(t, going):
            d = y * t + 1.0
            for k in range(spheres.shape[0]):
                dx, dy, dz = x * t - spheres[k, 0], y * t - spheres[k, 1], z * t - spheres[k, 2]
                d = jnp.minimum(d, jnp.sqrt(dx * dx + dy * dy + dz * dz) - spheres[k, 3])
            going &= (t < 20.0) & (d >= 1e-3)
            return jnp.where(going, t + d, t), going

        def step(state, _):
            # rays that have all arrived march no further
            return jax.lax.cond(jnp.any(state[1]), march, lambda t, going: (t, going), *state), None

        start = (jnp.zeros(n * n), jnp.ones(n * n, dtype=bool))
        t = jax.lax.scan(step, start, None, length=100)[0][0]
        return jnp.mean(jnp.exp(-0.2 * t))

    return run


def with_torch(n):
    import torch

    x, y, z = map(torch.as_tensor, rays(n))

    def run(spheres):
        t = torch.zeros(n * n, dtype=torch.float64)
        going = torch.ones(n * n, dtype=torch.bool)
        for _ in range(100):
            d = y * t + 1.0
            for k in range(spheres.shape[0]):
                dx, dy, dz = x * t - spheres[k, 0], y * t - spheres[k, 1], z * t - spheres[k, 2]
                d = torch.minimum(d, torch.sqrt(dx * dx + dy * dy + dz * dz) - spheres[k, 3])
            going = going & (t < 20.0) & (d >= 1e-3)
            if not going.any():
                break
            t = torch.where(going, t + d, t)
        return torch.mean(torch.exp(-0.2 * t))

    return run


CASE = Case(
    title="ray marching, a while per pixel",
    program=program,
    helpers=(distance,),
    inputs=inputs,
    bench=(64,),
    quick=(8,),
    jax=with_jax,
    torch=with_torch,
)
