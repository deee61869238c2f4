"""The command line: `tangra check`, `tangra shapes`, `tangra explain` and further commands, each in a file of its own.

`main` reads the arguments and gives the exit status: 0 for nothing found (or only warnings), 1 for errors, 2 for
misuse, 3 for a failure of Tangra itself; `run` is what the shell starts. Nothing here is imported before a command
needs it, so that starting is quick.
"""

from tangra.cli.main import main, run

__all__ = ["main", "run"]
