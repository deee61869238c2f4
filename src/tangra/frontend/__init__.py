"""Python source to typed, shape-checked IR: abstract evaluation of a function's AST.

`trace` evaluates a live Python function on abstract arguments (`entry.py`). The evaluator (`evaluator.py`) walks the
AST; names are bound to abstract values, mutable objects live on an abstract heap (`heap.py`), run-time branches and
loops evaluate their blocks from copies of the state and join them (`templates.py`, `branches.py`, `loops.py`).
Functions are evaluated inline where they are called (`calls.py`); those that call themselves or are large become
functions of the IR, one for each signature (`outlining.py`); `parameters.py` says what a live function takes, and
`partials.py` what a partial holds. Slices end where elements of arrays say (`slice_ends.py`);
`np.ndindex` and `itertools.product` are loops over numbered items (`lazy_sequences.py`). What objects of the user's
classes do is in `classes.py`, `descriptors.py` and `user_operators.py`; tests, of which only the truth is asked, in
`conditions.py`; the messages of errors in `wordings.py`. Lists that grow, or are indexed at run time, are arrays:
`stacks.py`, with their rows, instances, order and replaced items in `stack_….py`, exchanged items in `exchanges.py`.
heapq and bisect are written out in `pyheapq.py`; ranges whose ends only the run knows are in `ranges.py`. What NumPy
and Python's builtins mean is in `tangra.api`; this folder implements the `Context` those entries work with.
"""
