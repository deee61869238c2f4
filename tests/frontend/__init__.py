"""The frontend against CPython: programs are traced, verified and run by the IR interpreter."""
