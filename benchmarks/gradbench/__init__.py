"""The public GradBench suite, run against Tangra.

`programs/` holds one module per eval: the plain NumPy program, and the derivative calls on it. `tool.py` answers the
suite's messages with them, `run.py` runs the suite's own evals against the tool, and `reference/` knows every value and
derivative by another route, for a comparison stricter than the suite's. `compare.py` measures the derivatives against
other tools on the same machine (`peers.py`, `peer_tool.py`).

Of the suite itself nothing is here: `run.py` needs a checkout of it (`--checkout`, or the variable GRADBENCH_CHECKOUT).
"""
