"""A corpus of ordinary Python + NumPy programs, each run compiled and under CPython.

`registry.py` collects the programs of the topic files (`scalars.py`, `aliasing.py`, ...); `oracle.py` holds the two
oracles, CPython for values, types and what arguments hold afterwards, and central differences for gradients.
`test_oracle_sanity.py` checks the corpus itself without the compiler, `test_programs.py` the compiler against it, and
`python -m tests.programs.run` prints one line per program for whoever is working on the compiler.
"""
