"""The operations that `kernels` measures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kernel:
    """One operation: "matmul" of (batch, m, k) by (batch, k, n), with an operand transposed if so named; or "forward",
    "input" or "weight" of a convolution (N, C, H, W) with (O, C / groups, K, K)."""

    what: str
    sizes: tuple[int, ...]
    dtype: str = "float32"
    transposed: str = ""
    stride: int = 1
    groups: int = 1
    layout: str = "NCHW"

    @property
    def title(self) -> str:
        """For the table."""
        if self.what == "matmul":
            batch, m, k, n = self.sizes
            return f"{batch} of {m}×{k} @ {k}×{n}{' ' + self.transposed if self.transposed else ''}"
        n, c, h, w, o, k = self.sizes
        more = f" stride {self.stride}" if self.stride > 1 else ""
        more += f" groups {self.groups}" if self.groups > 1 else ""
        return f"{n}×{c}×{h}×{w}, {o} of {k}×{k}{more} {self.layout}: {self.what}"

    @property
    def work(self) -> float:
        """Multiplications and additions."""
        if self.what == "matmul":
            batch, m, k, n = self.sizes
            return 2.0 * batch * m * k * n
        n, c, h, w, o, k = self.sizes
        border = k // 2
        places = ((h + 2 * border - k) // self.stride + 1) * ((w + 2 * border - k) // self.stride + 1)
        return 2.0 * n * o * (c // self.groups) * k * k * places


def squares(quick: bool) -> list[Kernel]:
    """Products of square matrices: many at a time where they are small, four or more up to 64, so that products are
    compared: the library is called from C, we from Python."""
    sizes = (4, 16, 64) if quick else (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256, 512, 1024, 2048)
    many = {n: max(64 * 64 // n**2, 4 if n <= 64 else 1) for n in sizes}
    return [Kernel("matmul", (many[n], n, n, n), d) for d in ("float32", "float64") for n in sizes]


def shapes(quick: bool) -> list[Kernel]:
    """Products that are not square: tall, flat, by vectors, transposed, batched."""
    sizes = [(1, 2048, 64, 64), (1, 64, 2048, 64), (1, 16, 16, 2048), (1, 512, 512, 1), (64, 32, 64, 48)]
    made = [Kernel("matmul", s, d) for d in ("float32", "float64") for s in (sizes[-1:] if quick else sizes)]
    for transposed in ("left", "right"):
        made += [Kernel("matmul", (4096 // n**2 * 4 or 1, n, n, n), "float64", transposed) for n in (16, 32, 256)]
    return made


def convolutions(quick: bool) -> list[Kernel]:
    """Layers of usual networks."""
    layers: list[tuple[tuple[int, ...], int, int]] = [
        ((4, 64, 56, 56, 64, 3), 1, 1),
        ((4, 128, 28, 28, 128, 3), 1, 1),
        ((4, 256, 14, 14, 256, 3), 1, 1),
        ((4, 512, 7, 7, 512, 3), 1, 1),
        ((4, 64, 56, 56, 128, 3), 2, 1),
        ((4, 3, 112, 112, 64, 7), 2, 1),
        ((4, 64, 56, 56, 256, 1), 1, 1),
        ((4, 96, 56, 56, 96, 3), 1, 96),
        ((32, 16, 28, 28, 32, 5), 1, 1),
        ((1, 8, 32, 32, 16, 3), 1, 1),
    ]
    layers = layers[-1:] if quick else layers
    types = [("float32", "NCHW"), ("float32", "NHWC"), ("float64", "NCHW")]
    return [
        Kernel(what, sizes, dtype, "", stride, groups, layout)
        for dtype, layout in types
        for sizes, stride, groups in layers
        for what in ("forward", "input", "weight")
    ]
