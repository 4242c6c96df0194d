"""The boundary around every command: an error that a person can correct becomes one line and an exit code."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIGPIPE

import typer

from edge.core.errors import EdgeError


@contextmanager
def error_boundary() -> Iterator[None]:
    """Print an EdgeError as `Error: ...` and exit with its code; exit silently on a broken pipe."""
    try:
        yield
        sys.stdout.flush()
    except EdgeError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(error.exit_code) from error
    except BrokenPipeError as error:
        # What is still buffered would fail once more while Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(128 + SIGPIPE) from error
