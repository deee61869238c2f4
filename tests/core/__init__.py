"""Tests of the public transformations and of what happens at the boundary between Python and compiled code."""
