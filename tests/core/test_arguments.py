"""What may be passed, in which layout, and what comes back."""

import enum
import functools
import math

import numpy as np
import pytest

import tangra as tg


@tg.jit
def double(x):
    return x * 2


NUMBERS = [2, 2.5, True, np.float32(1.5), np.int8(3), np.float64(0.1), np.bool_(True), np.uint8(7)]


@pytest.mark.parametrize("value", NUMBERS)
def test_numbers_keep_their_kind(value):
    found = double(value)
    assert type(found) is type(value * 2)
    assert found == value * 2


@pytest.mark.parametrize(
    "value", [np.float16(2), 1j, np.longdouble(1), np.complex64(1)], ids=lambda v: type(v).__name__
)
def test_other_kinds_of_numbers_are_refused(value):
    with pytest.raises(tg.EntryError, match="number of type"):
        double(value)


class Half(float):
    pass


class Color(enum.IntEnum):
    RED = 1


def test_subclasses_of_numbers():
    with pytest.raises(tg.EntryError, match="class derived from float"):
        double(Half(0.5))
    assert tg.jit(lambda c: (c, c + 1, c is Color.RED))(Color.RED) == (Color.RED, 2, True)


def test_integers_that_do_not_fit_in_64_bits_are_refused_whenever_they_come():
    f = tg.jit(lambda x: x % 7)
    for value in (2**70, 3, 2**70, 2**63 - 1, -(2**63)):
        if -(2**63) <= value < 2**63:
            assert f(value) == value % 7
        else:
            with pytest.raises((tg.EntryError, OverflowError)):
                f(value)


UNFIT = {
    "big-endian": np.arange(3.0).astype(">f8"),
    "structured": np.zeros(2, [("a", float)]),
    "object": np.array([1, None], object),
    "float16": np.zeros(2, np.float16),
    "complex": np.zeros(2, complex),
    "longdouble": np.zeros(2, np.longdouble),
    "dates": np.array(["2020-01-01"], "M8[D]"),
    "strings": np.array(["a"]),
    "matrix": np.ones((2, 2)).view(np.matrix),
    "masked": np.ma.array([1.0, 2.0], mask=[True, False]),
}


@pytest.mark.parametrize("name", UNFIT)
def test_arrays_that_compiled_code_can_not_hold_are_refused(name):
    with pytest.raises(tg.EntryError, match="is an array of") as e:
        double(UNFIT[name])
    assert e.value.code == "TG103"


def test_the_refusal_names_argument_and_function():
    with pytest.raises(tg.EntryError) as e:
        double(UNFIT["big-endian"])
    first, *source, fix = str(e.value).splitlines()
    assert first.endswith(": argument x is an array of dtype >f8, which compiled code does not cover [TG103]")
    assert "def double(x):" in source[0]
    assert fix == "  help: convert it before the call, for instance with x.astype(np.float64) or np.asarray(x)"


def layouts():
    base = np.arange(48.0).reshape(4, 12)
    raw = np.zeros(4 * 3 * 8 + 1, np.uint8)[1:].view(np.float64).reshape(4, 3)
    return {
        "contiguous": np.arange(12.0).reshape(4, 3),
        "every fourth": base[:, ::4],
        "reversed": np.arange(12.0).reshape(4, 3)[::-1, ::-1],
        "fortran": np.asfortranarray(np.arange(12.0).reshape(4, 3)),
        "transposed": np.arange(12.0).reshape(3, 4).T,
        "unaligned": raw,
        "no elements": np.zeros((4, 0)),
    }


@pytest.mark.parametrize("name", layouts())
def test_layouts_read_and_written(name):
    def program(x):
        x[1] = x[0] + 7
        x *= 2
        return x.sum(), x

    given, expected = layouts()[name], layouts()[name]
    compiled = tg.jit(program)
    for _ in range(2):  # the second call goes the short way where there is one
        total, same = compiled(given)
        want, _ = program(expected)
        assert same is given
        assert total == want
        np.testing.assert_array_equal(given, expected)


def test_zero_dimensional_arrays_are_written_in_place():
    def program(x):
        x[...] = x + 1
        x *= 2
        return x

    compiled = tg.jit(program)
    for dtype in (np.float64, np.float32, np.int64, np.uint8):
        x = np.array(3, dtype)
        for _ in range(2):
            assert compiled(x) is x
        assert x == 18
        assert x.dtype == dtype


def test_read_only_arrays_are_read_but_not_written():
    x = np.arange(3.0)
    x.flags.writeable = False
    assert tg.jit(lambda v: v.sum())(x) == 3

    def write(v):
        v[0] = 1.0

    for _ in range(2):
        with pytest.raises(ValueError, match="read-only"):
            tg.jit(write)(x)
    np.testing.assert_array_equal(x, [0, 1, 2])


def test_a_writeable_form_compiled_first_does_not_write_to_a_read_only_array():
    @tg.jit
    def write(v):
        v[0] = 1.0

    write(np.zeros(3))
    x = np.zeros(3)
    x.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        write(x)
    assert x[0] == 0


@tg.jit
def write_first(a, b):
    a[0] = 5.0
    b[1] = a[0] + b[0]
    return a, b


def test_overlapping_arguments_that_are_written():
    x = np.zeros(4)
    write_first(x[:2], x[2:])
    np.testing.assert_array_equal(x, [5, 0, 0, 5])
    first, second = write_first(x, x[1:])
    np.testing.assert_array_equal(x, [5, 0, 5, 5])
    assert first is x
    assert np.shares_memory(second, x)


def test_the_same_array_twice():
    x = np.ones(2)
    first, second = write_first(x, x)
    assert first is x
    assert second is x
    np.testing.assert_array_equal(x, [5, 10])
    write_first(np.ones(2), np.ones(2))
    y = np.ones(2)
    write_first(y, y)
    np.testing.assert_array_equal(y, [5, 10])


def test_elements_that_share_memory_are_not_written():
    windows = np.lib.stride_tricks.as_strided(np.zeros(4), (3, 2), (8, 8))
    with pytest.raises(tg.AliasError, match="share memory"):
        tg.jit(lambda x: x.fill(1.0))(windows)


def test_the_same_list_twice():
    @tg.jit
    def write(a, b):
        a[0] = 7.0
        return b[0]

    shared = [1.0, 2.0]
    assert write([1.0, 2.0], [2.0, 3.0]) == 2.0
    assert write(shared, shared) == 7.0
    assert shared == [7.0, 2.0]
    assert write([1.0, 2.0], [2.0, 3.0]) == 2.0


def test_arguments_by_name_and_default():
    def f(a, b=2.0, *rest, c=3.0, **more):
        return a + 10 * b + 100 * c + sum(rest) + sum(more.values())

    compiled = tg.jit(f)
    for _ in range(2):
        assert compiled(1.0) == f(1.0)
        assert compiled(1.0, c=5.0, b=4.0) == f(1.0, b=4.0, c=5.0)
        assert compiled(1.0, b=4.0, c=5.0) == f(1.0, b=4.0, c=5.0)
        assert compiled(1.0, 2.0, 3.0, 4.0, z=1.0) == f(1.0, 2.0, 3.0, 4.0, z=1.0)


@pytest.mark.parametrize(
    ("args", "kwargs", "text"),
    [
        ((), {}, r"missing 1 required argument\(s\): 'x'"),
        ((1.0, 2.0), {}, "takes 1 positional argument"),
        ((1.0,), {"y": 2.0}, "unexpected keyword argument 'y'"),
    ],
)
def test_calls_that_do_not_fit_are_type_errors(args, kwargs, text):
    with pytest.raises(TypeError, match=text):
        double(*args, **kwargs)


def test_forty_times_forty_arguments():
    values = [float(k) for k in range(1000)]
    f = tg.jit(lambda *a: sum(a))
    assert f(*values) == sum(values)
    assert f(*values) == sum(values)


def test_functions_as_arguments():
    f = tg.jit(lambda g, x: g(x))
    assert f(math.sqrt, 4.0) == 2.0
    assert f(abs, -4.0) == 4.0
    assert f(lambda v: v + 1, 1.0) == 2.0
    assert f(functools.partial(lambda a, b: a - b, 10.0), 1.0) == 9.0


def test_large_constants():
    table = np.arange(200_000.0)
    assert tg.jit(lambda x: (table * x).sum())(2.0) == pytest.approx(2 * table.sum())


def test_warnings_of_numpy_are_not_reproduced():
    with np.errstate(all="raise"):
        assert np.isnan(tg.jit(lambda x: np.log(x))(np.array([-1.0]))[0])
