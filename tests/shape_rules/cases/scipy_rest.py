"""SciPy's distances, images, integrals, interpolation, statistics and special functions."""

from tests.shape_rules.cases.scipy_signals import signal
from tests.shape_rules.draws import Call, Draws, case

N = "scipy."


@case(N + "spatial.distance.cdist", dtypes=False)
def cdist(r: Draws) -> Call:
    width = r.randint(1, 4)
    return Call("", [r.tensor((r.randint(1, 5), width), "float64"), r.tensor((r.randint(1, 5), width), "float64")])


@case(N + "spatial.distance.pdist", dtypes=False)
def pdist(r: Draws) -> Call:
    return Call("", [r.tensor((r.randint(1, 5), r.randint(1, 4)), "float64")])


@case(N + "ndimage.gaussian_filter", dtypes=False)
def gaussian_filter(r: Draws) -> Call:
    x = r.tensor(r.shape(1, 3), "float64")
    return Call("", [x, tuple([1.0] * len(x.shape or ())) if r.chance(40) else 2.0])


@case(*(f"{N}ndimage.{name}_filter" for name in ("median", "uniform", "maximum")), dtypes=False)
def windowed(r: Draws) -> Call:
    x = r.tensor(r.shape(1, 3), "float64")
    return Call("", [x, tuple([3] * len(x.shape or ())) if r.chance(40) else 3])


@case(N + "ndimage.sobel", dtypes=False)
def sobel(r: Draws) -> Call:
    x = r.tensor(r.shape(1, 3), "float64")
    return Call("", [x], {"axis": r.axis(len(x.shape or ()))})


@case(N + "ndimage.convolve", N + "ndimage.correlate", dtypes=False)
def convolve(r: Draws) -> Call:
    rank = r.randint(1, 3)
    return Call("", [r.tensor(r.shape(rank, rank), "float64"), r.tensor((3,) * rank, "float64")])


@case(N + "ndimage.label", mask=True, dtypes=False)
def label(r: Draws) -> Call:
    return Call("", [r.tensor(r.shape(1, 3), "float64")])


@case(N + "integrate.trapezoid", N + "integrate.simpson", N + "integrate.cumulative_trapezoid", dtypes=False)
def integral(r: Draws) -> Call:
    shape, axis = signal(r, 3, 7)
    places = [r.tensor((shape[axis],), "float64")] if r.chance(60) else []
    return Call("", [r.tensor(shape, "float64"), *places], {"axis": axis})


@case(N + "interpolate.interp1d", dtypes=False)
def interp1d(r: Draws) -> Call:
    shape, axis = signal(r, 3, 7)
    x = r.tensor((shape[axis],), "float64")
    return Call("", [x, r.tensor(shape, "float64")], {"axis": axis}, "layer", [r.tensor(r.shape(0, 2), "float64")])


@case(N + "optimize.linear_sum_assignment", dtypes=False)
def linear_sum_assignment(r: Draws) -> Call:
    return Call("", [r.tensor(r.shape(2, 2), "float64")])


@case(N + "optimize.nnls", dtypes=False)
def nnls(r: Draws) -> Call:
    rows = r.randint(1, 5)
    return Call("", [r.tensor((rows, r.randint(1, 4)), "float64"), r.tensor((rows,), "float64")])


@case(N + "stats.zscore", dtypes=False)
def zscore(r: Draws) -> Call:
    x = r.tensor(r.shape(1, 3), "float64")
    return Call("", [x], {"axis": r.axis(len(x.shape or ()))} if r.chance(70) else {})


@case(N + "special.expit", total=True, dtypes=False)
def of_one(r: Draws) -> Call:
    return Call("", [r.tensor(dtype="float64")])


@case(N + "special.xlogy", dtypes=False)
def of_two(r: Draws) -> Call:
    x = r.tensor(dtype="float64")
    return Call("", [x, r.tensor(r.fitting(x.shape or ()), "float64")])


@case(N + "special.softmax", dtypes=False)
def softmax(r: Draws) -> Call:
    x = r.tensor(r.shape(1, 3), "float64")
    return Call("", [x], {"axis": r.axis(len(x.shape or ()))} if r.chance(70) else {})


@case(N + "special.logsumexp", dtypes=False)
def logsumexp(r: Draws) -> Call:
    x = r.tensor(r.shape(1, 3), "float64")
    return Call("", [x], {"axis": r.axis(len(x.shape or ())), "keepdims": r.chance(40)} if r.chance(80) else {})


@case(*(f"{N}fft.{name}" for name in ("fft", "ifft", "rfft", "irfft")), dtypes=False)
def transform(r: Draws) -> Call:
    x = r.tensor(r.shape(1, 3, 2), "float64")
    return Call("", [x], {"n": r.randint(2, 7)} if r.chance(50) else {"axis": r.axis(len(x.shape or ()))})


@case(N + "fft.fft2", dtypes=False)
def transforms(r: Draws) -> Call:
    return Call("", [r.tensor(r.shape(2, 3, 2), "float64")])


@case(N + "fft.fftshift", dtypes=False)
def fftshift(r: Draws) -> Call:
    x = r.tensor(r.shape(1, 3), "float64")
    return Call("", [x], {"axes": r.axis(len(x.shape or ()))} if r.chance(70) else {})


@case(N + "fft.fftfreq", N + "fft.rfftfreq", dtypes=False)
def fftfreq(r: Draws) -> Call:
    return Call("", [r.randint(1, 9), 0.5])


@case(N + "linalg.inv", N + "linalg.det", N + "linalg.eigvalsh", dtypes=False)
def square(r: Draws) -> Call:
    size = r.randint(1, 4)
    x = r.tensor((size, size), "float64")
    return Call("", [x.with_(layout="identity")])


@case(N + "linalg.pinv", dtypes=False)
def pinv(r: Draws) -> Call:
    return Call("", [r.tensor(r.shape(2, 2), "float64")])


@case(N + "ndimage.gaussian_filter1d", dtypes=False)
def gaussian_filter1d(r: Draws) -> Call:
    x = r.tensor(r.shape(1, 3), "float64")
    return Call("", [x, 1.0], {"axis": r.axis(len(x.shape or ()))})
