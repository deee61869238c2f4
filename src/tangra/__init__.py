"""Tangra: ordinary typed Python over NumPy, shape-checked, differentiated and compiled to native code."""
