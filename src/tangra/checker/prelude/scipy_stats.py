"""scipy.stats' families of distributions: densities and their like have the shape that places and parameters make."""

from __future__ import annotations

from typing import Any

numpy: Any = None
_unknown: Any = None


class _Family:
    """A family of distributions, and one of its members."""

    def __init__(self, *parameters: Any, **named: Any) -> None: ...

    @staticmethod
    def rvs(*parameters: Any, size: Any = None, **named: Any) -> Any:
        if size is None or size == 1:
            return _unknown
        return numpy.zeros(size)


def _measure(x: Any, *parameters: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    found = numpy.add(x, 0.5)
    for parameter in (*parameters, loc, scale):
        found = found + parameter
    return found


class _Continuous(_Family):
    pdf = logpdf = cdf = logcdf = sf = logsf = ppf = isf = staticmethod(_measure)


class _Discrete(_Family):
    pmf = logpmf = cdf = logcdf = sf = logsf = ppf = isf = staticmethod(_measure)


class norm(_Continuous): ...


class uniform(_Continuous): ...


class expon(_Continuous): ...


class gamma(_Continuous): ...


class beta(_Continuous): ...


class t(_Continuous): ...


class chi2(_Continuous): ...


class cauchy(_Continuous): ...


class laplace(_Continuous): ...


class lognorm(_Continuous): ...


class halfnorm(_Continuous): ...


class poisson(_Discrete): ...


class binom(_Discrete): ...


class bernoulli(_Discrete): ...


class geom(_Discrete): ...


class nbinom(_Discrete): ...
