"""Rules for SciPy: distances, filters and spectra, images, integrals and interpolation, statistics, and what it has in
common with NumPy (`shared`). Its arrays are NumPy's."""

from tangra.shape_rules.scipy import analysis, distances, filters, images, shared, spectra, statistics

__all__ = ["analysis", "distances", "filters", "images", "shared", "spectra", "statistics"]
