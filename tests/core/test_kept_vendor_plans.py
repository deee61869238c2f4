"""Compiled forms with plans of oneDNN's, kept between processes: found by those that have what they were made for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tangra.native import conv_onednn, narrow_products, onednn, onednn_calls
from tangra.native.onednn_tasks import Convolution, Product, named
from tests.nn.machine import narrow_kernels

PROGRAM = """
import json, sys
import numpy as np
import tangra as tg
from tangra.core.remembering import Remembered
from tangra.native import onednn
from tangra.nn import functional as F

exec(sys.argv[1])


def layer(x, w):
    return F.conv2d(x, w, padding=1)


def slope(x, w):
    return np.sum(layer(x, w) ** 2)


def product(x):
    return F.matmul(x, x.T, precision="bfloat16")


rng = np.random.default_rng(0)
x, w = (rng.normal(size=s).astype(np.float32) for s in ((2, 32, 16, 16), (32, 32, 3, 3)))
forward, backward, narrow = tg.jit(layer), tg.jit(tg.grad(slope, 1)), tg.jit(product)
found = [forward(x, w), backward(x, w), narrow(x.reshape(128, 128))]
right = F.conv2d(x.astype(float), w.astype(float), padding=1)
assert np.allclose(found[0], right, atol=1e-3)
kept = [isinstance(f._last, Remembered) for f in (forward, backward, narrow)]
print(json.dumps([kept, [float(np.sum(np.abs(f), dtype=float)) for f in found]]))
"""
THERE = onednn.library() is not None


@pytest.fixture
def run(tmp_path: Path) -> Any:
    (tmp_path / "program.py").write_text(PROGRAM)
    environment = {**os.environ, "TANGRA_CACHE": "1", "TANGRA_CACHE_DIR": str(tmp_path / "cache")}

    def process(change: str = "", **more: str) -> Any:
        command = [sys.executable, str(tmp_path / "program.py"), change]
        out = subprocess.run(command, env={**environment, **more}, capture_output=True, text=True, check=True)
        return json.loads(out.stdout)

    return process


def test_the_next_process_finds_them(run: Any) -> None:
    kept, first = run()
    assert kept == [False] * 3
    kept, second = run()
    assert kept == [True] * 3
    assert second == first


CHANGES = [
    ("onednn.library = lambda: None", [not THERE] * 3),
    ("onednn.identity = lambda: 'oneDNN 3.9.9'", [False] * 3),
    ("onednn._size = lambda d, size=onednn._size: size(d) + 64", [not THERE, not THERE, not narrow_kernels()]),
]
"""Another library: none, another version, one that wants more room. Where none is there, or none of its kernels is
used, that changes nothing."""


@pytest.mark.parametrize("change, found", CHANGES)
def test_not_where_the_library_is_another(run: Any, change: str, found: list[bool]) -> None:
    """And what that process makes does not hide what was there."""
    run()
    kept, _ = run(change)
    assert kept == found
    kept, _ = run()
    assert kept == [True] * 3


def test_not_where_it_is_not_wanted(run: Any) -> None:
    run()
    kept, _ = run(TANGRA_ONEDNN="0")
    assert kept == [False] * 3


TASKS = [
    Convolution("kernel", (4, 8, 9), (16, 8, 3), (4, 16, 5), "f32", (2,), (1,), (-1,), (1,), True, False, 64),
    Convolution(
        "forward", (1, 3, 8, 8), (16, 3, 3, 3), (1, 16, 6, 6), "u8", (1, 1), (0, 0), (0, 0), (1, 1), False, True
    ),
    Product("forward", (8, 16), (16, 24), (8, 24), "bf16", ((1, 8), (24, 1), (24, 1)), True),
]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_name_tells_a_task(task: Any) -> None:
    assert named(task.name) == task


def test_modules_say_what_they_depend_on() -> None:
    assert {conv_onednn.onednn_calls, narrow_products.onednn_calls} == {onednn_calls}
    assert onednn.identity().startswith("oneDNN 3.") == THERE
    assert onednn.there("tangra.run")
    assert not onednn.there("onednn.plan.product.bf16.1x1.1x1.1x1.1x1.1x1.shared.rest.1")
