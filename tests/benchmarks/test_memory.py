"""The part `memory` of the benchmarks: gradients are compared, bounds are held to."""

import pytest

from benchmarks import memory


def test_ways_are_compared_and_bounds_measured(monkeypatch):
    ways = {way: memory.WAYS[way] for way in ("unbounded", "memory=1MB")}
    monkeypatch.setattr(memory, "WAYS", ways)
    found = memory.measure("recurrent", 60_000, 2)
    assert found["unbounded"]["ratio"] == 1
    assert found["unbounded"]["bytes"] > 6_000_000
    assert found["memory=1MB"]["bytes"] < 2_000_000
    assert found["memory=1MB"]["seconds"] > 0


def test_a_bound_that_is_not_held_is_an_error():
    memory.check_bound("unbounded", 10**9, None)
    memory.check_bound("held", 10**6, 10**6)
    with pytest.raises(RuntimeError, match="loop: the process came to hold 9000000 bytes more"):
        memory.check_bound("loop", 9e6, 10**6)
