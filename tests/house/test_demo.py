"""The demo: its parts uncompiled against independent oracles, then the whole as `make demo` runs it."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import minimize

from tangra.demo.data import load_series
from tangra.demo.fit import central_differences, descend, starting_point
from tangra.demo.model import loss, rates, simulate

# The least squares fit, found by an independent optimiser (see test_the_printed_fit_is_the_optimum).
OPTIMUM = np.array([0.5402, 0.02717, 0.7964, 0.02369, 34.60, 5.845])


def test_the_series_is_the_published_one() -> None:
    series = load_series()
    assert series.years.tolist() == list(range(1900, 1921))
    assert series.pelts.shape == (21, 2)
    assert series.pelts[3].tolist() == [77.4, 35.2]
    assert "Hewitt (1921)" in series.source


def test_the_solver_agrees_with_an_independent_one() -> None:
    theta, y0 = OPTIMUM[:4], OPTIMUM[4:]
    ours = simulate(theta, y0, 21, 1.0)
    theirs = solve_ivp(lambda _, y: rates(y, theta), (0, 20), y0, t_eval=np.arange(21.0), rtol=1e-10, atol=1e-10).y.T
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_the_descent_finds_a_minimum() -> None:
    def bowl(p: np.ndarray, centre: np.ndarray) -> tuple[float, np.ndarray]:
        return float(np.sum((p - centre) ** 2)), 2.0 * (p - centre)

    centre = np.linspace(-1.0, 1.0, 6)
    steps = list(descend(bowl, np.zeros(6), centre, 500))
    assert len(steps) == 500
    np.testing.assert_allclose(steps[-1].p, centre, atol=1e-3)


def test_the_optimum_is_least_squares() -> None:
    pelts = load_series().pelts
    value, slope = central_differences(loss, np.log(OPTIMUM), pelts)
    assert value == pytest.approx(0.048063, abs=1e-6)
    assert np.abs(slope).max() < 2e-3
    found = minimize(loss, np.log(OPTIMUM), args=(pelts,), method="BFGS", options={"maxiter": 5}).fun
    assert value - found < 1e-6


def test_the_start_has_the_averages_of_the_data() -> None:
    pelts = load_series().pelts
    birth, catch, death, gain, hares, lynxes = np.exp(starting_point(pelts))
    np.testing.assert_allclose([death / gain, birth / catch], pelts.mean(axis=0))
    np.testing.assert_allclose([hares, lynxes], pelts[0])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    picture = tmp_path_factory.mktemp("demo") / "demo.png"
    command = [sys.executable, "-W", "error", "-m", "tangra.demo", "--output", str(picture)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=picture.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, picture


def test_the_printed_fit_is_the_optimum(whole: tuple[str, Path]) -> None:
    rows = re.findall(r"^(?:\w+ of|\w+ by|\w+ in) \w+ +(\S+) +(\S+)", whole[0], flags=re.MULTILINE)
    np.testing.assert_allclose([float(fitted) for _, fitted in rows], OPTIMUM, rtol=2e-3)


def test_the_picture_is_drawn(whole: tuple[str, Path]) -> None:
    content = whole[1].read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 20_000


def test_compiled_is_faster_and_says_so(whole: tuple[str, Path]) -> None:
    ratios = [float(text.replace(",", "")) for text in re.findall(r"([\d,]+)×$", whole[0], flags=re.MULTILINE)]
    assert len(ratios) == 2
    assert min(ratios) > 10.0


def test_both_faulty_programs_are_refused_at_their_lines(whole: tuple[str, Path]) -> None:
    shape, construct = whole[0].split("The same program with ")[1:]
    assert "mistakes.py" in shape
    assert "fitted.T" in shape
    assert "mistakes.py" in construct
    assert "try" in construct
