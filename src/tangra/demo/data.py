"""The Hudson's Bay Company's hare and lynx pelts, shipped with the package (the file's first line names its source)."""

import csv
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int


class Series(NamedTuple):
    """Pelts of each year in thousands, hares in column 0 and lynxes in column 1, and where they are published."""

    years: Int[np.ndarray, "years"]
    pelts: Float[np.ndarray, "years 2"]
    source: str


def load_series() -> Series:
    """Reads the shipped series, 21 years from 1900 to 1920."""
    lines = (files("tangra.demo") / "data" / "hudson_lynx_hare.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(lines[1:]))
    return Series(
        years=np.array([int(row["year"]) for row in rows]),
        pelts=np.array([[float(row["hare"]), float(row["lynx"])] for row in rows]),
        source=lines[0].removeprefix("#").strip(),
    )
