"""Tests of the shape rules: every rule against the real library by recorded answers, symbolic shapes, unknowns."""
