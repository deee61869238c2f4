"""Arguments of the command line, and which command they ask for."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from pathlib import Path

CLEAN, ERRORS, MISUSE, INTERNAL = 0, 1, 2, 3


class Misuse(Exception):
    """Arguments that make no sense together; the message says why."""


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = argparse.ArgumentParser(prog="tangra", description="Shape errors in array programs, before anything runs.")
    top.add_argument("--version", action="store_true", help="print the version and leave")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    _add_check(commands.add_parser("check", help="find shape errors without running anything"))
    shapes = commands.add_parser("shapes", help="print a file with the shapes that were inferred")
    shapes.add_argument("file", type=Path, metavar="FILE")
    shapes.add_argument("--python", type=Path, metavar="VENV", help="the environment whose packages are read")
    commands.add_parser("lsp", help="serve editors over the Language Server Protocol, on standard input and output")
    annotate = commands.add_parser("annotate", help="write the signatures that calls show, in jaxtyping's notation")
    annotate.add_argument("file", type=Path, metavar="FILE")
    annotate.add_argument("--diff", action="store_true", help="show the changes, and write nothing")
    annotate.add_argument("--python", type=Path, metavar="VENV", help="the environment whose packages are read")
    explain = commands.add_parser("explain", help="say what a code means")
    explain.add_argument("code", metavar="CODE")
    return top


def _add_check(check: argparse.ArgumentParser) -> None:
    check.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files and folders (default: here)")
    formats = ("text", "json", "github", "sarif")
    check.add_argument("--format", choices=formats, default="text", help="how to print the findings")
    check.add_argument("--python", type=Path, metavar="VENV", help="the environment whose packages are read")
    check.add_argument("--python-version", metavar="3.X", help="the Python that the program is for")
    check.add_argument("--select", action="append", default=[], metavar="CODES", help="report only these, e.g. TG51")
    check.add_argument("--ignore", action="append", default=[], metavar="CODES", help="do not report these")
    check.add_argument("--strict", action="store_true", help="warnings count as errors")
    check.add_argument("--statistics", action="store_true", help="say how much was understood")
    check.add_argument("--watch", action="store_true", help="check again whenever a file changes, until Ctrl-C")
    check.add_argument("--baseline", type=Path, metavar="FILE", help="do not tell what this file lists")
    check.add_argument("--write-baseline", action="store_true", help="list all that is found in the baseline file")
    check.add_argument("--no-cache", action="store_true", help="evaluate everything, even if nothing has changed")
    check.add_argument("--stdin-filename", type=Path, metavar="FILE", help="read the program from standard input")


def main(arguments: Sequence[str] | None = None, leaves: bool = False) -> int:
    """Run one command; returns the exit status. `leaves`: the process ends then, so that garbage need not be found."""
    top = parser()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names and source lines that the terminal can't show
    try:
        options = top.parse_args(arguments)
    except SystemExit as stop:
        return CLEAN if stop.code in (0, None) else MISUSE
    if options.version:
        print(f"tangra {version()}")
        return CLEAN
    if options.command is None:
        top.print_help(sys.stderr)
        return MISUSE
    if leaves and options.command != "lsp" and not getattr(options, "watch", False):
        gc.set_threshold(SELDOM, *gc.get_threshold()[1:])
    return _guarded(lambda: _run(options))


SELDOM = 2_000_000
"""Objects made since the last look for garbage in cycles, at which Python looks again."""


def run() -> None:
    """Run the command that the shell asked for and leave, without looking for garbage among a project's trees first."""
    status = main(leaves=True)
    gc.freeze()
    sys.exit(status)


def version() -> str:
    """The version of the installed package."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("tangra")
    except PackageNotFoundError:
        return "0+unknown"


def _run(options: argparse.Namespace) -> int:
    if options.command == "check":
        from tangra.cli.check import run_check

        return run_check(options)
    if options.command == "annotate":
        from tangra.cli.annotate import run_annotate

        return run_annotate(options)
    if options.command == "shapes":
        from tangra.cli.shapes import run_shapes

        return run_shapes(options)
    if options.command == "lsp":
        from tangra.cli.lsp import run_lsp

        return run_lsp()
    from tangra.cli.explain import run_explain

    return run_explain(options)


def _guarded(run: Callable[[], int]) -> int:
    """Turn what goes wrong into an exit status and one line."""
    from tangra.checker import ConfigError

    try:
        return run()
    except (Misuse, ConfigError) as error:
        print(f"tangra: {error}", file=sys.stderr)
        return MISUSE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLEAN
    except KeyboardInterrupt:
        print("tangra: interrupted", file=sys.stderr)
        return MISUSE
    except Exception as error:
        if os.environ.get("TANGRA_TRACEBACK"):
            raise
        print(f"tangra: internal error: {type(error).__name__}: {error}", file=sys.stderr)
        print("Please report it; TANGRA_TRACEBACK=1 shows where it happened.", file=sys.stderr)
        return INTERNAL
