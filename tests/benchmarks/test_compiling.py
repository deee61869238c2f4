"""The part `compiling` of the benchmarks: the functions of growing length, and what is made of their times."""

import io

import pytest
from rich.console import Console

from benchmarks import compiling, growing


@pytest.mark.parametrize("form", growing.FORMS)
def test_programs_have_the_length_that_was_asked_for(form):
    text = growing.source(form, 100)
    assert text.count("*") + text.count("+") == 98
    assert growing.program(form, 100)(growing.POINT) == pytest.approx(growing.program(form, 100)(growing.POINT))
    assert growing.source(form, 1000).count("\n") == pytest.approx(10 * text.count("\n"), rel=0.1)


@pytest.mark.parametrize("form", growing.FORMS)
def test_the_variant_for_jax_is_the_same_program(form):
    def fori_loop(start, stop, body, value):
        for k in range(start, stop):
            value = body(k, value)
        return value

    twin = growing.program(form, 60, {"fori_loop": fori_loop}, jax=True)
    assert twin(growing.POINT) == growing.program(form, 60)(growing.POINT)


def test_a_worker_measures_and_its_answers_are_checked(monkeypatch):
    found = compiling.growth(["tangra"], [10, 20])
    rows = found["loop body"]["tangra"]
    assert [row["size"] for row in rows] == [10, 20]
    assert all(0 < row[what] < 60 for row in rows for what in compiling.WHAT)
    monkeypatch.setattr(compiling, "grown", lambda *_: [{**rows[0], "result of value": 7.0}])
    with pytest.raises(RuntimeError, match=r"tangra: straight line of 10 gives 7\.0"):
        compiling.growth(["tangra"], [10])


def test_tables():
    times = {"value": 0.5, "value_and_grad": 1.0}
    rows = {"tangra": [{"size": 100, **times}], "numba": [{"size": 100, "value": 2.0}], "jax": []}
    out = io.StringIO()
    console = Console(file=out, width=160)
    console.print(compiling.growth_table("loop body", rows, [100, 300]))
    console.print(compiling.cold_table({"sde": times, "nbody": {"value": 1.5, "value_and_grad": 2.0}}))
    text = out.getvalue()
    assert "5 ms" in text and "10 ms" in text and "2 s" in text and "–" in text
    assert text.count("2.5 s") == 1 and text.count("3.5 s") == 2  # the median of both, and the most
