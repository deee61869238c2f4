"""`fn.explain()`."""
