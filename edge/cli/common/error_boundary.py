"""The boundary around every command: an error that a person can correct becomes one line and an exit code."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import typer

from edge.core.errors import EdgeError, LimitReached
from edge.host.streams import discard_output, output_error, output_refused

_TOO_MANY: Final = (errno.EMFILE, errno.ENFILE)


@contextmanager
def error_boundary() -> Iterator[None]:
    """Print an EdgeError as `Error: ...` and exit with its code; exit silently where a pipe has lost its reader.

    Outputs that cannot be written, and a lack of file descriptors, are EdgeErrors too.
    """
    try:
        try:
            yield
        except typer.Exit:
            sys.stdout.flush()
            raise
        sys.stdout.flush()
    except EdgeError as error:
        raise _exit(error) from error
    except BrokenPipeError as error:
        discard_output()
        raise typer.Exit from error
    except SystemExit as error:  # how rich ends a program whose pipe has lost its reader
        if isinstance(error.__context__, BrokenPipeError):
            raise typer.Exit from error
        raise
    except OSError as error:
        known = _meaning(error)
        if known is None:
            raise
        raise _exit(known) from error


def _exit(error: EdgeError) -> typer.Exit:
    with suppress(OSError):
        typer.echo(f"Error: {error}", err=True)
    discard_output()
    return typer.Exit(error.exit_code)


def _meaning(error: OSError) -> EdgeError | None:
    """What an error of the operating system stands for; None where that is not known."""
    if error.errno in _TOO_MANY:
        return LimitReached("Too few files may be open at once here.", fix="Raise the limit: ulimit -n 256.")
    failed = output_error()
    return None if failed is None else output_refused(failed)
