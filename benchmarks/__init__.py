"""How fast Tangra is, beside C, CPython and other compilers: `python -m benchmarks --help`.

`cases/` holds the programs: each a plain NumPy program with its C twin, for most of them a hand-written adjoint in C
too, and variants for libraries that need the program written their way. `engines.py` runs a case on one engine,
`worker.py` does so in a process of its own, `session.py` asks the workers in interleaved rounds, `report.py` prints and
draws. `calls.py` measures the overhead of a call, `compiling.py` the time to compile, `cached.py` what is left of it in
a new process. `gradbench/` speaks the protocol of the public suite of that name, and the vecmath scripts measure the
vector math functions.
"""
