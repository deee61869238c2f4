"""Random programs: typed Python over NumPy, drawn by hypothesis or by a seed, run through every way the house has.

`generator.py` draws a program as source text; the forms it draws from are in `control`, `functions` and the modules
that these name, what is in scope in `scope.py`. `inputs.py` makes its arguments. `ways.py` runs one program through
CPython, the IR interpreter and native code and compares values, kinds, exceptions, what the arguments hold afterwards
and what shares memory; `derivatives.py` compares its derivatives with each other and with differences,
`compositions.py` with transformations of each other and over containers; `edits.py` changes a program a little, which
what the cache kept of it must notice, and makes many that Python refuses. `hunt.py` keeps
each run in a child process, so that a crash is a finding like any other, and `shrinking.py` makes the source of a
finding small. `python -m tests.fuzz.run` hunts for as long as asked.
"""
