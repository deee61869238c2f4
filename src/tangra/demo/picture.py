"""The demo's picture: data and fitted curves on the left, the descent of the loss on the right."""

from pathlib import Path

import matplotlib
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .data import Series
from .fit import Step
from .model import simulate

matplotlib.use("Agg")

SPECIES = (("hares", "#b5651d"), ("lynxes", "#2f5d8a"))
PER_YEAR = 20
"""Points of the curves in one year; the fit itself compares once a year."""
TICKS = (0.05, 0.1, 0.2, 0.5)


def draw(path: Path, series: Series, steps: list[Step]) -> None:
    """Writes the picture to ``path`` in the format its suffix names."""
    figure = Figure(figsize=(11.0, 4.4), layout="constrained")
    populations, descent = figure.subplots(1, 2, width_ratios=(2.1, 1.0))
    _draw_populations(populations, series, steps[0].p, steps[-1].p)
    _draw_descent(descent, steps)
    figure.savefig(path, dpi=150)


def _draw_populations(axes: Axes, series: Series, start: Float[np.ndarray, "6"], fit: Float[np.ndarray, "6"]) -> None:
    span = series.years[-1] - series.years[0]
    times = np.linspace(series.years[0], series.years[-1], PER_YEAR * span + 1)
    first, last = (simulate(q[:4], q[4:], times.size, 1.0 / PER_YEAR) for q in (np.exp(start), np.exp(fit)))
    for i, (name, colour) in enumerate(SPECIES):
        axes.plot(times, first[:, i], color=colour, lw=1.0, ls=":", alpha=0.7)
        axes.plot(times, last[:, i], color=colour, lw=2.0, label=f"{name}, fit")
        axes.plot(series.years, series.pelts[:, i], "o", color=colour, mec="white", label=f"{name}, data")
    axes.plot([], [], color="0.4", lw=1.0, ls=":", label="where the descent started")
    axes.set(
        title="Hudson's Bay pelts and the fitted Lotka–Volterra equations",
        xlabel="year",
        ylabel="pelts (thousands)",
        xlim=(series.years[0] - 0.5, series.years[-1] + 0.5),
    )
    axes.set_ylim(0.0, 1.2 * max(series.pelts.max(), first.max(), last.max()))
    axes.set_xticks(series.years[::4])
    axes.legend(ncols=3, frameon=False, fontsize=8.5, loc="upper center")
    _tidy(axes)


def _draw_descent(axes: Axes, steps: list[Step]) -> None:
    axes.semilogy([step.loss for step in steps], color="0.2", lw=1.8)
    axes.set_yticks(TICKS, [f"{tick:g}" for tick in TICKS])
    axes.minorticks_off()
    axes.set(
        title="Gradient descent through the solver",
        xlabel="step of Adam",
        ylabel="mean squared error of log pelts",
        xlim=(0, len(steps) - 1),
    )
    _tidy(axes)


def _tidy(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
