"""Distributions of `numpy.random`."""

from tests.shape_rules.draws import Call, Draws, case

R = "numpy.random."


@case(*(f"{R}{name}" for name in ("lognormal", "logistic")))
def location(r: Draws) -> Call:
    size = r.shape()
    return Call("", [r.tensor(r.fitting(size)), 1.0], {"size": size} if r.chance(70) else {})


@case(*(f"{R}{name}" for name in ("f", "wald", "vonmises")))
def positive(r: Draws) -> Call:
    return Call("", [1.0, 2.0], {"size": r.shape()})


@case(*(f"{R}{name}" for name in ("rayleigh", "chisquare", "standard_t", "pareto", "power", "weibull")))
def one_parameter(r: Draws) -> Call:
    return Call("", [2.0], {"size": r.shape()})


@case(*(f"{R}{name}" for name in ("standard_exponential", "standard_cauchy")))
def sized(r: Draws) -> Call:
    return Call("", [r.shape()])


@case(R + "poisson")
def poisson(r: Draws) -> Call:
    return Call("", [2.5, r.shape()])


@case(R + "geometric")
def geometric(r: Draws) -> Call:
    return Call("", [0.5, r.shape()])


@case(R + "zipf")
def zipf(r: Draws) -> Call:
    return Call("", [1.5, r.shape()])


@case(*(f"{R}{name}" for name in ("binomial", "negative_binomial")))
def successes(r: Draws) -> Call:
    return Call("", [3.0, 0.5, r.shape()])


@case(R + "multivariate_normal", dtypes=False)
def multivariate_normal(r: Draws) -> Call:
    n = r.randint(1, 4)
    return Call("", [r.tensor((n,)), r.tensor((n, n)), r.shape()][: r.choice([2, 3, 3])])


@case(R + "dirichlet", dtypes=False)
def dirichlet(r: Draws) -> Call:
    return Call("", [[1.0] * r.randint(1, 4), r.shape()])
