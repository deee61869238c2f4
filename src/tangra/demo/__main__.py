"""Runs the demo: ``python -m tangra.demo [--output demo.png] [--steps 600]``."""

import argparse
from collections.abc import Callable
from pathlib import Path
from textwrap import indent
from time import perf_counter

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

import tangra as tg

from . import mistakes
from .data import Series, load_series
from .fit import Gradient, Step, central_differences, descend, starting_point
from .model import loss
from .picture import draw
from .report import Timing, fit_table, parameter_table, seconds, time_table


def main() -> None:
    """Data, compilation, fit, times, picture, and two refusals, in this order."""
    options = _options()
    console = Console(highlight=False)
    series = load_series()
    start = starting_point(series.pelts)
    console.print(f"[bold]Hares and lynxes, {series.years[0]} to {series.years[-1]}[/]")
    console.print(f"[dim]{series.source}[/]")

    gradient = _compile(console, start, series)
    steps = _fit(console, gradient, start, series, options.steps)
    console.print()
    console.print(parameter_table(steps[0], steps[-1]))
    console.print()
    console.print(fit_table(series, steps[-1].p))
    _times(console, gradient, steps[-1], series)

    draw(options.output, series, steps)
    console.print(f"\nPicture: [bold]{options.output}[/]")
    _refusal(console, "The same program with a wrong shape", mistakes.transposed, start, series)
    _refusal(console, "The same program with an unsupported construct", mistakes.guarded, start, series)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tangra.demo", description="Fits hares and lynxes.")
    parser.add_argument("--output", type=Path, default=Path("demo.png"), help="the picture (default: demo.png)")
    parser.add_argument("--steps", type=int, default=600, help="steps of gradient descent (default: 600)")
    return parser.parse_args()


def _compile(console: Console, start: np.ndarray, series: Series) -> Gradient:
    """The compiled value and gradient; the first call checks the shapes, differentiates and compiles."""
    gradient: Gradient = tg.value_and_grad(loss)
    began = perf_counter()
    gradient(start, series.pelts)
    took = perf_counter() - began
    console.print(f"\nShapes checked, differentiated and compiled in {took:.2f} s.")
    return gradient


def _fit(console: Console, gradient: Gradient, start: np.ndarray, series: Series, count: int) -> list[Step]:
    columns = (
        TextColumn("Fitting"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:.4f}"),
        TimeElapsedColumn(),
    )
    steps: list[Step] = []
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("fit", total=count, loss=float("nan"))
        for step in descend(gradient, start, series.pelts, count):
            steps.append(step)
            progress.update(task, advance=1, loss=step.loss)
    return steps


def _times(console: Console, gradient: Gradient, fit: Step, series: Series) -> None:
    p, pelts = fit.p, series.pelts
    value = tg.jit(loss)
    exact, approximate = gradient(p, pelts)[1], central_differences(loss, p, pelts)[1]
    console.print()
    console.print(
        time_table(
            [
                Timing("value", seconds(lambda: loss(p, pelts)), seconds(lambda: value(p, pelts))),
                Timing(
                    "value and gradient",
                    seconds(lambda: central_differences(loss, p, pelts)),
                    seconds(lambda: gradient(p, pelts)),
                ),
            ]
        )
    )
    apart = np.abs(exact - approximate).max()
    console.print(f"[dim]CPython's gradient is by central differences; the two differ by {apart:.0e} at most.[/]")


def _refusal(
    console: Console, title: str, faulty: Callable[[np.ndarray, np.ndarray], float], p: np.ndarray, series: Series
) -> None:
    """Prints what the compiler says of a faulty program; that it says nothing would be a fault of ours."""
    console.print(f"\n[bold]{title}[/]")
    try:
        tg.value_and_grad(faulty)(p, series.pelts)
    except tg.TangraError as error:
        shown = str(error).replace(f"{Path.cwd()}/", "")  # as a reader of this folder would write the paths
        console.print(Text(indent(shown, "  ")), soft_wrap=True)
    else:
        raise SystemExit(f"{faulty.__name__} compiled, but should have been refused")


if __name__ == "__main__":
    main()
