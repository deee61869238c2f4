"""Shapes that don't fit: reported while compiling, also where they fit in this call only by chance."""

import numpy as np
from jaxtyping import Float, Int
from numpy.exceptions import AxisError
from numpy.linalg import LinAlgError

from .registry import rejected

SHAPES = ("ShapeMismatchError", "ShapeError")
INDEX = ("TangraError", "IndexError")
M34, M43, V3, V4 = np.ones((3, 4)), np.ones((4, 3)), np.ones(3), np.ones(4)


@rejected(V3, V4, raises=SHAPES, cpython=ValueError)
def sum_of_unequal_lengths(a, b):
    return a + b


@rejected(M34, M34, raises=SHAPES, cpython=ValueError)
def inner_sizes_differ(a, b):
    return a @ b


@rejected(M34, V3, raises=SHAPES, cpython=ValueError)
def matrix_times_wrong_vector(a, v):
    return np.dot(a, v)


@rejected(M34, V3, raises=SHAPES, cpython=ValueError)
def row_added_along_wrong_axis(a, v):
    return a - v


@rejected(M34, raises=SHAPES, cpython=ValueError)
def reshape_to_wrong_size(a):
    return a.reshape(5, 2)


@rejected(M34, raises=SHAPES, cpython=ValueError)
def reshape_not_divisible(a):
    return a.reshape(5, -1)


@rejected(M34, V3, raises=SHAPES, cpython=ValueError)
def concatenate_unequal(a, v):
    return np.concatenate([a, np.ones((2, 3))])


@rejected(M34, V3, raises=SHAPES, cpython=ValueError)
def concatenate_unequal_ranks(a, v):
    return np.concatenate([a, v])


@rejected(V3, V4, raises=SHAPES, cpython=ValueError)
def stack_unequal(a, b):
    return np.stack([a, b])


@rejected(M34, raises=(*SHAPES, "AxisError"), cpython=AxisError)
def axis_out_of_range(a):
    return a.sum(axis=2)


@rejected(M34, raises=SHAPES, cpython=ValueError)
def transpose_with_too_few_axes(a):
    return a.transpose(0)


@rejected(M34, raises=SHAPES, cpython=ValueError)
def squeeze_axis_that_is_not_one(a):
    return a.squeeze(axis=0)


@rejected(M34, raises=SHAPES, cpython=ValueError)
def split_into_unequal(a):
    return np.split(a, 2, axis=0)


@rejected(M34, V4, raises=SHAPES, cpython=ValueError)
def einsum_with_unequal_letters(a, v):
    return np.einsum("ij,i->j", a, v)


@rejected(M34, raises=SHAPES, cpython=ValueError)
def einsum_with_wrong_rank(a):
    return np.einsum("ijk->i", a)


@rejected(M34, M43, raises=SHAPES, cpython=ValueError)
def tensordot_unequal(a, b):
    return np.tensordot(a, b, axes=([0], [0]))


@rejected(M34, raises=("TangraError", "LinAlgError"), cpython=LinAlgError)
def inverse_of_rectangle(a):
    return np.linalg.inv(a)


@rejected(np.eye(3), V4, raises=("TangraError", "ValueError"), cpython=ValueError)
def solve_with_wrong_right_hand_side(a, b):
    return np.linalg.solve(a, b)


@rejected(V4, raises=SHAPES, cpython=ValueError)
def store_of_wrong_length(x):
    y = x.copy()
    y[1:3] = x[:3]
    return y


@rejected(M34, raises=SHAPES, cpython=ValueError)
def row_store_of_wrong_length(a):
    b = np.zeros((3, 3))
    b[0] = a[0]
    return b


@rejected(M34, V3, raises=SHAPES, cpython=ValueError)
def augmented_store_grows(a, v):
    v += np.ones((2, 3))
    return v


@rejected(V3, V4, raises=SHAPES, cpython=ValueError)
def where_of_unequal(a, b):
    return np.where(a > 0, a, b)


@rejected(V3, raises=SHAPES, cpython=ValueError)
def broadcast_to_other(a):
    return np.broadcast_to(a, (4,))


@rejected(M34, raises=INDEX, cpython=IndexError)
def too_many_indices(a):
    return a[0, 1, 2]


@rejected(M34, raises=INDEX, cpython=IndexError)
def constant_index_out_of_range(a):
    return a[3]


@rejected(M34, raises=INDEX, cpython=IndexError)
def mask_of_wrong_length(a):
    return a[np.array([True, False])]


@rejected(M34, raises=INDEX, cpython=IndexError)
def index_arrays_do_not_broadcast(a):
    return a[np.array([0, 1]), np.array([0, 1, 2])]


@rejected(V3, raises=(*INDEX, "TypeError"), cpython=IndexError)
def float_as_index(a):
    return a[1.0]


@rejected(np.float64(1.0), V3, raises=SHAPES, cpython=ValueError)
def matmul_with_scalar(s, v):
    return v @ s


@rejected(V3, V4, raises=SHAPES, cpython=ValueError)
def interpolation_tables_differ(xp, fp):
    return np.interp(0.5, xp, fp)


@rejected(M34, raises=SHAPES, cpython=ValueError)
def diagonal_of_vector(a):
    return np.trace(a[0])


@rejected(M34, np.zeros((3, 3)), raises=SHAPES, cpython=ValueError)
def out_of_wrong_shape(a, out):
    return np.multiply(a, 2, out=out)


@rejected([V3, V4], raises=SHAPES, cpython=ValueError)
def ragged_rows(rows):
    return np.array(rows)


@rejected(M34, V3, raises=SHAPES, cpython=ValueError)
def mismatch_inside_a_helper(a, v):
    def predict(w, x):
        return w @ x

    return predict(a, v).sum()


@rejected(M34, V3, 0, raises=SHAPES)
def mismatch_in_a_branch_not_taken(a, v, flag):
    if flag > 0:
        return (a @ v).sum()
    return v.sum()


@rejected(M34, 0, raises=SHAPES)
def mismatch_in_a_loop_without_trips(a, n):
    total = 0.0
    for _ in range(n):
        total += (a @ a).sum()
    return total


@rejected(M34, V3, raises=SHAPES)
def annotated_square(a: Float[np.ndarray, "n n"], v):
    return a.sum()


@rejected(M34, V3, raises=SHAPES)
def annotated_sizes_shared(a: Float[np.ndarray, "n k"], w: Float[np.ndarray, "k"]):
    return a.sum() + w.sum()


@rejected(M34, raises=SHAPES)
def annotated_rank(a: Float[np.ndarray, "n"]):
    return a.sum()


@rejected(M34, raises=SHAPES)
def annotated_constant(a: Float[np.ndarray, "3 5"]):
    return a.sum()


@rejected(V3, raises=("TypeMismatchError", *SHAPES))
def annotated_kind(a: Int[np.ndarray, "n"]):
    return a.sum()


@rejected(M34, raises=SHAPES)
def annotated_result(a) -> Float[np.ndarray, "4"]:
    return a.sum(axis=1)


@rejected(M34, raises=SHAPES)
def annotated_local(a: Float[np.ndarray, "n k"]):
    columns: Float[np.ndarray, "k"] = a.sum(axis=1)
    return columns


@rejected(np.ones((3, 3)), V3, raises=SHAPES)
def right_for_this_call_only(a: Float[np.ndarray, "n k"], w: Float[np.ndarray, "k"]):
    return a.T @ w


@rejected(V3, V3, raises=SHAPES)
def lengths_equal_by_chance(a: Float[np.ndarray, "n"], b: Float[np.ndarray, "m"]):
    return a + b


@rejected(np.ones((2, 2)), raises=SHAPES)
def result_equal_by_chance(a: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n k"]:
    return a.T
