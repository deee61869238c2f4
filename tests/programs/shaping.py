"""Reshape, transpose, stack, concatenate, split, tile, repeat, roll, pad, flip and their kin; attributes, methods."""

import numpy as np

from .registry import program

rng = np.random.default_rng(15)


@program(rng.normal(size=(2, 3, 4)))
def reshapes(x):
    a = x.reshape(6, 4) @ x.reshape((4, -1))
    b = x.reshape(-1)[5] * x.ravel()[7] + x.flatten()[1] + np.reshape(x, (3, 8))[2, 1] + np.ravel(x)[-1]
    return a.sum() + b + x.reshape(2, -1, 2, 1)[1, 5, 0, 0] + x[:, :, ::2].reshape(-1).sum() ** 2


@program(rng.normal(size=(2, 3, 4)))
def transposes(x):
    w = np.arange(24.0).reshape(4, 3, 2)
    a = (x.T * w).sum() + (x.transpose(1, 2, 0) * w.reshape(3, 4, 2)).sum() + (x.transpose((2, 1, 0)) * w).max()
    b = (np.swapaxes(x, 0, 2) * w).mean() + np.moveaxis(x, 0, -1)[2, 3, 1] + x.swapaxes(1, 2)[0, 3, 2]
    return a + b + np.transpose(x[0])[3, 1] + np.rollaxis(x, 2)[1, 1, 2] + np.permute_dims(x, (1, 0, 2))[2, 0, 3]


@program(rng.normal(size=(3, 4)))
def squeeze_and_expand(x):
    a = np.expand_dims(x, 1)
    b = np.expand_dims(x, (0, -1))
    c = a.squeeze(axis=1) * np.squeeze(b) + np.atleast_2d(x[0]) + np.atleast_1d(x[0, 0])
    return (c**2).sum() + a.shape[1] + b.ndim + np.squeeze(x[:1, :1])


@program(rng.normal(size=3), rng.normal(size=3))
def stacking(x, y):
    a = np.stack([x, y]) @ np.stack((y, x), axis=1)
    b = np.vstack([x, y, x + y])[2, 1] * np.hstack([x, y])[4] + np.column_stack([x, y])[2, 1]
    c = np.concatenate([x, y, x[:2]]) @ np.arange(8.0) + np.dstack([x, y])[0, 2, 1] + np.append(x, y[0]).sum()
    return a.sum() * b + c


@program(rng.normal(size=(2, 3)), rng.normal(size=(2, 2)))
def concatenation_of_blocks(x, y):
    a = np.concatenate([x, y], axis=1)
    b = np.concatenate((x, np.zeros((1, 3)), x), axis=0)
    c = np.block([[x, y], [np.ones((1, 3)), y[:1]]])
    return (a**2).sum() + b[3:].sum() * c[2, 4] + np.concatenate([x, y], axis=None)[7] + c[1] @ np.arange(5)


@program(np.linspace(0, 1, 7))
def splitting(x):
    a, b, c = np.split(x, [2, 5])
    parts = np.array_split(x, 3)
    left, right = np.hsplit(np.outer(x[:2], x[:4] + 1), 2)
    top, bottom = np.vsplit(np.outer(x[:2], x), 2)
    return (
        a.sum() * b.prod() + c[-1] + parts[1] @ parts[2] + (left * right).sum() + top.sum() + bottom.max() + len(parts)
    )


@program(np.array([1.0, 2.0, 3.0]))
def tiling_and_repeating(x):
    a = np.tile(x, 2) @ np.arange(6.0) + np.tile(x, (2, 2))[1, 4] + np.tile(x[:, None], 3)[2, 1]
    b = np.repeat(x, 2) @ np.arange(6.0) + x.repeat(3)[4] + np.repeat(np.outer(x, x), 2, axis=0)[3, 1]
    return a * b + np.repeat(x, [1, 0, 2]).sum() + np.repeat(x[0], 4).sum() + np.resize(x, 5)[4]


@program(np.arange(1.0, 7.0).reshape(2, 3), 1, more=[(np.arange(1.0, 7.0).reshape(2, 3), -2)])
def rolling_and_flipping(x, k):
    a = np.roll(x, 1) * np.roll(x, -1, axis=1) + np.roll(x, (1, 1), axis=(0, 1))
    b = np.flip(x)[0, 1] + np.flip(x, axis=1)[1, 0] * np.fliplr(x)[0, 0] + np.flipud(x)[1, 2] + np.rot90(x)[2, 1]
    return (a * np.arange(6.0).reshape(2, 3)).sum() + b + np.roll(x[0], k) @ x[1]


@program(np.arange(1.0, 5.0))
def padding(x):
    a = np.pad(x, 2)
    b = np.pad(x, (1, 2), mode="edge") @ np.arange(7.0) + np.pad(x, (2, 1), mode="reflect") @ np.arange(7.0)
    c = np.pad(np.outer(x, x), ((1, 0), (0, 2)), constant_values=1.5)
    d = np.pad(x, 1, mode="wrap")[0] + np.pad(x, 1, mode="symmetric")[-1] + np.pad(x, ((1, 1),))[2]
    return a @ np.arange(8.0) + b + (c[0] * c[2]).sum() + d


@program(np.arange(1.0, 7.0).reshape(2, 3), grad=False)
def attributes(x):
    return (
        x.shape,
        x.ndim,
        x.size,
        len(x),
        x.T,
        x.itemsize,
        x.nbytes,
        x.dtype == np.float64,
        np.shape(x[0]),
        np.ndim(3),
        np.size(x, 1),
    )


@program(np.arange(1.0, 7.0).reshape(2, 3))
def methods(x):
    a = x.sum() + x.mean(axis=0).max() + x.min(axis=1).prod() + x.dot(x.T).trace() + x.diagonal().sum() + x.conj()[0, 1]
    b = x.round(1).shape[0] + x.astype(float)[1, 2] + x.copy().ravel()[2] + x.swapaxes(0, 1)[2, 1] + x.clip(2, 4).sum()
    return (
        a * b + x.cumsum(axis=1)[1, 2] + x.take([0, 5]).sum() + x.compress([True, False], axis=0).sum() + x.real[0, 0]
    )


@program(rng.normal(size=(2, 6)))
def insert_and_delete(x):
    a = np.insert(x[0], 2, x[1, 0]) @ np.arange(7.0)
    b = np.delete(x, 1, axis=0).sum() * np.delete(x[0], [0, 2]).prod()
    return a + b


@program(rng.normal(size=(2, 4, 6)))
def patches_by_reshape(image):
    c, h, w = image.shape
    patches = image.reshape(c, h // 2, 2, w // 3, 3).transpose(1, 3, 0, 2, 4).reshape(-1, c * 6)
    return (patches @ patches.T).trace() + patches[3].sum() * patches[0, 5]


@program(rng.normal(size=(4, 6)))
def pooling_by_reshape(x):
    pooled = x.reshape(2, 2, 3, 2).max(axis=(1, 3))
    average = x.reshape(2, 2, 3, 2).mean((1, 3))
    return (pooled * average).sum()


@program(rng.normal(size=(3, 4)))
def windows_of_slices(x):
    flat = x.ravel()
    windows = np.stack([flat[i : i + 3] for i in range(10)])
    return windows.max(axis=1).sum() + windows.std(axis=0).prod()


@program(np.zeros((2, 0, 3)), grad=False)
def shapes_without_elements(x):
    return (
        x.reshape(0, 6),
        x.transpose(2, 0, 1),
        np.concatenate([x, np.ones((2, 1, 3))], axis=1),
        x.ravel(),
        np.stack([x, x]).shape,
        np.pad(x, 1),
    )


@program(rng.normal(size=(5, 3)), 2, more=[(rng.normal(size=(6, 3)), 2), (rng.normal(size=(9, 3)), 1)])
def sizes_change_between_calls(x, k):
    n = x.shape[0]
    blocks = x[: n // k * k].reshape(n // k, k, 3)
    return blocks.mean(axis=1).max() + np.concatenate([x, x[:k]]).shape[0] * x.mean()


@program(np.array([1.0, 2.0, 3.0]), 3, more=[(np.array([1.0, 2.0, 3.0]), 5)])
def run_time_sizes(x, n):
    grid = np.zeros((n, 2 * n))
    grid[: len(x), 1 : 1 + len(x)] = x
    ones = np.ones(n + 1)
    return grid.sum() * ones.sum() + np.linspace(0, x[1], n) @ np.arange(n) + grid.reshape(-1).shape[0]
