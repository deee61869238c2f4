"""SciPy's filters, spectra and convolutions of signals."""

from tests.shape_rules.draws import Call, Draws, case

N = "scipy.signal."


def signal(r: Draws, least: int, most: int) -> tuple[list[int], int]:
    """A shape, and the axis along which a signal of so many values runs."""
    shape = [r.randint(1, 3) for _ in range(r.choice([0, 0, 1]))]
    axis = r.randint(0, len(shape))
    shape.insert(axis, r.randint(least, most))
    return shape, axis if r.chance(50) else axis - len(shape)


@case(N + "butter", dtypes=False)
def butter(r: Draws) -> Call:
    kind, order = r.choice(["low", "high", "bandpass", "bandstop"]), r.randint(1, 5)
    edges = [0.2, 0.4] if kind.startswith("band") else 0.3
    return Call("", [order, edges, kind], {"output": r.choice(["ba", "sos"])} if r.chance(40) else {})


@case(N + "lfilter", dtypes=False)
def lfilter(r: Draws) -> Call:
    shape, axis = signal(r, 3, 9)
    return Call("", [r.tensor((r.randint(1, 4),), "float64") for _ in range(2)] + [r.tensor(shape, "float64")],
                {"axis": axis})  # fmt: skip


@case(N + "filtfilt", dtypes=False)
def filtfilt(r: Draws) -> Call:
    taps = r.randint(1, 4)
    shape, axis = signal(r, 3 * taps, 3 * taps + 4)
    b, a = r.tensor((taps,), "float64"), r.tensor((1,), "float64")
    padding = {"padlen": r.randint(0, 14)} if r.chance(20) else {}
    return Call("", [b, a, r.tensor(shape, "float64")], {"axis": axis, **padding})


@case(N + "sosfilt", dtypes=False)
def sosfilt(r: Draws) -> Call:
    shape, axis = signal(r, 3, 9)
    return Call("", [r.tensor((r.randint(1, 3), 6), "float64"), r.tensor(shape, "float64")], {"axis": axis})


@case(N + "savgol_filter", dtypes=False)
def savgol_filter(r: Draws) -> Call:
    shape, axis = signal(r, 4, 9)
    mode = {"mode": r.choice(["interp", "mirror", "nearest"])} if r.chance(40) else {}
    return Call("", [r.tensor(shape, "float64"), r.randint(3, 8), r.randint(0, 4)], {"axis": axis, **mode})


@case(N + "detrend", dtypes=False)
def detrend(r: Draws) -> Call:
    shape, axis = signal(r, 3, 9)
    return Call("", [r.tensor(shape, "float64")], {"axis": axis})


@case(N + "resample", dtypes=False)
def resample(r: Draws) -> Call:
    shape, axis = signal(r, 3, 9)
    return Call("", [r.tensor(shape, "float64"), r.randint(1, 12)], {"axis": axis})


@case(N + "convolve", N + "correlate", N + "fftconvolve", dtypes=False)
def convolve(r: Draws) -> Call:
    rank = r.randint(1, 3)
    mode = {"mode": r.choice(["full", "same", "valid"])} if r.chance(70) else {}
    return Call("", [r.tensor(r.shape(rank, rank), "float64"), r.tensor(r.shape(rank, rank), "float64")], mode)


@case(N + "convolve2d", N + "correlate2d", dtypes=False)
def convolve2d(r: Draws) -> Call:
    mode = {"mode": r.choice(["full", "same", "valid"])} if r.chance(70) else {}
    return Call("", [r.tensor(r.shape(2, 2), "float64"), r.tensor(r.shape(2, 2), "float64")], mode)


@case(N + "welch", N + "spectrogram", dtypes=False)
def welch(r: Draws) -> Call:
    shape, axis = signal(r, 20, 60)
    kwargs: dict[str, object] = {"axis": axis} if axis != -1 else {}
    if r.chance(60):
        kwargs["nperseg"] = r.randint(8, 20)
        if r.chance(40):
            kwargs["noverlap"] = r.randint(0, 9)
        if r.chance(40):
            kwargs["nfft"] = r.randint(16, 40)
    return Call("", [r.tensor(shape, "float64"), 10.0], kwargs)


@case(N + "periodogram", dtypes=False)
def periodogram(r: Draws) -> Call:
    shape, axis = signal(r, 5, 60)
    return Call("", [r.tensor(shape, "float64"), 10.0], {"axis": axis} if len(shape) > 1 else {})
