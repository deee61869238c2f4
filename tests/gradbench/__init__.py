"""Tests of `benchmarks/gradbench`: programs against references, references against differences, and the protocol."""
