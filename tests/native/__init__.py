"""Tests of native code: hand-built IR functions, the interpreter as oracle."""
