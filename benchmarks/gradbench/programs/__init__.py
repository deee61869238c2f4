"""One module per eval of GradBench: a plain NumPy program, derivatives of it by Tangra, and `FUNCTIONS` for the tool.

Every program runs under CPython as it stands. Reading the eval's JSON into arrays is kept out of compiled functions.
"""
