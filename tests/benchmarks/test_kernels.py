"""The kernel benchmark's engines that need no other library, at the quick sizes: what they answer is right."""

import pytest

from benchmarks.kernel_cases import Kernel, convolutions, layers, narrow, shapes, squares
from benchmarks.kernel_worker import NARROW, NotHere, prepare

KERNELS = [*squares(True), *shapes(True), *layers(True), *convolutions(True), *narrow(True)]


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda k: f"{k.title} {k.dtype}")
def test_right(kernel):
    plain = kernel.what == "matmul" and kernel.dtype not in NARROW
    engines = ("tangra", "numpy") if plain else ("tangra",)
    for engine in engines:
        _, answer = prepare(engine, kernel, 1e-6)
        assert answer == {"calls": 1}


def test_a_wrong_answer_is_reported(monkeypatch):
    kernel = Kernel("matmul", (1, 4, 4, 4))
    monkeypatch.setattr("benchmarks.kernel_worker.reference", lambda kernel, operands: operands[0])
    _, answer = prepare("numpy", kernel, 1e-6)
    assert "wrong by" in answer["error"]


def test_what_an_engine_has_not():
    with pytest.raises(NotHere):
        prepare("numpy", KERNELS[-1], 1e-6)
