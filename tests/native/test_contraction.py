"""Products of arrays whose elements are sums of few terms: part of the loop that reads them."""

import numpy as np
import pytest

from tangra.ir import F64, I64, ArrayType, Builder, Value
from tests.native.common import build, check, f64


def product(b: Builder, x: Value, y: Value, contract, batch=((), ())) -> Value:
    return b("dot_general", x, y, contract=contract, batch=batch)


def numbers(*shape):
    return np.random.default_rng(sum(shape)).uniform(0.5, 1.5, shape)


@pytest.mark.parametrize("terms", [0, 1, 3, 8])
@pytest.mark.parametrize("transposed", [False, True])
def test_few_terms_need_no_vendor_kernel(terms, transposed):
    shape = (5, terms) if transposed else (terms, 5)

    def body(b: Builder, x: Value, y: Value) -> Value:
        z = product(b, x, y, ((1,), (1 if transposed else 0,)))
        return b("mul", z, z)

    compiled = check(build([f64(200, terms), f64(*shape)], body), numbers(200, terms), numbers(*shape))
    assert "gemm" not in compiled.llvm


def test_matrix_times_vector_in_the_loop_that_reads_it():
    def body(b: Builder, x: Value, y: Value) -> Value:
        return b("reduce_sum", b("exp", product(b, x, y, ((1,), (0,)))), axes=(0,))

    compiled = check(build([f64(300, 4), f64(4)], body), numbers(300, 4), numbers(4))
    assert compiled.llvm.count("br i1") < 8


def test_one_small_matrix_for_each_index_of_a_batch():
    def body(b: Builder, x: Value, y: Value) -> Value:
        return product(b, x, y, ((2,), (1,)), ((0,), (0,)))

    check(build([f64(60, 4, 4), f64(60, 4, 4)], body), numbers(60, 4, 4), numbers(60, 4, 4))


def test_an_operand_that_is_overwritten_later():
    def body(b: Builder, x: Value, y: Value) -> list[Value]:
        z = product(b, x, y, ((1,), (0,)))
        changed = b("update", x, b.float(7.0), b.int(0), b.int(0), sizes=(None, None), steps=(1, 1))
        return [changed, b("add", z, b.full(b.float(1.0), z.shape))]

    func = build([f64(150, 4), f64(4, 4)], body, written=((0, 0),))
    check(func, numbers(150, 4), numbers(4, 4))


def test_integers():
    types = [ArrayType(F64, (100, 4)), ArrayType(F64, (4, 6))]

    def body(b: Builder, x: Value, y: Value) -> Value:
        return product(b, b("cast", x, dtype=I64), b("cast", y, dtype=I64), ((1,), (0,)))

    check(build(types, body), np.floor(9 * numbers(100, 4)), np.floor(9 * numbers(4, 6)))
