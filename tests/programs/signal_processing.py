"""Filters, transforms written out, correlation, smoothing, peaks, images."""

import math

import numpy as np

from .registry import program

rng = np.random.default_rng(21)


@program(
    rng.normal(size=12),
    np.array([0.2, 0.3, 0.2]),
    np.array([1.0, -0.4, 0.1]),
    more=[(rng.normal(size=5), np.array([1.0]), np.array([1.0, 0.5]))],
)
def recursive_filter(x, b, a):
    y = np.zeros(len(x))
    for n in range(len(x)):
        for k in range(len(b)):
            if n - k >= 0:
                y[n] += b[k] * x[n - k]
        for k in range(1, len(a)):
            if n >= k:
                y[n] -= a[k] * y[n - k]
    return y @ y


@program(rng.normal(size=8))
def discrete_fourier_power(x):
    n = x.size
    k = np.arange(n)
    angle = 2 * np.pi * np.outer(k, k) / n
    re, im = np.cos(angle) @ x, -np.sin(angle) @ x
    return ((re**2 + im**2) * k).sum()


@program(rng.normal(size=8))
def radix_two_in_place(x):
    re, im = x.copy(), np.zeros(8)
    j = 0
    for i in range(1, 8):
        bit = 4
        while j & bit:
            j ^= bit
            bit >>= 1
        j |= bit
        if i < j:
            re[i], re[j] = re[j], re[i]
    size = 2
    while size <= 8:
        for start in range(0, 8, size):
            for k in range(size // 2):
                c, s = math.cos(2 * math.pi * k / size), -math.sin(2 * math.pi * k / size)
                a, b = start + k, start + k + size // 2
                tr, ti = re[b] * c - im[b] * s, re[b] * s + im[b] * c
                re[b], im[b] = re[a] - tr, im[a] - ti
                re[a] += tr
                im[a] += ti
        size *= 2
    return re[3] ** 2 + im[3] * re[1]


@program(rng.normal(size=10), 3)
def moving_average_by_cumsum(x, w):
    c = np.concatenate([[0.0], np.cumsum(x)])
    return (((c[w:] - c[:-w]) / w) ** 2).sum()


@program(rng.normal(size=11))
def median_filter(x):
    y = x.copy()
    for i in range(1, len(x) - 1):
        y[i] = np.sort(x[i - 1 : i + 2])[1]
    return y @ np.arange(11.0)


@program(rng.normal(size=9))
def autocorrelation(x):
    z = x - x.mean()
    n = len(z)
    r = np.array([np.sum(z[: n - k] * z[k:]) for k in range(4)])
    return r[1] / r[0] + (r[2:] ** 2).sum()


@program(rng.normal(size=(7, 7)))
def sobel_edges(image):
    gx = image[:-2, 2:] + 2 * image[1:-1, 2:] + image[2:, 2:] - image[:-2, :-2] - 2 * image[1:-1, :-2] - image[2:, :-2]
    gy = image[2:].copy()[:, 1:-1] - image[:-2, 1:-1]
    return np.sqrt(gx**2 + gy**2 + 1e-3).mean()


@program(rng.normal(size=(6, 6)))
def separable_blur(image):
    kernel = np.array([0.25, 0.5, 0.25])
    padded = np.pad(image, 1, mode="edge")
    rows = sum(k * padded[i : i + 6] for i, k in enumerate(kernel))
    both = sum(k * rows[:, i : i + 6] for i, k in enumerate(kernel))
    return (both**2).sum()


@program(rng.normal(size=10))
def peaks_by_comparison(x):
    total, peaks = 0.0, []
    for i in range(1, len(x) - 1):
        if x[i - 1] < x[i] > x[i + 1]:
            peaks.append(i)
            total += x[i] * i
    inner = (x[1:-1] > x[:-2]) & (x[1:-1] > x[2:])
    return total + (x[1:-1] * inner).sum() * len(peaks)


@program(rng.normal(size=8), 0.3)
def total_variation_step(x, lam):
    d = np.diff(x)
    smooth = np.sqrt(d**2 + 1e-2)
    gradient = np.zeros_like(x)
    gradient[:-1] -= lam * d / smooth
    gradient[1:] += lam * d / smooth
    return ((x - 0.1 * gradient) ** 2).sum()


@program(rng.normal(size=8))
def haar_wavelet(x):
    out = x.copy()
    n = len(x)
    while n > 1:
        half = n // 2
        tmp = out[:n].copy()
        for i in range(half):
            out[i] = (tmp[2 * i] + tmp[2 * i + 1]) / 2
            out[half + i] = (tmp[2 * i] - tmp[2 * i + 1]) / 2
        n = half
    return (out * np.arange(8.0)).sum() + out[3] ** 2


@program(np.array([0.9, 0.5, 0.1]), 40)
def damped_oscillator_spectrum(p, n):
    t = np.arange(n) * 0.1
    signal = p[0] * np.exp(-p[2] * t) * np.sin(2 * np.pi * p[1] * t)
    best = 0.0
    for f in np.linspace(0.1, 1.0, 5):
        re, im = signal @ np.cos(2 * np.pi * f * t), signal @ np.sin(2 * np.pi * f * t)
        best = max(best, re * re + im * im)
    return best


@program(rng.normal(size=20), 4, 2)
def frames_with_window(x, size, hop):
    count = (len(x) - size) // hop + 1
    window = np.hamming(size)
    frames = np.empty((count, size))
    for k in range(count):
        frames[k] = x[k * hop : k * hop + size] * window
    return np.log((frames**2).sum(axis=1) + 1.0).sum()


@program(np.array([0.25, 0.5]), rng.normal(size=15))
def phase_accumulator(p, noise):
    phase, out = 0.0, 0.0
    for w in noise:
        phase = (phase + p[0] + 0.01 * w) % 1.0
        out += p[1] * phase if phase < 0.5 else p[1] * (1 - phase) ** 2
    return out


@program(rng.integers(0, 256, size=(4, 5)).astype(np.uint8), grad=False)
def image_of_bytes(image):
    inverted = 255 - image
    brighter = image + np.uint8(100)
    clipped = np.minimum(image.astype(int) + 100, 255).astype(np.uint8)
    thresholded = (image > 128).astype(np.uint8) * 255
    return inverted, brighter, clipped, thresholded, image.mean(), image // 16, image >> 4, image.sum(axis=0)


ANGLES = np.array([0.0, 90.0, 180.0, 270.0])


@program(np.array([1.0, -2.0, 3.0, 0.5]), np.array([10.0, 50.0, 350.0, -20.0]))
def interpolation_of_a_period(v, t):
    here = np.interp(t, ANGLES, v, period=360.0)
    back = np.interp(t, ANGLES[::-1], v**2, left=-5, period=-360)
    return here @ np.arange(4.0) + back.sum() + np.interp(370.0, ANGLES, v, period=360)


@program(rng.normal(size=(3, 4)))
def padded_by_medians(x):
    return (np.pad(x, ((1, 2), (0, 1)), mode="median") ** 2).sum() + np.pad(x[0], 2, "median")[0]
