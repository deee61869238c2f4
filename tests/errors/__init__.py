"""Every diagnostic, whole: the pages of `docs/errors` are the expected texts, and their programs are run.

`pages.py` reads a page and runs its programs; `cases/` has more programs in the same form. `python -m
tests.errors.update`
writes the texts that the programs give now into the pages, to be read before they are committed.
"""
