"""Comparison of traced programs with NumPy."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tangra.errors import TangraError
from tangra.ir.interpreter import interpret

from .context import trace


def same(ours: Any, theirs: Any, rtol: float, where: str = "result") -> None:
    """Equal types, dtypes, shapes and values; structures item by item."""
    if isinstance(theirs, (tuple, list)):
        assert type(ours) is type(theirs), f"{where}: {type(ours)} for {type(theirs)}"
        assert len(ours) == len(theirs), f"{where}: {len(ours)} items for {len(theirs)}"
        for k, (a, b) in enumerate(zip(ours, theirs)):
            same(a, b, rtol, f"{where}[{k}]")
        return
    assert type(ours) is type(theirs), f"{where}: {type(ours)} for {type(theirs)}"
    if isinstance(theirs, (np.ndarray, np.generic)):
        assert ours.dtype == theirs.dtype, f"{where}: dtype {ours.dtype} for {theirs.dtype}"
        assert ours.shape == theirs.shape, f"{where}: shape {ours.shape} for {theirs.shape}"
    if isinstance(theirs, (np.ndarray, float, np.floating)):
        single = np.asarray(theirs).dtype == np.float32
        np.testing.assert_allclose(
            ours, theirs, rtol=max(rtol, 2e-6) if single else rtol, atol=1e-6 if single else 1e-13, err_msg=where
        )
    else:
        assert ours == theirs, f"{where}: {ours} for {theirs}"


def check(function: Callable[..., Any], *args: Any, rtol: float = 1e-12, symbolic: bool | None = None) -> None:
    """`function(np, *args)` traced and interpreted is what NumPy gives, and leaves the same in its arguments.

    `symbolic` None tries sizes known and sizes as symbols; False and True only one.
    """
    for as_symbols in (False, True) if symbolic is None else (symbolic,):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            theirs_args = copy.deepcopy(args)
            theirs = function(np, *theirs_args)
        func, live, shown = trace(function, copy.deepcopy(args), as_symbols)
        with np.errstate(all="ignore"):
            results = interpret(func, live)
        same(shown(results), theirs, rtol)
        arrays = [a for a in theirs_args if isinstance(a, np.ndarray)]
        for k, (ours, expected) in enumerate(zip(results[len(results) - len(arrays) :], arrays)):
            same(np.asarray(ours), expected, rtol, f"argument {k} afterwards")


def refused(function: Callable[..., Any], *args: Any, match: str | None = None) -> None:
    """`function(np, *args)` is refused with a diagnostic that matches."""
    with pytest.raises(TangraError, match=match):
        trace(function, args)


def raises(exception: type[Exception], function: Callable[..., Any], *args: Any, symbolic: bool = True) -> None:
    """NumPy and the traced program both raise `exception`, with the same message."""
    with pytest.raises(exception) as theirs:
        function(np, *copy.deepcopy(args))
    for as_symbols in (False, True) if symbolic else (False,):
        func, live, _ = trace(function, args, as_symbols)
        with pytest.raises(exception) as ours, np.errstate(all="ignore"):
            interpret(func, live)
        assert str(ours.value) == str(theirs.value)
