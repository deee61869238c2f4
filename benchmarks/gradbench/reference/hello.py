"""The square and its derivative, in closed form."""

from benchmarks.gradbench.reference import References

REFERENCES: References = {"square": lambda x: x**2, "double": lambda x: 2.0 * x}
