"""Methods decorated with `tg.jit`, `tg.checkpoint` and the like could not be called in compiled code: they were taken
for descriptors that nobody knows."""

import numpy as np

import tangra as tg


class Model:
    def __init__(self):
        self.w = np.array([1.0, 2.0, 3.0])

    @tg.jit
    def scaled(self, x):
        return x * self.w

    @tg.checkpoint(policy="sqrt")
    def total(self, x):
        found = 0.0
        for k in range(3):
            found += x[k] * x[k] * self.w[k]
        return found

    @tg.custom_vjp
    def active(self, x):
        return x * self.w

    @tg.grad
    def slope(self):
        return float(self.w @ self.w)

    @tg.jit
    def step(self, x):
        self.w = self.w + self.scaled(x)

    @tg.jit
    def run(self, x):
        for _ in range(3):
            self.step(x)
        return self.w


Model.active.defvjp(lambda m, x: (x * m.w, m), lambda m, ct: (None, 10.0 * m.w * ct))


class Derived(Model):
    @tg.jit
    def scaled(self, x):
        return super().scaled(x) + 1.0

    @tg.jit
    def __call__(self, x):
        return self.scaled(x) * 2.0


X = np.array([1.0, 2.0, 3.0])


def test_methods_called_by_methods():
    model = Model()
    np.testing.assert_array_equal(model.run(X), [8.0, 54.0, 192.0])
    np.testing.assert_array_equal(model.w, [8.0, 54.0, 192.0])
    np.testing.assert_array_equal(tg.jit(lambda m, x: m(x))(Derived(), X), [4.0, 10.0, 20.0])
    np.testing.assert_array_equal(tg.jit(lambda m: m.slope().w)(Model()), [2.0, 4.0, 6.0])


def test_derivatives_through_methods():
    model = Model()
    np.testing.assert_array_equal(tg.grad(lambda x: model.total(x))(X), [2.0, 8.0, 18.0])
    np.testing.assert_array_equal(tg.grad(lambda x: np.sum(model.scaled(x)))(X), model.w)
    np.testing.assert_array_equal(tg.grad(lambda x: np.sum(model.active(x)))(X), 10.0 * model.w)
    np.testing.assert_array_equal(tg.jit(lambda m, x: tg.grad(m.total, argnames="x")(x))(model, X), [2.0, 8.0, 18.0])
    batch = np.outer(X, X)
    np.testing.assert_array_equal(tg.jit(lambda m, x: tg.vmap(m.scaled)(x))(model, batch), batch * model.w)


def test_a_method_that_is_replaced_between_calls():
    class Changing(Model):
        pass

    call = tg.jit(lambda m, x: m.scaled(x))
    np.testing.assert_array_equal(call(Changing(), X), [1.0, 4.0, 9.0])
    Changing.scaled = tg.jit(lambda self, x: x * 0.0)
    np.testing.assert_array_equal(call(Changing(), X), np.zeros(3))
    Changing.scaled = tg.jit(lambda self, x: x + 1.0)
    np.testing.assert_array_equal(call(Changing(), X), X + 1.0)
