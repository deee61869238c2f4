"""Arguments that overlap in memory while the function writes to some of them, against CPython and NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import tangra as tg

TABLE = np.arange(12.0)


def shift(a, b):
    a[...] = b


def add(a, b):
    a += b
    return a, b


def smear(a, b):
    a = a.reshape(-1)
    b = b.reshape(-1)
    for k in range(min(a.size, b.size)):
        a[k] = b[k] + 1.0


def both(a, b):
    a[0] = b[-1] * 2
    b[0] = a[-1] - 1
    return a.sum() + b.sum()


def while_reading(a, b):
    total = 0.0
    k = 0
    while k < len(a):
        a[k] = a[k] * 0.5 + 1
        total += np.sum(b)
        k += 1
    return total


def branches(a, b):
    if b[0].sum() > 3:
        a *= 2
    else:
        b *= 3
    return a - b


def fails(a, b):
    a[0] = 5.0
    if b.sum() > -1000:
        raise ValueError(f"{b.size}")
    a[1] = 6.0


def views_back(a, b):
    a[0] = 9.0
    return a[1:], b.T, a is b


PROGRAMS = [shift, add, smear, both, while_reading, branches, fails, views_back]


def make_pairs():
    """Pairs of overlapping arrays of one shape, made anew at each call."""
    x = np.arange(12.0)
    m = np.arange(30.0).reshape(5, 6)
    f = np.asfortranarray(np.arange(30.0).reshape(5, 6))
    c = np.arange(60.0).reshape(3, 4, 5)
    return {
        "shifted by one": (x[1:], x[:-1]),
        "shifted back": (x[:-1], x[1:]),
        "the same elements": (x[:], x[:]),
        "reversed": (x[::-1], x[:]),
        "strides 2 and 1": (x[::2], x[3:9]),
        "strides 2 and -3": (x[1:8:2], x[::-3]),
        "touching but apart": (x[:6], x[6:]),
        "interleaved": (x[::2], x[1::2]),
        "single element": (x[3:4], x[3:4]),
        "rows": (m[1:], m[:-1]),
        "columns": (m[:, 1:], m[:, :-1]),
        "blocks": (m[1:4, 1:5], m[0:3, 2:6]),
        "transposed": (m[:5, :5], m[:5, :5].T),
        "fortran rows": (f[1:], f[:-1]),
        "reversed rows": (m[::-1], m),
        "steps in both axes": (m[::2, ::3], m[2:5, 4:6]),
        "three axes": (c[:2, 1:], c[1:, :3]),
        "three axes permuted": (c[:3, :3, :3].transpose(2, 0, 1), c[:3, :3, :3]),
        "32 bits": (x.astype(np.float32)[1:], x.astype(np.float32)[:-1]),
    }


def outcome(function, a, b):
    """What a call gives and leaves."""
    try:
        result = function(a, b)
    except ValueError as e:
        result = ("raised", str(e))
    shown = []
    parts = result if isinstance(result, tuple) else (result,)
    for part in parts:
        shown.append(part.tolist() if isinstance(part, (np.ndarray, np.generic)) else part)
        if isinstance(part, np.ndarray):
            shown.append((np.shares_memory(part, a), np.shares_memory(part, b), part is a, part is b))
    return shown, a.tolist(), b.tolist()


CASES = [(f, kind) for f in PROGRAMS for kind in make_pairs() if (f, kind) != (shift, "strides 2 and 1")]


@pytest.mark.parametrize(("function", "kind"), CASES, ids=lambda part: getattr(part, "__name__", part))
def test_overlapping_arguments(function, kind):
    compiled = tg.jit(function)
    for _ in range(2):
        assert outcome(compiled, *make_pairs()[kind]) == outcome(function, *make_pairs()[kind])
    apart = [a.copy() for a in make_pairs()[kind]]
    other = [a.copy() for a in make_pairs()[kind]]
    assert outcome(compiled, *apart) == outcome(function, *other)
    assert outcome(compiled, *make_pairs()[kind]) == outcome(function, *make_pairs()[kind])


def test_assignment_between_different_strides_reads_before_it_writes():
    """Here NumPy's own `a[...] = b` copies in memory order without a buffer and reads what it has just written."""
    a, b = make_pairs()["strides 2 and 1"]
    expected = b.copy()
    tg.jit(shift)(a, b)
    assert a.tolist() == expected.tolist()


def test_another_overlap_of_the_same_types_is_another_form():
    compiled = tg.jit(smear)
    for gap in (1, 2, 3, 5, 1, 3):
        x, y = np.arange(20.0), np.arange(20.0)
        compiled(x[gap : gap + 10], x[:10])
        smear(y[gap : gap + 10], y[:10])
        assert x.tolist() == y.tolist()
    assert sum("overlap in memory" in reason for reason in compiled.recompilations) == 4


def three(a, b, c):
    a += 1
    c[:] = a + b
    return b.sum()


def test_three_arguments_of_which_two_and_two_overlap():
    compiled = tg.jit(three)
    for starts in ((0, 3, 6), (0, 6, 2), (2, 0, 1), (0, 4, 8)):
        x, y = np.arange(12.0), np.arange(12.0)
        assert compiled(*(x[k : k + 4] for k in starts)) == three(*(y[k : k + 4] for k in starts))
        assert x.tolist() == y.tolist()


def with_table(a):
    a += TABLE[1]
    TABLE[:2] = a[:2]
    return TABLE.sum()


def test_an_argument_that_overlaps_a_captured_array():
    compiled = tg.jit(with_table)
    found = []
    for function in (with_table, compiled, compiled):
        TABLE[:] = np.arange(12.0)
        found.append((function(TABLE[1:5]), TABLE.tolist()))
    assert found[1:] == [found[0], found[0]]
    fresh = np.zeros(4)
    TABLE[:] = np.arange(12.0)
    assert compiled(fresh) == sum(range(12)) - 1 + 2
    assert fresh.tolist() == [1.0] * 4


def in_containers(state, rows):
    state["x"][0] = rows[1][2]
    rows[0][1] += state["x"].sum()
    rows.append(state["x"])
    return rows[2] is state["x"]


def test_overlaps_inside_containers():
    compiled = tg.jit(in_containers)
    found = []
    for function in (in_containers, compiled, compiled):
        x = np.arange(9.0)
        rows = [x[:4], x[3:8]]
        found.append((function({"x": x[2:6]}, rows), x.tolist(), len(rows), np.shares_memory(rows[2], x)))
    assert found[1:] == [found[0], found[0]]


def test_a_read_only_view_of_a_written_array_sees_the_writes_and_refuses_its_own():
    def f(a, b):
        a[1] = 7.0
        return b[0]

    def g(a, b):
        b[0] = 1.0
        a[1] = 7.0

    for function, wanted in ((f, 7.0), (g, None)):
        for call in (function, tg.jit(function)):
            x = np.arange(4.0)
            view = x[1:]
            view.flags.writeable = False
            if wanted is not None:
                assert call(x, view) == wanted
            else:
                with pytest.raises(ValueError, match="read-only"):
                    call(x, view)
                assert x.tolist() == [0.0, 1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("a", "b", "text"),
    [
        (lambda x: x, lambda x: x.view(np.int64), "as different dtypes"),
        (lambda x: x[:3], lambda x: x.view(np.uint8)[4:28].view(np.float64), "by parts of elements"),
    ],
)
def test_overlaps_that_are_not_of_whole_elements_are_refused(a, b, text):
    @tg.jit
    def f(a, b):
        a[0] = b[1]

    x = np.arange(4.0)
    with pytest.raises(tg.AliasError, match=text) as e:
        f(a(x), b(x))
    assert e.value.code == "TG811"
    assert x.tolist() == [0.0, 1.0, 2.0, 3.0]


def test_overlapping_arguments_that_are_only_read_need_no_form_of_their_own():
    compiled = tg.jit(lambda a, b: (a * b).sum())
    x = np.arange(5.0)
    assert compiled(x[1:], x[:-1]) == 20.0
    assert compiled.recompilations == ["first call"]


def test_derivatives_work_on_copies():
    def f(a, b):
        b = 2.0 * b
        b[0] = a[1]
        return (a * b).sum()

    x = np.arange(1.0, 6.0)
    expected = tg.grad(f, (0, 1))(x[1:].copy(), x[:-1].copy())
    found = tg.grad(f, (0, 1))(x[1:], x[:-1])
    assert [g.tolist() for g in found] == [g.tolist() for g in expected]
    assert x.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
