"""Order statistics of no elements: an IndexError in NumPy's words, NaN where NaN is skipped, or nothing at all."""

import numpy as np
import pytest

import tangra as tg

CASES = [
    (lambda x: np.percentile(x, 30), (0,)),
    (lambda x: np.quantile(x, [0.3, 0.5]), (0,)),
    (lambda x: np.percentile(x, 30, axis=0), (0, 3)),
    (lambda x: np.percentile(x, 30, axis=0), (3, 0)),
    (lambda x: np.percentile(x, 30, axis=1), (3, 0)),
    (lambda x: np.nanpercentile(x, 30), (0,)),
    (lambda x: np.nanquantile(x, 0.3, axis=0), (0, 3)),
    (lambda x: np.percentile(x[1:], 30), (1,)),
]


@pytest.mark.parametrize(("function", "shape"), CASES)
@pytest.mark.filterwarnings("ignore:All-NaN slice:RuntimeWarning", "ignore:Mean of empty:RuntimeWarning")
def test_as_numpy(function, shape):
    x = np.zeros(shape)
    try:
        wanted = function(x)
    except IndexError as error:
        with pytest.raises(IndexError, match=str(error)):
            tg.jit(function)(x)
    else:
        np.testing.assert_array_equal(tg.jit(function)(x), wanted)
