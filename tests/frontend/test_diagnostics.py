"""The whole text of every diagnostic of the frontend."""

# Messages are compared whole, in one piece.
# ruff: noqa: E501

from __future__ import annotations

import numpy as np

from tests.frontend.examples import text_of


def test_unsupported_construct():
    source = """
import numpy as np

def f(x):
    try:
        return np.log(x)
    except ValueError:
        return x
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:4:5: try/except: not supported in compiled code [TG101]
    4 |     try:
      |     ^^^^
  help: test the condition with an if beforehand; errors leave compiled code as exceptions"""
    )


def test_unknown_function():
    source = """
import numpy as np

def f(x):
    return np.busday_count(x, x)
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:4:12: numpy.busday_count is not known to the compiler [TG102]
    4 |     return np.busday_count(x, x)
      |            ^^^^^^^^^^^^^^^^^^^^^
  help: use a NumPy function that it knows, or call it outside the compiled function"""
    )


def test_unknown_attribute():
    source = """
def f(x):
    return x.ctypes
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:2:12: the attribute .ctypes of array float64[3] is not supported [TG104]
    2 |     return x.ctypes
      |            ^^^^^^^^"""
    )


def test_captured_object_array():
    source = """
import numpy as np
names = np.array(["a", None], dtype=object)

def f(x):
    return x + names
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:5:16: names is an array of dtype object, which compiled code does not cover [TG103]
    5 |     return x + names
      |                ^^^^^
  help: convert it with np.asarray(x, dtype=np.float64) before the call"""
    )


def test_endless_recursion():
    source = """
def g(x):
    return g(x) + 1

def f(x):
    return g(x)
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:2:12: calls nest more than 200 deep, the last one to g: recursion must end by a condition that is known at compile time [TG106]
    2 |     return g(x) + 1
      |            ^^^^
  called from example.py:2 in g
    2 |     return g(x) + 1
      |            ^^^^
  called from example.py:2 in g
    2 |     return g(x) + 1
      |            ^^^^
  called from example.py:2 in g
    2 |     return g(x) + 1
      |            ^^^^
  help: write it as a loop"""
    )


def test_wrong_call():
    source = """
def g(a, b):
    return a + b

def f(x):
    return g(x, c=1)
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:5:12: TypeError: g() got an unexpected keyword argument 'c' [TG205]
    5 |     return g(x, c=1)
      |            ^^^^^^^^^"""
    )


def test_unbound_name():
    source = """
def f(x):
    y = x
    del y
    return y
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:4:12: UnboundLocalError: cannot access local variable 'y' where it is not associated with a value [TG205]
    4 |     return y
      |            ^"""
    )


def test_undefined_name():
    source = """
def f(x):
    return x + offset
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:2:16: NameError: name 'offset' is not defined [TG205]
    2 |     return x + offset
      |                ^^^^^^"""
    )


def test_conflict():
    source = """
import numpy as np

def f(x):
    if x[0] > 0:
        y = np.zeros(2)
    else:
        y = "none"
    return y
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:8:12: y is array float64[2] on one path and 'none' on another [TG201]
    8 |     return y
      |            ^
  note: example.py:7: one of them is from here
    7 |         y = "none"
      |             ^^^^^^
  help: give it the same type and shape on every path, for instance by starting from np.zeros or 0.0"""
    )


def test_not_iterable():
    source = """
def f(x):
    total = 0.0
    for v in x.sum():
        total += v
    return total
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:3:5: np.float64 is not iterable [TG203]
    3 |     for v in x.sum():
      |     ^^^^^^^^^^^^^^^^^"""
    )


def test_unpack():
    source = """
def f(x):
    a, b = x
    return a
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:2:5: too many values to unpack (expected 2, got 3) [TG204]
    2 |     a, b = x
      |     ^^^^"""
    )


def test_key_error():
    source = """
def f(x):
    return {"a": x}["b"]
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:2:12: KeyError: 'b' [TG205]
    2 |     return {"a": x}["b"]
      |            ^^^^^^^^^^^^^"""
    )


def test_not_static():
    source = """
import numpy as np

def f(x):
    return np.sum(x, axis=int(x[0]))
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:4:12: axis must be known at compile time, but it depends on run-time data [TG206]
    4 |     return np.sum(x, axis=int(x[0]))
      |            ^^^^^^^^^^^^^^^^^^^^^^^^^
  help: pass it as a static argument, or make it a constant"""
    )


def test_in_place():
    source = """
import numpy as np

def f(x):
    k = np.arange(3)
    k += x
    return k
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:5:5: Cannot cast ufunc 'add' output from dtype('float64') to dtype('int64') with casting rule 'same_kind' [TG207]
    5 |     k += x
      |     ^^^^^^
  help: write x = x + y, or allocate x with the wider dtype"""
    )


def test_ragged():
    source = """
import numpy as np

def f(x):
    return np.array([[1.0, 2.0], [3.0]])
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:4:12: the items to make an array of have different shapes: (2,) and (1,) [TG351]
    4 |     return np.array([[1.0, 2.0], [3.0]])
      |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"""
    )


def test_annotation():
    source = """
import numpy as np
from jaxtyping import Float

def f(x: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "m"]:
    return x.sum(axis=1)
"""
    assert (
        text_of(source, np.ones((2, 2)))
        == """\
example.py:4:39: annotation m, axis 0: n and m may differ, although they are equal in this call [TG353]
    4 | def f(x: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "m"]:
      |                                       ^^^^^^^^^^^^^^^^^^^^^^
  help: give the two dims one name in the annotations if they must be equal"""
    )


def test_annotation_sizes():
    source = """
import numpy as np
from jaxtyping import Float

def f(x: Float[np.ndarray, "n"], y: Float[np.ndarray, "m"]):
    return x + y
"""
    assert (
        text_of(source, np.ones(2), np.ones(2))
        == """\
example.py:5:12: broadcast, axis 0: n and m may differ, although they are equal in this call [TG353]
    5 |     return x + y
      |            ^^^^^
  help: give the two dims one name in the annotations if they must be equal"""
    )


def test_alias():
    source = """
def f(x, y):
    z = x if x[0] > 0 else y
    z[1] = 7.0
    return x[1]
"""
    assert (
        text_of(source, np.ones(3), np.zeros(3))
        == """\
example.py:4:12: x may have been changed through z, depending on the path taken before [TG401]
    4 |     return x[1]
      |            ^^^^
  note: example.py:3: z is written here
    3 |     z[1] = 7.0
      |     ^^^^
  help: write into a copy (x = x.copy()), or give the two names different arrays on every path"""
    )


def test_data_shape():
    source = """
import numpy as np

def f(x):
    n = int(x[0])
    return np.zeros(n)
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:5:12: a shape must not depend on the contents of arrays, but this shape does [TG651]
    5 |     return np.zeros(n)
      |            ^^^^^^^^^^^
  help: allocate the largest size it can have, and keep the number of elements in use beside it"""
    )


def test_growing_list():
    source = """
def f(x):
    out = []
    v = x[0]
    while v > 0.1:
        v = v / 2
        out.append(v)
    return out
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:4:5: a list that grows in a loop without a bound on its length that is known before the loop: not supported in compiled code [TG101]
    4 |     while v > 0.1:
      |     ^^^^^^^^^^^^^^
  help: use a for loop over a range, or store into an array of the largest length"""
    )


def test_generator():
    source = """
def g():
    yield 1

def f(x):
    return sum(g())
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:2:5: generator functions: not supported in compiled code [TG101]
    2 |     yield 1
      |     ^^^^^^^
  help: append to a list, or use a generator expression inside sum() or list()"""
    )


def test_index_constant():
    source = """
def f(x):
    t = (1, 2)
    return t[2]
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:3:12: IndexError: tuple index out of range [TG205]
    3 |     return t[2]
      |            ^^^^"""
    )


def test_complex():
    source = """
def f(x):
    return x * 2j
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:2:16: complex numbers: not supported in compiled code [TG101]
    2 |     return x * 2j
      |                ^^
  help: keep real and imaginary parts in two variables"""
    )


def test_print():
    source = """
def f(x):
    print(x)
    return x
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:2:5: print: not supported in compiled code [TG101]
    2 |     print(x)
      |     ^^^^^^^^
  help: return the values and print them outside, or run the function uncompiled"""
    )


def test_annotation_rank():
    source = """
import numpy as np
from jaxtyping import Float

def f(x: Float[np.ndarray, "n 3"]):
    return x.sum()
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:4:7: the parameter x is annotated Float[ndarray, 'n 3']: an array of shape (3,) has 1 dimensions; its annotation "n 3" asks for 2 [TG352]
    4 | def f(x: Float[np.ndarray, "n 3"]):
      |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^"""
    )


def test_annotation_dtype():
    source = """
import numpy as np
from jaxtyping import Int

def f(x: Int[np.ndarray, "n"]):
    return x.sum()
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:4:7: the parameter x is annotated Int[ndarray, 'n'], but its dtype is float64 [TG352]
    4 | def f(x: Int[np.ndarray, "n"]):
      |       ^^^^^^^^^^^^^^^^^^^^^^^"""
    )


def test_not_a_number():
    source = """
import numpy as np

def f(x):
    return np.zeros("three")
"""
    assert (
        text_of(source, np.ones(3))
        == """\
example.py:4:12: str can't be interpreted as an integer [TG202]
    4 |     return np.zeros("three")
      |            ^^^^^^^^^^^^^^^^^"""
    )


def test_static_loop():
    source = """
def f(x, n):
    names = ("a", "b", x)
    total = 0.0
    for k in range(int(x[0])):
        total += 1.0 if names[k] == "a" else 0.0
    return total
"""
    assert (
        text_of(source, np.ones(3), 3)
        == """\
example.py:5:25: an index into a tuple must be known at compile time, but it changes in a loop with a number of trips that is only known at run time [TG206]
    5 |         total += 1.0 if names[k] == "a" else 0.0
      |                         ^^^^^^^^
  help: loop over a tuple or a range of at most 256 constant trips, which is unrolled"""
    )
