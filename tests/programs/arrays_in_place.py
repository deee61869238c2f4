"""In-place code: element, slice, mask and integer-array stores, augmented stores, `np.add.at`, `out=`."""

import numpy as np

from .registry import program

rng = np.random.default_rng(3)


@program(rng.normal(size=5))
def fill_empty(x):
    out = np.empty(5)
    for i in range(5):
        out[i] = x[i] * x[i - 1]
    return out @ np.arange(5.0)


@program(rng.normal(size=(3, 3)))
def augmented_element_stores(x):
    m = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            m[i, j] += x[j, i]
            m[j][i] -= 0.5 * x[i, j]
            m[i, j] *= x[i, i]
    return (m**2).sum()


@program(np.linspace(1, 2, 6))
def every_augmented_operator(x):
    a = x.copy()
    a += 1
    a -= x / 3
    a *= x
    a /= 2
    a **= 2
    a[1:] //= 0.125
    a %= 5.0
    a[0] /= x[3]
    return a[0] * 2 + (x * a[2]).sum()


@program(rng.normal(size=(4, 5)))
def slice_stores(x):
    m = np.zeros((4, 5))
    m[1:3, ::2] = x[:2, :3]
    m[0] = 1.5 * x[3]
    m[:, -1] = x[:, 0]
    m[3, 1:3] = x[0, 0]
    m[..., 1] += 2
    m[-1:0:-1, 0] = x[1:, 2]
    return (m * m).sum()


@program(rng.normal(size=6))
def mask_stores(x):
    a = x.copy()
    a[a < 0] = 0.1
    a[a > 1] *= 0.5
    a[np.abs(x) < 0.3] = x[0] * 2
    m = np.stack([x, -x])
    m[m > 0] = x[5]
    m[:, x > 0.5] = 3.0
    return a @ a + m.sum()


@program(rng.normal(size=(4, 3)))
def integer_array_stores(x):
    m = np.zeros((4, 3))
    m[[0, 2]] = x[:2]
    m[np.array([1, 3]), np.array([0, 2])] = x[2, :2]
    m[[1, 1, 1], 1] += x[3]
    m[-1, [0, 1]] = x[3, 2]
    return (m**2 * (1 + np.arange(3))).sum()


@program(rng.normal(size=5), np.array([0, 2, 2, 1, 0]))
def add_at(x, where):
    out = np.zeros(3)
    np.add.at(out, where, x)
    np.add.at(out, [0, 0], x[0] * 2)
    np.subtract.at(out, where[:2], x[3:])
    return (out**2).sum()


@program(rng.normal(size=(3, 3)))
def out_argument(x):
    out = np.empty((3, 3))
    np.multiply(x, x.T, out=out)
    np.add(out, 1, out=out)
    np.exp(out, out=out)
    np.dot(x, x, out=out[:])
    row = np.zeros(3)
    np.sum(out, axis=0, out=row)
    return row @ row


@program(np.linspace(0, 1, 5))
def whole_array_store(x):
    a = np.zeros(5)
    a[:] = x
    a[...] = a * 2
    b = np.zeros((2, 5))
    b[:] = a + 1
    b[1, :] = 4
    b.fill(2.0)
    b[0] *= a
    return b.sum() * a[1]


@program(np.array([0.2, 0.4, 0.6, 0.8]))
def scan_in_place(x):
    a = x.copy()
    for i in range(1, a.size):
        a[i] += a[i - 1] * a[i]
    for i in reversed(range(a.size - 1)):
        a[i] -= a[i + 1]
    return a.sum() ** 2 + a[0]


@program(rng.normal(size=(5, 5)))
def gauss_seidel_sweep(u):
    v = u.copy()
    for _ in range(3):
        for i in range(1, 4):
            for j in range(1, 4):
                v[i, j] = 0.25 * (v[i - 1, j] + v[i + 1, j] + v[i, j - 1] + v[i, j + 1])
    return np.sum(v**2)


@program(np.linspace(0.5, 1.5, 6))
def sieve_of_weights(x):
    a = x.copy()
    for p in range(2, 4):
        a[p::p] *= x[p]
        a[::-p] += 0.1
    return a.sum()


@program(np.arange(5), grad=False)
def integer_stores_truncate(n):
    a = n.copy()
    a[0] = 2.9
    a[1] = -2.9
    a[2:] = np.array([1.5, 2.5, True])
    b = np.zeros(3, dtype=np.float32)
    b[0] = 0.1
    c = np.zeros(2, dtype=bool)
    c[1] = 5
    return a, b, c


@program(np.arange(5), grad=False)
def integer_augmented_stores(n):
    a = n.copy()
    a += 3
    a *= -2
    a //= 3
    a %= 4
    a <<= 2
    a |= 1
    a ^= 7
    a &= 13
    a -= True
    return a


@program(np.array([1.0, 2.0, 3.0, 4.0]), 2, more=[(np.array([1.0, 2.0, 3.0, 4.0]), -1)])
def computed_store_index(x, k):
    a = x * 0
    a[k] = x[0]
    a[k - 1] += x[1]
    a[(k + 5) % 4] *= x[2]
    return a.sum() + a[-1]


@program(rng.normal(size=(2, 3, 4)))
def three_axes_stored(x):
    t = np.ones((2, 3, 4))
    t[0, :, 1] = x[1, :, 2]
    t[:, 0] = x[0, 1]
    t[1, 2, 3] = x[0, 0, 0] * x[1, 2, 3]
    t[..., 0] *= 3
    t[:, ::2, 1::2] += x[:, :2, :2]
    return np.sum(t * t)


@program(rng.normal(size=6))
def histogram_by_hand(x):
    counts = np.zeros(3, dtype=int)
    sums = np.zeros(3)
    for v in x:
        k = min(max(int(np.floor(v + 1)), 0), 2)
        counts[k] += 1
        sums[k] += v
    return float(np.sum(sums * counts / 6) + sums[1] ** 2)


@program(rng.normal(size=4), writes=True, grad=False, more=[(np.ones(7),)])
def normalise_argument_in_place(x):
    x -= x.mean()
    x /= 1 + np.abs(x).max()


@program(np.zeros((3, 4)), np.arange(4.0), writes=True, grad=False)
def result_through_argument(out, row):
    for i in range(out.shape[0]):
        out[i] = row * i
    out[:, 0] = -1
    return out


@program(np.array([3.0, 1.0, 2.0, 5.0, 4.0]), writes=True, grad=False)
def sort_method_in_place(x):
    x[1:].sort()
    x[::2] = x[::2][::-1].copy()
    return x[0]


@program(rng.normal(size=(3, 4)))
def broadcast_stores(x):
    m = np.zeros((3, 4))
    m[:] = x[0]
    m += x[:, :1]
    m[:, 1:3] = x[:, 3:]
    m[1:] -= x[2]
    return (m**3).sum()


@program(np.array([0.5, 1.0, 1.5]))
def dead_values_are_overwritten(x):
    a = np.exp(x * 3)
    a[0] = x[1]
    a[:] = x
    a[1] = a[1] * a[1]
    a[1] = a[1] * a[1]
    return a.prod()


@program(rng.normal(size=6), rng.normal(size=6))
def put_and_copyto(x, y):
    a = x.copy()
    np.copyto(a, y, where=x > 0)
    b = np.zeros(6)
    np.copyto(b, x)
    np.put(b, [0, 3], y[:2])
    return a @ b
