"""The demo: one real fit from data to picture, through a compiled and differentiated solver.

``python -m tangra.demo`` (or ``make demo``) reads the pelts of hares and lynxes that the Hudson's Bay Company collected
from 1900 to 1920, and fits the Lotka-Volterra equations to them by gradient descent. The model is in ``model.py``,
written as plain typed NumPy that also runs uncompiled; ``mistakes.py`` holds the two faulty versions of it that the
compiler refuses. The demo uses the public API only, so it is the shortest complete program a newcomer can read.
"""
