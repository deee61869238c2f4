"""Shapes, views and copies, joining, splitting, repeating, against NumPy."""

import numpy as np

from .checks import check, raises, refused

rng = np.random.default_rng(2)
CUBE = rng.normal(size=(3, 4, 2))
MATRIX = rng.normal(size=(3, 4))


def test_reshape():
    check(
        lambda np, x: (np.reshape(x, (4, 6)), np.reshape(x, -1), np.reshape(x, (2, -1)), np.reshape(x, (3, 8, 1))),
        CUBE,
        symbolic=False,
    )
    check(
        lambda np, x: (np.reshape(x, -1), np.reshape(x, (-1, 2)), np.ravel(x), np.reshape(3.0, (1, 1)), np.ravel(2)),
        CUBE,
    )
    refused(lambda np, x: np.reshape(x, (5, 5)), CUBE, match="24")
    refused(lambda np, x: np.reshape(x, (6, 4), order="A"), CUBE, match="order")
    check(lambda np, x, n: np.reshape(x, (n, -1)), np.arange(12.0), 3)


def test_views_share_memory():
    def program(np, x):
        np.reshape(x, (4, 3))[0, 0] = 1.0
        np.ravel(x)[1] = 2.0
        np.transpose(x)[0, 2] = 3.0
        np.swapaxes(x, 0, 1)[1, 1] = 4.0
        np.expand_dims(x, 0)[0, 1, 2] = 5.0
        np.squeeze(np.expand_dims(x, 0))[1, 3] = 6.0
        np.flip(x, 0)[0, 0] = 7.0
        np.fliplr(x)[1, 0] = 8.0
        np.rot90(x)[0, 0] = 9.0
        np.moveaxis(x, 0, 1)[2, 2] = 10.0
        np.split(x, 2, axis=1)[1][0, 0] = 11.0
        np.atleast_3d(x)[2, 0, 0] = 12.0
        x[1:].reshape(-1)[5] = 13.0

    check(lambda np, x: (program(np, x), None)[1], MATRIX.copy(), symbolic=False)


def test_copies_do_not_share():
    def program(np, x):
        np.reshape(np.transpose(x), (-1,))[0] = 1.0
        np.ravel(np.transpose(x))[0] = 1.0
        np.ravel(x[:, 1:])[0] = 1.0
        np.reshape(x[:, 1:], (-1,))[0] = 2.0
        np.ravel(x[::2])[0] = 3.0
        y = np.transpose(x) + 1.0
        np.ravel(y)[0] = 100.0
        z = np.transpose(y)
        np.ravel(z)[0] = 50.0
        w = np.where(np.transpose(x) > 0, 1.0, 2.0)
        np.ravel(w)[1] = 9.0
        v = np.transpose(x) + np.reshape(x, (4, 3))
        np.ravel(v)[1] = 9.0
        return y, z, w, v

    check(program, MATRIX.copy())


def test_views_of_parts():
    def program(np, x):
        np.reshape(x[1], (2, 2))[0, 0] = 1.0
        np.reshape(x[::2], (2, 2, 2))[1, 1, 1] = 2.0
        np.reshape(x[:, 1], (3, 1))[2, 0] = 3.0
        np.reshape(x[0, ::2], (1, 2))[0, 1] = 4.0
        np.ravel(x[0])[1] = 5.0
        return None

    check(program, MATRIX.copy(), symbolic=False)


def test_permutations():
    check(
        lambda np, x: (np.transpose(x), np.transpose(x, (1, 0, 2)), np.transpose(x, (-1, 0, 1)), np.swapaxes(x, 0, -1)),
        CUBE,
    )
    check(
        lambda np, x: (
            np.moveaxis(x, 0, -1),
            np.moveaxis(x, (0, 1), (-1, 0)),
            np.rollaxis(x, 2),
            np.rollaxis(x, 0, 3),
            np.matrix_transpose(x),
            np.permute_dims(x, (2, 0, 1)),
            np.rollaxis(x, 1, -1),
        ),
        CUBE,
    )
    refused(lambda np, x: np.transpose(x, (0, 1)), CUBE)
    refused(lambda np, x: np.swapaxes(x, 0, 5), CUBE, match="axis 5")


def test_added_and_dropped_axes():
    check(
        lambda np, x: (
            np.expand_dims(x, 0),
            np.expand_dims(x, (0, -1)),
            np.squeeze(x[:1]),
            np.squeeze(x[:, :1], axis=1),
        ),
        CUBE,
        symbolic=False,
    )
    check(
        lambda np, x: (
            np.atleast_1d(2.0),
            np.atleast_2d(x[0, 0]),
            np.atleast_3d(x[0]),
            np.atleast_3d(x[0, 0]),
            np.atleast_1d(x, 3),
        ),
        CUBE,
    )
    refused(lambda np, x: np.squeeze(x, axis=0), CUBE, match="squeeze")


def test_broadcasting():
    check(
        lambda np, x: (np.broadcast_to(x, (2, 3, 4)), np.broadcast_to(3.0, (2, 2)), np.broadcast_arrays(x, x[0])),
        MATRIX,
    )
    check(lambda np, x: np.broadcast_shapes((3, 1), (1, 4)), MATRIX)
    refused(lambda np, x: np.broadcast_to(x, (3, 5)), MATRIX)


def test_flips_and_rotations():
    check(lambda np, x: (np.flip(x), np.flip(x, 1), np.flip(x, (0, 2)), np.flipud(x), np.fliplr(x)), CUBE)
    check(
        lambda np, x: (np.rot90(x), np.rot90(x, 2), np.rot90(x, 3), np.rot90(x, 4), np.rot90(x, -1, axes=(1, 2))), CUBE
    )


def test_diagonal():
    check(lambda np, x: (np.diagonal(x), np.diagonal(x, 1), np.diagonal(x, -1), np.diagonal(x, 7)), MATRIX)
    check(lambda np, x: (np.diagonal(x), np.diagonal(x, 1, 1, 2), np.diagonal(x, 0, 2, 0)), CUBE)

    def program(np, x):
        d = np.diagonal(x)
        x[1, 1] = 100.0
        return d

    check(program, MATRIX.copy())


def test_joining():
    check(
        lambda np, x, y: (
            np.concatenate([x, x]),
            np.concatenate((x, x + 1), axis=1),
            np.concatenate([x, y], axis=None),
        ),
        MATRIX,
        np.ones(3),
    )
    check(
        lambda np, x: (
            np.stack([x, x]),
            np.stack((x, x), axis=-1),
            np.vstack([x[0], x]),
            np.hstack([x, x]),
            np.dstack([x, x]),
        ),
        MATRIX,
    )
    check(
        lambda np, x, y: (
            np.hstack([x, y]),
            np.vstack([x, y]),
            np.dstack([x, y]),
            np.column_stack([x, y, np.ones((3, 2))]),
            np.hstack([1.0, x]),
            np.hstack((x[0], 2)),
        ),
        np.arange(3.0),
        np.arange(3),
    )
    check(
        lambda np, x, y: (np.concatenate([x, y]), np.stack([x, y], dtype=np.float32)),
        np.arange(3, dtype="int8"),
        np.ones(3, "float32"),
    )
    check(
        lambda np, x: (np.append(x, 5.0), np.append(x, [[1, 2, 3, 4]], axis=0), np.concatenate([[1, 2], [3.5]])), MATRIX
    )
    check(lambda np, x: np.block([[x, np.ones((3, 1))], [np.zeros((1, 4)), np.full((1, 1), 7.0)]]), MATRIX)
    check(lambda np, x: (np.block([x[0], 1.0]), np.block(x)), MATRIX)
    refused(lambda np, x, y: np.concatenate([x, y]), MATRIX, np.ones((2, 3)))
    refused(lambda np, x: np.concatenate([x, 1.0]), np.ones(3))


def test_joining_views_of_sizes_equal_at_run_time():
    check(lambda np, x, y: np.concatenate([x, y], axis=1), np.ones((3, 2)), np.zeros((3, 4)))


def test_splitting():
    check(
        lambda np, x: (
            np.split(x, 2, axis=1),
            np.split(x, [1, 3], axis=1),
            np.array_split(x, 3),
            np.hsplit(x, 2),
            np.vsplit(x, 3),
        ),
        MATRIX,
        symbolic=False,
    )
    check(lambda np, x: (np.split(x, 2, axis=1), np.split(x, [1, 2]), np.split(x, [2, 9], axis=1)), MATRIX)
    check(lambda np, x: (np.array_split(x, 3, axis=1), np.unstack(x), np.unstack(x, axis=1)), MATRIX, symbolic=False)
    check(lambda np, x: np.dsplit(x, 2), CUBE)
    refused(lambda np, x: np.split(x, 2), MATRIX, match="equal parts")


def test_repeating():
    check(lambda np, x: (np.tile(x, 2), np.tile(x, (2, 1)), np.tile(x, (2, 1, 3)), np.tile(3.0, 2)), MATRIX)
    check(
        lambda np, x, n: (np.repeat(x, 2), np.repeat(x, 2, axis=1), np.repeat(x, n, axis=0), np.repeat(3, 4)), MATRIX, 3
    )
    check(lambda np, x: (np.repeat(x, [1, 0, 2], axis=0), np.repeat(x, [2], axis=1)), MATRIX)
    check(lambda np, x, n: np.tile(x, n), np.arange(3), 2)
    refused(lambda np, x, c: np.repeat(x, c), np.ones(3), np.array([1, 2, 3]), match="counts")


def test_roll():
    check(
        lambda np, x, s: (
            np.roll(x, 1),
            np.roll(x, -2, axis=0),
            np.roll(x, s, axis=1),
            np.roll(x, (1, 2), axis=(0, 1)),
            np.roll(x, 0),
        ),
        MATRIX,
        5,
    )
    check(lambda np, x, s: np.roll(x, s), np.arange(5), -7)
    check(lambda np, x: (np.roll(x, 3), np.roll(x, 2, axis=(0, 1))), np.ones((0, 3)))


def test_pad():
    for mode in ("constant", "edge", "reflect", "symmetric", "wrap", "linear_ramp", "maximum", "minimum", "mean"):
        check(
            lambda np, x: (np.pad(x, 1, mode=mode), np.pad(x, ((0, 2), (1, 0)), mode), np.pad(x[0], (5, 9), mode=mode)),
            MATRIX,
        )
    check(
        lambda np, x: (
            np.pad(x, 2, constant_values=7),
            np.pad(x, (1, 2), constant_values=(3, 4)),
            np.pad(x, ((1, 2),)),
        ),
        np.arange(4),
    )
    check(lambda np, x: np.pad(x, ((1, 0), (0, 1)), constant_values=((1, 2), (3, 4))), MATRIX)
    check(lambda np, x: np.pad(x, 3, mode="reflect"), np.ones(1))
    check(lambda np, x, n: np.pad(x, (0, n)), np.ones(3), 2)
    check(lambda np, x: np.pad(x, 1, mode="median"), MATRIX)
    refused(lambda np, x: np.pad(x, 1, mode="empty"), MATRIX, match="empty")


def test_resize_insert_delete():
    check(lambda np, x: (np.resize(x, (5, 3)), np.resize(x, 7), np.resize([], (2,))), MATRIX)
    check(
        lambda np, x: (
            np.delete(x, 1, axis=0),
            np.delete(x, [0, 2], axis=1),
            np.delete(x, slice(1, 3)),
            np.delete(x, -1),
        ),
        MATRIX,
        symbolic=False,
    )
    check(lambda np, x, i: np.delete(x, i), np.arange(5.0), 2)
    check(
        lambda np, x: (
            np.insert(x, 1, 9.0),
            np.insert(x, 1, 9.0, axis=0),
            np.insert(x, [0, 2], [5, 6], axis=1),
            np.insert(x, 2, [1, 2, 3], axis=1),
            np.insert(x, -1, 0, axis=1),
            np.insert(x[0], 2, [7, 8]),
        ),
        MATRIX,
        symbolic=False,
    )
    raises(IndexError, lambda np, x: np.delete(x, 7), np.arange(3), symbolic=False)


def test_fortran_order():
    check(
        lambda np, x: (
            np.reshape(x, (4, 6), order="F"),
            np.ravel(x, order="F"),
            x.flatten("F"),
            x.reshape(2, -1, order="F"),
        ),
        CUBE,
        symbolic=False,
    )

    def program(np, x):
        x.T.ravel(order="F")[1] = 50.0
        y = np.asfortranarray(x)
        y.ravel()[0] = 60.0
        y.ravel(order="F")[2] = 70.0
        z = np.copy(x.T)
        z.ravel()[0] = 80.0
        w = np.array(x.T)
        w.ravel()[0] = 90.0
        return y, z, w

    check(program, MATRIX.copy())
