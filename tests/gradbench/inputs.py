"""Small inputs in the evals' own JSON form, one or more for every eval, and access to programs and references."""

import importlib
from types import ModuleType
from typing import Any

import numpy as np

Json = Any


def rng() -> np.random.Generator:
    """The same numbers for every test."""
    return np.random.default_rng(20_260_101)


def mixture(d: int, k: int, n: int, m: int, gamma: float) -> Json:
    """A mixture model's input."""
    draw = rng()
    sizes = {"alpha": (k,), "mu": (k, d), "q": (k, d), "l": (k, d * (d - 1) // 2), "x": (n, d)}
    arrays = {name: draw.normal(size=size).tolist() for name, size in sizes.items()}
    return arrays | {"d": d, "k": k, "n": n, "m": m, "gamma": gamma}


def scene(rotation: list[float]) -> Json:
    """A bundle adjustment's input with 2 cameras, 3 points and 5 observations."""
    camera = [*rotation, 0.3, -0.2, 0.1, 400.0, 5.0, -8.0, 0.09, 0.003]
    return {"n": 2, "m": 3, "p": 5, "cam": camera, "x": [0.7, 0.1, 3.0], "w": 0.42, "feat": [71.0, -34.0]}


def text(layers: int, characters: int, bits: int) -> Json:
    """A character model's input."""
    draw = rng()
    sizes = {
        "main_params": (2 * layers, 4 * bits),
        "extra_params": (3, bits),
        "state": (2 * layers, bits),
    }
    arrays = {name: draw.normal(size=size).tolist() for name, size in sizes.items()}
    return arrays | {"sequence": draw.integers(0, 2, size=(characters, bits)).astype(float).tolist()}


def poses(count: int) -> list[Json]:
    """Homogeneous matrices: a random linear part near the identity and a random shift."""
    draw = rng()
    matrices = np.tile(np.eye(4), (count, 1, 1))
    matrices[:, :3] += 0.3 * draw.normal(size=(count, 3, 4))
    result: list[Json] = matrices.tolist()
    return result


def hand(surface: bool, mirrored: bool, turned: bool) -> Json:
    """A hand with 22 bones, 9 vertices and 4 measured points."""
    draw = rng()
    bones, vertices, points, triangles = 22, 9, 4, 6
    weights = draw.uniform(size=(vertices, bones))
    model = {
        "bone_count": bones,
        "bone_names": [f"bone {i}" for i in range(bones)],
        "parents": [-1, 0, *(1 if i % 4 == 2 else i - 1 for i in range(2, bones))],
        "base_relatives": poses(bones),
        "inverse_base_absolutes": poses(bones)[::-1],
        "base_positions": np.column_stack((draw.normal(size=(vertices, 3)), np.ones(vertices))).tolist(),
        "weights": (weights / weights.sum(axis=1, keepdims=True)).tolist(),
        "triangles": [draw.choice(vertices, size=3, replace=False).tolist() for _ in range(triangles)],
        "is_mirrored": mirrored,
    }
    theta = draw.normal(size=26) * 0.5
    theta[:3] *= float(turned)
    corresponds = draw.integers(0, triangles if surface else vertices, size=points)
    data = {"model": model, "correspondences": corresponds.tolist(), "points": draw.normal(size=(points, 3)).tolist()}
    us = draw.uniform(0.1, 0.4, size=(points, 2)).tolist() if surface else []
    return {"theta": theta.tolist(), "data": data, "us": us}


def clusters(k: int, n: int, d: int) -> Json:
    """Points, the last k of which are the centroids too, so that no cluster is empty."""
    points = rng().uniform(size=(n, d)).tolist()
    return {"points": points, "centroids": points[-k:]}


def matrix(size: int) -> Json:
    """A square matrix, flat."""
    return {"A": rng().normal(size=size * size).tolist(), "ell": size}


INPUTS: dict[str, list[Json]] = {
    "hello": [1.0, -3.25, 128.0],
    "gmm": [mixture(1, 2, 3, 0, 1.0), mixture(3, 4, 20, 2, 0.7), mixture(2, 5, 1, 1, 1.3)],
    "ba": [scene([-0.7, -1.1, -0.8]), scene([0.0, 0.0, 0.0])],
    "ht": [hand(True, False, True), hand(False, True, True), hand(False, False, False), hand(True, True, True)],
    "lstm": [text(2, 7, 3), text(1, 2, 5)],
    "kmeans": [clusters(3, 20, 2), clusters(4, 11, 5)],
    "llsq": [{"x": rng().uniform(size=6).tolist(), "n": n} for n in (2, 17)],
    "lse": [{"x": (100.0 * rng().normal(size=n)).tolist()} for n in (1, 9)] + [{"x": [0.1, 0.4, 0.3, 0.2]}],
    "ode": [{"x": rng().uniform(0.5, 1.5, size=5).tolist(), "s": s} for s in (1, 2, 10)],
    "particle": [{"w": 0.0}],
    "saddle": [{"start": [1.0, 1.0]}, {"start": [0.5, -0.25]}],
    "det": [matrix(size) for size in (1, 2, 5)],
}
"""Inputs by eval; sizes 1, a zero rotation, an empty triangle and the like are among them."""

PRIMALS = {
    "hello": "square",
    "gmm": "objective",
    "ba": "objective",
    "ht": "objective",
    "lstm": "objective",
    "kmeans": "cost",
    "llsq": "primal",
    "lse": "primal",
    "ode": "primal",
    "det": "primal",
}
"""The function of each eval that takes no derivative; particle and saddle have none."""


def program(name: str) -> ModuleType:
    """The program of an eval; importing it imports Tangra."""
    return importlib.import_module(f"benchmarks.gradbench.programs.{name}")


def reference(name: str) -> ModuleType:
    """The reference of an eval."""
    return importlib.import_module(f"benchmarks.gradbench.reference.{name}")
