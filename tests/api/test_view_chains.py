"""Random chains of views, copies and elementwise results, each written through: memory is shared as in NumPy."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tangra.errors import AliasError

from .checks import check

STEPS = {
    "T": lambda np, x: x.T,
    "swap": lambda np, x: np.swapaxes(x, 0, -1),
    "slice": lambda np, x: x[1:],
    "step": lambda np, x: x[::2],
    "last": lambda np, x: x[..., ::-1],
    "row": lambda np, x: x[0] if x.ndim > 1 else x,
    "new": lambda np, x: x[:, None],
    "squeeze": lambda np, x: np.squeeze(x),
    "flat": lambda np, x: x.reshape(-1),
    "pairs": lambda np, x: x.reshape(2, -1) if x.size % 2 == 0 else x,
    "ravel": lambda np, x: x.ravel(),
    "ravel F": lambda np, x: x.ravel(order="F"),
    "plus": lambda np, x: x + 1.0,
    "self": lambda np, x: x + x[..., ::-1],
    "copy": lambda np, x: x.copy(),
    "copy K": lambda np, x: np.copy(x),
    "cast": lambda np, x: x.astype(np.float64),
    "where": lambda np, x: np.where(x > 0, x, -1.0),
    "atleast": lambda np, x: np.atleast_2d(x),
    "roll axis": lambda np, x: np.moveaxis(x, 0, -1),
    "split": lambda np, x: np.array_split(x, 2)[0],
    "negative": lambda np, x: -x,
    "clip": lambda np, x: np.clip(x, -5.0, 50.0),
}


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=6),
    st.sampled_from([(2, 3, 4), (4, 6), (5,), (1, 4), (3, 1, 2)]),
)
def test_chain(names, shape):
    def program(np, x):
        seen = []
        y = x
        for k, name in enumerate(names):
            y = STEPS[name](np, y)
            if y.ndim == 0 or 0 in y.shape:
                return seen
            y[(0,) * int(y.ndim)] = 100.0 + k
            seen.append(y)
        return seen

    try:
        check(program, np.arange(float(np.prod(shape))).reshape(shape), symbolic=False)
    except AliasError as e:
        if e.code != "TG410":
            raise
