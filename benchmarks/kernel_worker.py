"""One engine's side of `kernels`: answers JSON lines on stdin with JSON lines on stdout.

    python -m benchmarks.kernel_worker ENGINE

{"do": "prepare", "kernel": …, "seconds": s} makes arguments, compares the result with NumPy's in float64, and gives
{"calls": n}: how many calls take about `seconds`. {"do": "time", "calls": n} gives {"seconds": CPU time per call}.
{"error": "not here"}: the engine has no such kernel.
"""

from __future__ import annotations

import ctypes
import functools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kernel_cases import Kernel

Run = Callable[[], Any]
TOLERANCE = {"float32": 2e-5, "float64": 1e-12, "bfloat16": 2e-5, "int8": 0.0}
NARROW = ("bfloat16", "int8")
ROUNDED = 1e-2
"""PyTorch's results in bfloat16 are rounded to it."""
LOOP = """
typedef void (*gemm_t)(char*, char*, int*, int*, int*, T*, T*, int*, T*, int*, T*, T*, int*);
typedef void (*gemv_t)(char*, int*, int*, T*, T*, int*, T*, int*, T*, T*, int*);
void run(gemm_t gemm, gemv_t gemv, int calls, int batch, int m, int k, int n, int left, int right, T *a, T *b, T *c) {
  T one = 1, nil = 0;
  int step = 1;
  char ta = left ? 'T' : 'N', tb = right ? 'T' : 'N', va = left ? 'N' : 'T';
  int lda = left ? m : k, ldb = right ? k : n;
  while (calls--) for (int i = 0; i < batch; i++) {
    T *x = a + (long)i * m * k, *y = b + (long)i * k * n, *z = c + (long)i * m * n;
    if (n == 1) gemv(&va, left ? &m : &k, left ? &k : &m, &one, x, &lda, y, &step, &nil, z, &step);
    else if (m == 1) gemv(&tb, right ? &k : &n, right ? &n : &k, &one, y, &ldb, x, &step, &nil, z, &step);
    else gemm(&tb, &ta, &n, &m, &k, &one, y, &ldb, x, &lda, &nil, z, &n);
  }
}
"""
"""A batch of products by the library, many times, without anything around it."""


class NotHere(Exception):
    """The engine has no such kernel."""


def arrays(kernel: Kernel) -> list[Any]:
    """The operands; those of convolutions are x, weight and result, channels first. A bias comes last."""
    rng = np.random.default_rng(0)
    if kernel.what == "matmul":
        batch, m, k, n = kernel.sizes
        left, right = ((batch, k, m) if kernel.transposed == "left" else (batch, m, k)), (batch, k, n)
        right = (batch, n, k) if kernel.transposed == "right" else right
        drawn = [rng.normal(size=s) for s in (left, right)]
    else:
        (n, c, *image), (o, k) = kernel.sizes[:-2], kernel.sizes[-2:]
        weight = (o, c // kernel.groups, *[k] * kernel.rank)
        drawn = [rng.normal(size=s) for s in ((n, c, *image), weight, (n, o, *kernel.places))]
    if kernel.activated:
        drawn.append(rng.normal(size=kernel.sizes[-1] if kernel.what == "matmul" else kernel.sizes[-2]))
    if kernel.dtype == "int8":
        return [np.clip(np.rint(40 * x), -128, 127).astype(np.int8) for x in drawn]
    return [x.astype("float32" if kernel.dtype == "bfloat16" else kernel.dtype) for x in drawn]


def turned(kernel: Kernel, operands: list[Any]) -> tuple[Any, Any]:
    """The operands of a matrix product as views; without a batch axis if there is but one."""
    a, b = (x[0] if kernel.sizes[0] == 1 else x for x in operands[:2])
    a = np.swapaxes(a, -1, -2) if kernel.transposed == "left" else a
    return a, np.swapaxes(b, -1, -2) if kernel.transposed == "right" else b


def last(x: Any) -> Any:
    return np.ascontiguousarray(np.moveaxis(x, 1, -1))


def reference(kernel: Kernel, operands: list[Any]) -> Any:
    """NumPy's answer in float64; of a convolution that of the definition, element by element of the kernel."""
    rounds = import_module("ml_dtypes").bfloat16 if kernel.dtype == "bfloat16" else operands[0].dtype
    wide = [x.astype(rounds).astype(np.float64) for x in operands]
    if kernel.activated:
        below = reference(replace(kernel, activated=False), wide[:-1])
        bias = wide[-1] if kernel.what == "matmul" else wide[-1].reshape(-1, *[1] * kernel.rank)
        return np.maximum(below + bias, 0.0)
    if kernel.what == "matmul":
        return np.matmul(*turned(kernel, wide))
    x, w, y = wide
    s, groups, border, places = kernel.stride, kernel.groups, kernel.border, kernel.places
    padded = np.pad(x, [(0, 0), (0, 0), *[(border, border)] * kernel.rank])
    xs, ys = (v.reshape(v.shape[0], groups, -1, *v.shape[2:]) for v in (padded, y))
    ws = w.reshape(groups, -1, *w.shape[1:])
    out = {"forward": np.zeros_like(ys), "input": np.zeros_like(xs), "weight": np.zeros_like(ws)}[kernel.what]
    for at in np.ndindex(*w.shape[2:]):
        starts = [kernel.dilation * i for i in at]
        part = (..., *(slice(i, i + s * (p - 1) + 1, s) for i, p in zip(starts, places, strict=True)))
        if kernel.what == "forward":
            out += np.einsum("ngc...,goc->ngo...", xs[part], ws[..., *at], optimize=True)
        elif kernel.what == "input":
            out[part] += np.einsum("ngo...,goc->ngc...", ys, ws[..., *at], optimize=True)
        else:
            flat = [v.reshape(*v.shape[:3], -1) for v in (xs[part], ys)]
            out[..., *at] = np.einsum("ngcp,ngop->goc", *flat, optimize=True)
    if kernel.what == "input":
        out = out.reshape(padded.shape)[..., *(slice(border, border + n) for n in x.shape[2:])]
    return out.reshape({"forward": y.shape, "input": x.shape, "weight": w.shape}[kernel.what])


def numpy_run(kernel: Kernel, operands: list[Any]) -> Run:
    if kernel.what != "matmul" or kernel.dtype in NARROW:
        raise NotHere
    a, b = turned(kernel, operands)
    if kernel.activated:
        return lambda: np.maximum(np.matmul(a, b) + operands[-1], 0.0)
    return lambda: np.matmul(a, b)


class Vendor:
    """SciPy's OpenBLAS from a loop in C."""

    def __init__(self, run: Callable[[int], Any]) -> None:
        self.repeat = run

    def __call__(self) -> Any:
        return self.repeat(1)


def vendor_run(kernel: Kernel, operands: list[Any]) -> Run:
    """See `Vendor`."""
    if kernel.what != "matmul" or kernel.activated or kernel.dtype in NARROW:
        raise NotHere
    batch, m, k, n = kernel.sizes
    single = kernel.dtype == "float32"
    library = vendor_loop(single)
    functions = [ctypes.c_void_p(vendor_function(("s" if single else "d") + name)) for name in ("gemm", "gemv")]
    out = np.empty((batch, m, n), kernel.dtype)
    sizes = [ctypes.c_int(v) for v in (batch, m, k, n, kernel.transposed == "left", kernel.transposed == "right")]
    used = [*operands, out]
    memory = [ctypes.c_void_p(x.ctypes.data) for x in used]

    def run(calls: int) -> Any:
        library.run(*functions, calls, *sizes, *memory)
        return used[-1][0] if batch == 1 else used[-1]

    return Vendor(run)


@functools.cache
def vendor_loop(single: bool) -> ctypes.CDLL:
    """The C loop, compiled."""
    folder = Path(tempfile.mkdtemp())
    (folder / "loop.c").write_text(f"typedef {'float' if single else 'double'} T;{LOOP}")
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", "loop.so", "loop.c"], cwd=folder, check=True)
    return ctypes.CDLL(str(folder / "loop.so"))


def vendor_function(name: str) -> int:
    """The address of a BLAS function of SciPy's."""
    capsule = import_module("scipy.linalg.cython_blas").__pyx_capi__[name]
    api = ctypes.pythonapi
    api.PyCapsule_GetName.restype, api.PyCapsule_GetName.argtypes = ctypes.c_char_p, [ctypes.py_object]
    api.PyCapsule_GetPointer.restype = ctypes.c_void_p
    api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    return int(api.PyCapsule_GetPointer(capsule, api.PyCapsule_GetName(capsule)))


def tangra_run(kernel: Kernel, operands: list[Any]) -> Run:
    import tangra as tg
    from tangra.nn import functional as F

    precision = "bfloat16" if kernel.dtype == "bfloat16" else None
    if kernel.what == "matmul" and kernel.dtype in NARROW:
        chosen = tg.jit(lambda a, b: F.matmul(a, b, precision=precision))
        return lambda: chosen(*turned(kernel, operands))
    if kernel.what == "matmul":
        made = {"left": lambda a, b: np.swapaxes(a, -1, -2) @ b, "right": lambda a, b: a @ np.swapaxes(b, -1, -2)}
        product = tg.jit(made.get(kernel.transposed, lambda a, b: a @ b))
        given = [x[0] if kernel.sizes[0] == 1 else x for x in operands[:2]]
        if kernel.activated:
            activated = tg.jit(lambda a, b, c: np.maximum(a @ b + c, 0.0))
            return lambda: activated(*given, operands[-1])
        return lambda: product(*given)
    options = {name: getattr(kernel, name) for name in ("stride", "groups", "dilation")}
    options |= {"padding": kernel.border, "precision": precision}
    x, w, y = operands[:3]
    if kernel.layout == "NHWC":
        options["layout"], x, y = {1: "NWC", 2: "NHWC", 3: "NDHWC"}[kernel.rank], last(x), last(y)
    convolve = getattr(F, f"conv{kernel.rank}d")

    def forward(x, w):
        return convolve(x, w, **options)

    if kernel.activated:
        layer = tg.jit(lambda x, w, bias: np.maximum(convolve(x, w, bias, **options), 0.0))
        return lambda: first(kernel, layer(x, w, operands[-1]))
    if kernel.what == "forward":
        run = tg.jit(forward)
        return lambda: first(kernel, run(x, w))
    place = 0 if kernel.what == "input" else 1
    pullback = tg.jit(lambda x, w, y: tg.vjp(forward, x, w)[1](y)[place])
    return lambda: first(kernel, pullback(x, w, y))


def first(kernel: Kernel, out: Any) -> Any:
    """A view with the channels first."""
    return np.moveaxis(out, -1, 1) if kernel.layout == "NHWC" and kernel.what != "weight" else out


def torch_run(kernel: Kernel, operands: list[Any]) -> Run:
    try:
        torch: Any = import_module("torch")
    except ImportError:
        raise NotHere from None
    torch.set_num_threads(1)
    if kernel.dtype == "int8":
        if kernel.what != "matmul":
            raise NotHere
        bytes = [torch.from_numpy(x) for x in turned(kernel, operands)]
        return lambda: torch._int_mm(*bytes).numpy()
    bias = torch.from_numpy(operands[-1]) if kernel.activated else None
    if kernel.dtype == "bfloat16":
        return torch_narrow(torch, kernel, operands)
    if kernel.what == "matmul":
        a, b = (torch.from_numpy(x) for x in turned(kernel, operands))
        if kernel.activated:
            return lambda: torch.relu_(torch.matmul(a, b).add_(bias)).numpy()
        return lambda: torch.matmul(a, b).numpy()
    x, w, y = (torch.from_numpy(v) for v in operands[:3])
    if kernel.layout == "NHWC" and kernel.rank > 1:
        form = torch.channels_last if kernel.rank == 2 else torch.channels_last_3d
        x, w, y = (v.to(memory_format=form) for v in (x, w, y))
    steps, border, apart = ([n] * kernel.rank for n in (kernel.stride, kernel.border, kernel.dilation))
    if kernel.what == "forward":
        convolve = getattr(torch.nn.functional, f"conv{kernel.rank}d")
        above = torch.relu_ if kernel.activated else lambda y: y
        return lambda: above(convolve(x, w, bias, steps, border, apart, kernel.groups)).numpy()
    wanted, place = [kernel.what == "input", kernel.what == "weight", False], 0 if kernel.what == "input" else 1
    back, nil = torch.ops.aten.convolution_backward, [0] * kernel.rank
    return lambda: back(y, x, w, None, steps, border, apart, False, nil, kernel.groups, wanted)[place].numpy()


def torch_narrow(torch: Any, kernel: Kernel, operands: list[Any]) -> Run:
    """As `torch_run`, float32 rounded to bfloat16 before and made float32 again after."""
    if kernel.what == "matmul":
        a, b = (torch.from_numpy(x) for x in turned(kernel, operands))
        return lambda: torch.matmul(a.bfloat16(), b.bfloat16()).float().numpy()
    x, w, y = (torch.from_numpy(v) for v in operands[:3])
    if kernel.layout == "NHWC":
        x, w, y = (v.to(memory_format=torch.channels_last) for v in (x, w, y))
    steps, border, apart = ([n] * kernel.rank for n in (kernel.stride, kernel.border, kernel.dilation))
    if kernel.what == "forward":
        convolve = torch.nn.functional.conv2d
        return lambda: convolve(x.bfloat16(), w.bfloat16(), None, steps, border, apart, kernel.groups).float().numpy()
    wanted, place = [kernel.what == "input", kernel.what == "weight", False], 0 if kernel.what == "input" else 1

    def back() -> Any:
        given = y.bfloat16(), x.bfloat16(), w.bfloat16(), None, steps, border, apart, False, [0] * kernel.rank
        return torch.ops.aten.convolution_backward(*given, kernel.groups, wanted)[place].float().numpy()

    return back


RUNS = {"tangra": tangra_run, "vendor": vendor_run, "numpy": numpy_run, "torch": torch_run}


def cpu_seconds(run: Run, calls: int) -> float:
    start = time.process_time()
    if isinstance(run, Vendor):
        run.repeat(calls)
    else:
        for _ in range(calls):
            run()
    return (time.process_time() - start) / calls


def prepare(engine: str, kernel: Kernel, seconds: float) -> tuple[Run, dict[str, Any]]:
    """What to call, and how often."""
    operands = arrays(kernel)
    run = RUNS[engine](kernel, operands)
    found, wanted = np.asarray(run(), np.float64), reference(kernel, operands)
    off = float(np.abs(found - wanted).max() / np.abs(wanted).max())
    if not off <= (ROUNDED if engine == "torch" and kernel.dtype == "bfloat16" else TOLERANCE[kernel.dtype]):
        return run, {"error": f"wrong by {off:.1e}"}
    once = max(cpu_seconds(run, 3), 1e-7)
    return run, {"calls": max(1, round(seconds / once))}


def main() -> None:
    """Serve one parent."""
    engine = sys.argv[1]
    answers, sys.stdout = sys.stdout, sys.stderr
    run: Run | None = None
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            if asked["do"] == "prepare":
                kernel = Kernel(**{**asked["kernel"], "sizes": tuple(asked["kernel"]["sizes"])})
                run, answer = prepare(engine, kernel, asked["seconds"])
            else:
                assert run is not None
                answer = {"seconds": cpu_seconds(run, asked["calls"])}
        except NotHere:
            answer = {"error": "not here"}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
