"""The benchmark programs, one module each, with the same algorithm in C beside it."""
