"""What a checkpointed function wrote to its arguments was lost, as derivatives work on copies, unless its policy was
"everything"; so were writes of functions with rules of their own."""

import numpy as np
import pytest

import tangra as tg


class State:
    def __init__(self):
        self.u = np.array([1.0, 2.0, 3.0])
        self.t = 0.0
        self.log = [1.0]


def advance(s, k):
    for i in range(2):
        s.u[i] = s.u[i] * s.u[i + 1] * k
    s.t += k
    s.log.append(s.t)
    s.log[0] *= k
    return s


def smooth(u, k):
    for i in range(2):
        u[i] = u[i] * u[i + 1] * k
    return u


def squares(u, k):
    for i in range(2):
        u[i] = u[i] * u[i + 1] * k
    return float(u @ u)


def exchange(rows):
    rows[0], rows[1] = rows[1], rows[0]
    rows[0][0] = 7.0


def replace(d, k):
    d["u"] = d["u"] * k
    d["n"] = [k]
    return d["u"]


def of_a_state(c, x):
    s = State()
    q = s
    for k in range(3):
        q = c(advance)(q, x[k])
    return s.u, s.t, s.log, q is s, float(s.u @ s.u)


def of_a_view(c, x):
    u = x * 1.5
    part, back = u[1:], u[::-1]
    y = c(smooth)(u, x[0])
    y[0] += 1.0
    c(smooth)(back, 0.5)
    return part, u, y is u


def of_rows(c, x):
    rows = [x, x * 2.0]
    first, second = rows
    c(exchange)(rows)
    return rows[0] is second, rows[1] is first, first, second


def of_a_dict(c, x):
    d = {"u": x, "n": None}
    y = c(replace)(d, x[0])
    y[0] = 5.0
    return d["u"], d["n"], y is d["u"], x


def of_many_calls(c, x):
    found = 0.0
    for k in range(10):
        if x[k % 3] > 0.1:
            found += c(squares)(x, 0.4)
        else:
            x[k % 3] += 1.0
    return found, x


def rename(s):
    s.other = s.t + 1.0
    s.u[1] = 4.0
    del s.t


def of_attributes(c, x):
    s = State()
    c(rename)(s)
    return s.other, hasattr(s, "t"), s.u


def of_items(c, x):
    made = []
    for k in range(len(x)):
        s = State()
        s.log = None
        s.t = x[k]
        s.u *= x[k]
        made.append(s)
    for s in made:
        c(turn)(s)
    found = c(turn)(made[1])
    for s in made:
        found += s.t * s.u[1]
    return found, made[1].t


def turn(s):
    s.u[1] += s.t
    s.t = s.t * 2.0 + s.u[0]
    return s.t


def flat(v):
    if isinstance(v, tuple | list):
        return [each for item in v for each in flat(item)]
    return np.asarray(v, dtype=float).reshape(-1).tolist()


OPTIONS = [{}, {"policy": "sqrt"}, {"policy": "everything"}, {"memory": "1MB"}]
X = np.array([0.5, 2.0, 1.5])


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("program", [of_a_state, of_a_view, of_rows, of_a_dict, of_many_calls, of_attributes])
def test_what_arguments_hold_afterwards(program, options):
    mine, theirs = X.copy(), X.copy()
    wanted = program(lambda f: f, theirs)
    found = tg.jit(lambda x: program(lambda f: tg.checkpoint(f, **options), x))(mine)
    np.testing.assert_allclose(flat(found), flat(wanted))
    np.testing.assert_allclose(mine, theirs)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_items_of_a_list_that_grew(options):
    x = np.linspace(0.1, 2.0, 40)
    found = tg.jit(lambda x: of_items(lambda f: tg.checkpoint(f, **options), x), dynamic=True)(x)
    np.testing.assert_allclose(found, of_items(lambda f: f, x))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_derivatives_by_what_was_written(options):
    def loss(c, x):
        found, changed = of_many_calls(c, x)
        return found + float(changed @ changed) + of_a_state(c, x)[4] * 1e-3

    def checkpointed(x):
        return loss(lambda f: tg.checkpoint(f, **options), x)

    np.testing.assert_allclose(tg.grad(checkpointed)(X), tg.grad(lambda x: loss(lambda f: f, x))(X))
    np.testing.assert_allclose(tg.hessian(checkpointed)(X), tg.hessian(lambda x: loss(lambda f: f, x))(X))


def test_calls_from_python():
    u = X.copy()
    assert tg.checkpoint(smooth)(u, 2.0) is u
    np.testing.assert_allclose(u, smooth(X.copy(), 2.0))
    s = State()
    assert tg.checkpoint(advance)(s, 2.0) is s
    assert (s.t, s.log) == (2.0, [2.0, 2.0])
    u.setflags(write=False)
    with pytest.raises(ValueError, match="read-only"):
        tg.checkpoint(smooth)(u, 2.0)


def test_functions_with_rules_may_not_write():
    @tg.custom_vjp
    def f(u):
        return squares(u, 2.0)

    f.defvjp(lambda u: (squares(u.copy(), 2.0), u), lambda u, ct: (ct * u,))
    with pytest.raises(tg.TangraError, match="TG812"):
        tg.grad(lambda u: f(u))(X)

    @tg.custom_jvp
    def g(s):
        s.t += 1.0
        return s.t

    @g.defjvp
    def _(primals, tangents):
        return primals[0].t, tangents[0].t

    with pytest.raises(tg.TangraError, match="TG812"):
        tg.jit(lambda t: g(State()) * t)(1.0)
