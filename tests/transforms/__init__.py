"""Tests of the transformations, on IR built by hand and run by the reference interpreter."""
