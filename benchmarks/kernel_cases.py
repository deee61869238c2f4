"""The operations that `kernels` measures."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Kernel:
    """One operation: "matmul" of (batch, m, k) by (batch, k, n), with an operand transposed if so named; or "forward",
    "input" or "weight" of a convolution (N, C, *places) with (O, C / groups, K, ...), of sizes (N, C, *places, O,
    K). The forward transposed convolution is "input"."""

    what: str
    sizes: tuple[int, ...]
    dtype: str = "float32"
    """Or "bfloat16": of float32 to float32, multiplied in bfloat16; or "int8": of int8 to int32."""
    transposed: str = ""
    stride: int = 1
    groups: int = 1
    dilation: int = 1
    layout: str = "NCHW"
    activated: bool = False
    """With a bias and a relu on top."""

    @property
    def title(self) -> str:
        """For the table."""
        if self.what == "matmul":
            batch, m, k, n = self.sizes
            return f"{batch} of {m}×{k} @ {k}×{n}{' ' + self.transposed if self.transposed else ''}{self._top}"
        *image, o, k = self.sizes
        given = {"stride": self.stride, "groups": self.groups, "dilation": self.dilation}
        more = "".join(f" {name} {n}" for name, n in given.items() if n > 1)
        kernel = "×".join([str(k)] * self.rank)
        return f"{'×'.join(map(str, image))}, {o} of {kernel}{more} {self.layout}: {self.what}{self._top}"

    @property
    def _top(self) -> str:
        return ", bias, relu" if self.activated else ""

    @property
    def rank(self) -> int:
        """Axes that the windows of a convolution move along."""
        return len(self.sizes) - 4

    @property
    def border(self) -> int:
        """Zeros on each side."""
        return (self.sizes[-1] - 1) // 2 * self.dilation

    @property
    def places(self) -> tuple[int, ...]:
        """Where windows lie, along each axis."""
        reach = self.dilation * (self.sizes[-1] - 1)
        return tuple((n + 2 * self.border - reach - 1) // self.stride + 1 for n in self.sizes[2:-2])

    @property
    def work(self) -> float:
        """Multiplications and additions."""
        if self.what == "matmul":
            batch, m, k, n = self.sizes
            return 2.0 * batch * m * k * n
        n, c, o, k = *self.sizes[:2], *self.sizes[-2:]
        return 2.0 * n * o * (c // self.groups) * k**self.rank * math.prod(self.places)


def squares(quick: bool) -> list[Kernel]:
    """Products of square matrices: many at a time where they are small, so that products are compared: the library is
    called from C, we from Python."""
    sizes = (4, 16, 64) if quick else (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256, 512, 1024, 2048)
    return [Kernel("matmul", (_many(n), n, n, n), d) for d in ("float32", "float64") for n in sizes]


def _many(n: int) -> int:
    """Matrices in a batch."""
    return max(4 * 64 * 64 // n**2, 1)


def shapes(quick: bool) -> list[Kernel]:
    """Products that are not square: tall, flat, by vectors, transposed, batched."""
    sizes = [(1, 2048, 64, 64), (1, 64, 2048, 64), (1, 16, 16, 2048), (64, 32, 64, 48)]
    sizes += [shape for n in (16, 64, 128, 512, 2048) for shape in ((_many(n), n, n, 1), (_many(n), 1, n, n))]
    made = [Kernel("matmul", s, d) for d in ("float32", "float64") for s in (sizes[3:4] if quick else sizes)]
    for transposed in ("left", "right"):
        made += [Kernel("matmul", (4096 // n**2 * 4 or 1, n, n, n), "float64", transposed) for n in (16, 32, 256)]
    return made


def layers(quick: bool) -> list[Kernel]:
    """Products and convolutions, alone and with a bias and a relu."""
    products = [(1, 4096, 64, 1024), (1, 1024, 256, 1024), (1, 256, 256, 256), (256, 32, 32, 32), (1024, 16, 16, 16)]
    made = [Kernel("matmul", s) for s in (products[-1:] if quick else products)]
    images = [((4, 64, 56, 56, 64, 3), 1), ((4, 64, 56, 56, 256, 1), 1), ((4, 96, 56, 56, 96, 3), 96)]
    for sizes, groups in [((4, 8, 8, 8, 8, 3), 1)] if quick else images:
        made += [Kernel("forward", sizes, groups=groups, layout=layout) for layout in ("NCHW", "NHWC")]
    return [replace(kernel, activated=activated) for kernel in made for activated in (False, True)]


def convolutions(quick: bool) -> list[Kernel]:
    """Layers of usual networks."""
    usual: list[tuple[tuple[int, ...], dict[str, int]]] = [
        ((4, 64, 56, 56, 64, 3), {}),
        ((4, 128, 28, 28, 128, 3), {}),
        ((4, 256, 14, 14, 256, 3), {}),
        ((4, 512, 7, 7, 512, 3), {}),
        ((4, 64, 56, 56, 128, 3), {"stride": 2}),
        ((4, 3, 112, 112, 64, 7), {"stride": 2}),
        ((4, 64, 56, 56, 256, 1), {}),
        ((4, 96, 56, 56, 96, 3), {"groups": 96}),
        ((4, 128, 28, 28, 128, 3), {"groups": 32}),
        ((4, 128, 28, 28, 128, 3), {"dilation": 2}),
        ((4, 64, 32, 32, 128, 4), {"stride": 2}),
        ((8, 64, 1024, 128, 5), {}),
        ((2, 32, 16, 28, 28, 32, 3), {}),
        ((32, 16, 28, 28, 32, 5), {}),
        ((1, 8, 32, 32, 16, 3), {}),
    ]
    usual = usual[-1:] if quick else usual
    types = [("float32", "NCHW"), ("float32", "NHWC"), ("float64", "NCHW")]
    return [
        Kernel(what, sizes, dtype, layout=layout, **options)
        for dtype, layout in types
        for sizes, options in usual
        for what in ("forward", "input", "weight")
    ]


def narrow(quick: bool) -> list[Kernel]:
    """In bfloat16 and of integers of 8 bits, beside float32."""
    products = [(1, n, n, n) for n in ((128,) if quick else (128, 256, 512, 1024))]
    images = [] if quick else [(4, 64, 56, 56, 64, 3), (4, 128, 28, 28, 128, 3), (4, 64, 56, 56, 256, 1)]
    made = [Kernel("matmul", sizes, dtype) for sizes in products for dtype in ("float32", "bfloat16", "int8")]
    for sizes in images:
        for layout in ("NCHW", "NHWC"):
            made += [Kernel("forward", sizes, dtype, layout=layout) for dtype in ("float32", "bfloat16", "int8")]
            made += [Kernel(what, sizes, "bfloat16", layout=layout) for what in ("input", "weight")]
    return made
