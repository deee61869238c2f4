"""torch.distributions: shapes of batches and events, samples and densities. The evaluator puts in `torch`."""

from __future__ import annotations

from typing import Any

torch: Any = None
_unknown: Any = None


class Distribution:
    arg_constraints: Any = _unknown
    support: Any = _unknown
    has_rsample: Any = True
    has_enumerate_support: Any = False

    def __init__(self, batch_shape: Any = (), event_shape: Any = (), validate_args: Any = None) -> None:
        self.batch_shape = torch.Size(batch_shape)
        self.event_shape = torch.Size(event_shape)

    @property
    def _whole(self) -> Any:
        return torch.zeros(self.batch_shape + self.event_shape)

    @property
    def mean(self) -> Any:
        return self._whole

    @property
    def mode(self) -> Any:
        return self._whole

    @property
    def variance(self) -> Any:
        return self._whole

    @property
    def stddev(self) -> Any:
        return self._whole

    def rsample(self, sample_shape: Any = ()) -> Any:
        return torch.zeros(tuple(sample_shape) + self.batch_shape + self.event_shape)

    def sample(self, sample_shape: Any = ()) -> Any:
        return self.rsample(sample_shape)

    def sample_n(self, n: Any) -> Any:
        return self.rsample((n,))

    def log_prob(self, value: Any) -> Any:
        found = self._whole + value
        for _ in self.event_shape:
            found = found.sum(-1)
        return found

    def _extended_shape(self, sample_shape: Any = ()) -> Any:
        return torch.Size(tuple(sample_shape) + self.batch_shape + self.event_shape)

    def enumerate_support(self, expand: Any = True) -> Any:
        return _unknown

    def cdf(self, value: Any) -> Any:
        return self.log_prob(value)

    def icdf(self, value: Any) -> Any:
        return self.log_prob(value)

    def entropy(self) -> Any:
        return torch.zeros(self.batch_shape)

    def perplexity(self) -> Any:
        return self.entropy()

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        torch.zeros(self.batch_shape).expand(batch_shape)
        made = Distribution(batch_shape, self.event_shape)
        return made


def _batch(*parameters: Any) -> Any:
    return torch.broadcast_tensors(*[torch.as_tensor(one) for one in parameters])


class _OfTwo(Distribution):
    """A family with two parameters for each number, `first` and `second`."""

    names: Any = ("loc", "scale")

    def __init__(self, loc: Any, scale: Any, validate_args: Any = None) -> None:
        first, second = _batch(loc, scale)
        setattr(self, self.names[0], first)
        setattr(self, self.names[1], second)
        super().__init__(first.shape)


class Normal(_OfTwo):
    pass


class Laplace(_OfTwo):
    pass


class Cauchy(_OfTwo):
    pass


class Gumbel(_OfTwo):
    pass


class LogNormal(_OfTwo):
    pass


class VonMises(Distribution):
    def __init__(self, loc: Any, concentration: Any, validate_args: Any = None) -> None:
        self.loc, self.concentration = _batch(loc, concentration)
        super().__init__(self.loc.shape)


class Uniform(Distribution):
    def __init__(self, low: Any, high: Any, validate_args: Any = None) -> None:
        self.low, self.high = _batch(low, high)
        super().__init__(self.low.shape)


class Beta(Distribution):
    def __init__(self, concentration1: Any, concentration0: Any, validate_args: Any = None) -> None:
        self.concentration1, self.concentration0 = _batch(concentration1, concentration0)
        super().__init__(self.concentration1.shape)


class Gamma(Distribution):
    def __init__(self, concentration: Any, rate: Any, validate_args: Any = None) -> None:
        self.concentration, self.rate = _batch(concentration, rate)
        super().__init__(self.concentration.shape)


class InverseGamma(Gamma):
    pass


class Weibull(Distribution):
    def __init__(self, scale: Any, concentration: Any, validate_args: Any = None) -> None:
        self.scale, self.concentration = _batch(scale, concentration)
        super().__init__(self.scale.shape)


class Pareto(Distribution):
    def __init__(self, scale: Any, alpha: Any, validate_args: Any = None) -> None:
        self.scale, self.alpha = _batch(scale, alpha)
        super().__init__(self.scale.shape)


class StudentT(Distribution):
    def __init__(self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: Any = None) -> None:
        self.df, self.loc, self.scale = _batch(df, loc, scale)
        super().__init__(self.df.shape)


class Chi2(Distribution):
    def __init__(self, df: Any, validate_args: Any = None) -> None:
        self.df = torch.as_tensor(df)
        super().__init__(self.df.shape)


class Exponential(Distribution):
    def __init__(self, rate: Any, validate_args: Any = None) -> None:
        self.rate = torch.as_tensor(rate)
        super().__init__(self.rate.shape)


class Poisson(Exponential):
    pass


class HalfNormal(Distribution):
    def __init__(self, scale: Any, validate_args: Any = None) -> None:
        self.scale = torch.as_tensor(scale)
        super().__init__(self.scale.shape)


class HalfCauchy(HalfNormal):
    pass


class Bernoulli(Distribution):
    def __init__(self, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        given = torch.as_tensor(logits if probs is None else probs)
        self.probs = given
        self.logits = given
        super().__init__(given.shape)


class ContinuousBernoulli(Bernoulli):
    pass


class Geometric(Bernoulli):
    pass


class RelaxedBernoulli(Distribution):
    def __init__(self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        given = torch.as_tensor(logits if probs is None else probs)
        self.probs = given
        self.logits = given
        super().__init__(given.shape)


class Binomial(Distribution):
    def __init__(self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        given = logits if probs is None else probs
        self.total_count, found = _batch(total_count, given)
        self.probs = found
        self.logits = found
        super().__init__(found.shape)


class NegativeBinomial(Binomial):
    pass


class Categorical(Distribution):
    def __init__(self, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        given = logits if probs is None else probs
        self.probs = given.softmax(-1)
        self.logits = given
        self.param_shape = given.shape
        super().__init__(given.shape[:-1])

    def rsample(self, sample_shape: Any = ()) -> Any:
        return torch.zeros(tuple(sample_shape) + self.batch_shape, dtype=torch.int64)

    @property
    def mode(self) -> Any:
        return self.logits.argmax(-1)

    def log_prob(self, value: Any) -> Any:
        return torch.zeros(self.batch_shape) + value.float()


class OneHotCategorical(Distribution):
    def __init__(self, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        given = logits if probs is None else probs
        self.probs = given.softmax(-1)
        self.logits = given
        self.param_shape = given.shape
        super().__init__(given.shape[:-1], given.shape[-1:])


class OneHotCategoricalStraightThrough(OneHotCategorical):
    pass


class RelaxedOneHotCategorical(OneHotCategorical):
    def __init__(self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        super().__init__(probs, logits)


class Multinomial(OneHotCategorical):
    def __init__(self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        super().__init__(probs, logits)


class Dirichlet(Distribution):
    def __init__(self, concentration: Any, validate_args: Any = None) -> None:
        concentration.softmax(-1)
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:])


class MultivariateNormal(Distribution):
    def __init__(
        self,
        loc: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: Any = None,
    ) -> None:
        given = covariance_matrix
        if given is None:
            given = precision_matrix
        if given is None:
            given = scale_tril
        found = torch.matmul(given, loc.unsqueeze(-1)).squeeze(-1)
        self.covariance_matrix = given
        self.scale_tril = given
        self.precision_matrix = given
        self.loc = loc.expand(found.shape)
        super().__init__(found.shape[:-1], found.shape[-1:])


class LowRankMultivariateNormal(Distribution):
    def __init__(self, loc: Any, cov_factor: Any, cov_diag: Any, validate_args: Any = None) -> None:
        found = loc + cov_diag + cov_factor.sum(-1)
        self.loc = loc
        self.cov_factor = cov_factor
        self.cov_diag = cov_diag
        super().__init__(found.shape[:-1], found.shape[-1:])


class Independent(Distribution):
    def __init__(self, base_distribution: Any, reinterpreted_batch_ndims: Any, validate_args: Any = None) -> None:
        self.base_dist = base_distribution
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        shape = base_distribution.batch_shape
        kept = len(shape) - reinterpreted_batch_ndims
        super().__init__(shape[:kept], shape[kept:] + base_distribution.event_shape)

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: Any) -> Any:
        found = self.base_dist.log_prob(value)
        for _ in range(self.reinterpreted_batch_ndims):
            found = found.sum(-1)
        return found


class MixtureSameFamily(Distribution):
    def __init__(self, mixture_distribution: Any, component_distribution: Any, validate_args: Any = None) -> None:
        self.mixture_distribution = mixture_distribution
        self.component_distribution = component_distribution
        torch.zeros(mixture_distribution.batch_shape) + torch.zeros(component_distribution.batch_shape[:-1])
        mixture_distribution.logits + torch.zeros(component_distribution.batch_shape)
        super().__init__(component_distribution.batch_shape[:-1], component_distribution.event_shape)


def kl_divergence(p: Any, q: Any) -> Any:
    found = torch.zeros(p.batch_shape + p.event_shape) + torch.zeros(q.batch_shape + q.event_shape)
    for _ in p.event_shape:
        found = found.sum(-1)
    return found
