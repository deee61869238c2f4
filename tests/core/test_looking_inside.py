"""`fn.ir()` at every stage, and `fn.explain()`."""

import re

import numpy as np
import pytest

import tangra as tg


def model(x, n):
    s = 1.0
    y = x * 2
    for i in range(n):
        s = s + np.sin(y[i]) * s
    return s


FIRST = model.__code__.co_firstlineno


def test_ir_of_the_last_call_and_of_a_call():
    f = tg.jit(model)
    with pytest.raises(tg.EntryError, match="nothing is compiled yet"):
        f.ir()
    f(np.ones(3), 2)
    assert f.ir().startswith("func @model(%x.0: f64[3], %n.1: i64)")
    assert "f64[4]" in f.ir(np.ones(4), 2)


def test_stages_of_the_ir():
    f = tg.jit(lambda x: x * 2 + 0 * 1)
    x = np.ones(3)
    assert "mul" in f.ir(x, stage="traced")
    assert "define" in f.ir(x, stage="llvm")
    assert "ret" in f.ir(x, stage="assembly")
    with pytest.raises(tg.EntryError, match="there is no stage 'nonsense'") as e:
        f.ir(x, stage="nonsense")
    assert e.value.code == "TG816"


@pytest.mark.parametrize("name", tg.jit(model).passes())
def test_before_and_after_every_pass(name):
    f = tg.jit(tg.vmap(tg.grad(lambda x: tg.jvp(model, (x, 2), (x, 0))[1])))
    for when in ("before", "after"):
        assert re.match(rf"func @|{name} did not run", f.ir(np.ones((2, 3)), stage=f"{when} {name}"))


def test_a_pass_does_what_it_is_for():
    f = tg.jit(lambda x: (x * 2, np.sin(x))[0])
    assert "sin" in f.ir(1.5, stage="before eliminate_dead_code")
    assert "sin" not in f.ir(1.5, stage="after eliminate_dead_code")


def test_a_derivative_before_and_after():
    f = tg.jit(tg.grad(lambda x: np.sin(x)))
    assert "cos" not in f.ir(1.5, stage="before vjp")
    assert "cos" in f.ir(1.5, stage="after vjp")
    assert f.ir(stage="before vmap").startswith("vmap did not run")


def test_types_at_the_users_lines():
    found = tg.jit(model).explain(np.ones(30), 5)
    values = {line.number - FIRST: line.values for line in found.functions[0].lines if line.values}
    assert values == {
        0: {"x": "float64[30]", "n": "int"},
        1: {"s": "float = 1.0"},
        2: {"y": "float64[30]"},
        3: {"i": "int"},
        4: {"s": "np.float64"},
    }
    assert found.functions[0].name == "model"
    assert found.kept_bytes is None


def test_the_text():
    text = str(tg.jit(lambda x: model(x, 3)).explain(np.ones(4)))
    lines = text.splitlines()
    assert lines[0] == "<tangra.jit of 'test_the_text.<locals>.<lambda>'>"
    assert f"model in {__file__}" in lines
    assert re.search(rf"^{FIRST + 2:5d} \|     y = x \* 2 +# y: float64\[4\]$", text, re.MULTILINE)


def test_what_a_gradient_keeps():
    f = tg.jit(tg.grad(model))
    kept = f.explain(np.linspace(0.1, 1, 40), 7, memory=True)
    line = kept.line(FIRST + 2)
    assert [str(k) for k in line.kept] == ["kept: float64[40], 320 B"]
    records = [k for number in (3, 4) for k in kept.line(FIRST + number).kept]
    assert {k.count for k in records} == {7}
    assert sum(k.total for k in records) + 320 == kept.kept_bytes
    assert "bytes kept for the backward pass" in str(kept)


def waves(x, steps):
    for _ in range(steps):
        x = np.sin(x)
    return (x * np.sort(x)).sum()


WAVES = """\
<tangra.grad of 'waves'>: 80000 bytes kept for the backward pass; 128000 bytes of memory at most: 8000 of results, \
56000 in the arena, 0 on the stack, 64000 on tapes

waves in FILE
      | def waves(x, steps):               # x: float64[1000], steps: int
      |     for _ in range(steps):         # _: int; kept: float64[1000], 8000 B; kept: 8 × float64[1000], 64000 B
      |                                    # buffer: float64[1000], 8000 B in the arena
      |                                    # buffer: float64[1000], 8000 B in a result
      |         x = np.sin(x)              # x: float64[1000]
      |     return (x * np.sort(x)).sum()  # kept: float64[1000], 8000 B
      |                                    # buffers: 3 × float64[1000], 8000 B in the arena
      |                                    # buffers: 3 × int64[1000], 8000 B in the arena"""


def test_the_text_with_memory():
    found = tg.grad(waves).explain(np.linspace(0, 1, 1000), 8, memory=True)
    text = re.sub(r"^ *\d+ \|", "      |", str(found).replace(__file__, "FILE"), flags=re.MULTILINE)
    assert text == WAVES
    assert found.memory.total == 128_000
    assert found.memory.tapes == 64_000


def test_memory_of_buffers_that_are_shared_and_of_sizes_known_at_run_time():
    def f(x, n):
        a = np.sort(x)
        b = np.sort(a * 2)
        return b[0] + np.sort(np.ones(n)).sum()

    found = tg.jit(f).explain(np.ones(2000), 3, memory=True)
    first = f.__code__.co_firstlineno
    assert any(str(first + 2) in str(use) and "shared" in str(use) for use in found.line(first + 1).buffers)
    assert any("bytes known at run time in the arena" in str(use) for use in found.line(first + 3).buffers)
    assert found.memory.results == 0
    assert found.memory.arena >= 3 * 16_000


def test_what_a_checkpointed_loop_keeps_is_what_there_is_at_a_time():
    kept = tg.grad(waves).explain(np.linspace(0, 1, 100), 400, memory=True)
    bounded = tg.grad(tg.checkpoint(waves, policy="sqrt")).explain(np.linspace(0, 1, 100), 400, memory=True)
    assert kept.memory.tapes == 400 * 800
    assert bounded.memory.tapes <= 45 * 800


def test_what_is_kept_is_known_without_a_run_too():
    f = tg.grad(model)
    f(np.ones(40), 7)
    kept = [str(k) for line in f.explain().functions[0].lines for k in line.kept]
    assert "kept: float64[40], 320 B" in kept
    assert "kept each trip: float64, 8 B" in kept


def test_nothing_is_kept_without_a_derivative():
    found = tg.jit(model).explain(np.ones(40), 7, memory=True)
    assert found.kept_bytes == 0


def heavy(x):
    a = 0.0
    for i in range(1000):
        a += x * i
    for i in range(400_000):
        a = np.sin(a) + x
    return a


def test_the_profile_shows_where_time_goes():
    found = tg.jit(heavy).explain(0.5, profile=True)
    first = heavy.__code__.co_firstlineno
    assert found.seconds > 0
    assert found.line(first + 5).share > 0.5
    total = sum(line.share or 0.0 for line in found.functions[0].lines)
    assert total == pytest.approx(1.0, abs=0.05)
    assert "% " in str(found) or "%\n" in str(found)


def test_a_profile_changes_nothing_of_the_callers():
    def f(x, log):
        x[0] += 1.0
        log.append(1.0)
        return x.sum()

    x, log = np.zeros(3), []
    tg.jit(f).explain(x, log, memory=True, profile=True)
    assert x[0] == 0
    assert log == []


def test_measuring_needs_a_call():
    with pytest.raises(tg.EntryError, match="needs the arguments of a call") as e:
        tg.jit(model).explain(profile=True)
    assert e.value.code == "TG817"
