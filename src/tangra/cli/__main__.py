"""`python -m tangra.cli`."""

from tangra.cli.main import run

run()
