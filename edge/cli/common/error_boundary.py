"""The boundary around every command: an error that a person can correct becomes one line and an exit code.

It ends a command by SystemExit and not by Typer's exception, since `edge-run` starts without Typer.
"""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from edge.core.errors import EdgeError, LimitReached
from edge.core.text import visible
from edge.host.streams import discard_output, output_error, output_refused

_TOO_MANY: Final = (errno.EMFILE, errno.ENFILE)


@contextmanager
def error_boundary() -> Iterator[None]:
    """Print an EdgeError as `Error: ...` and exit with its code; exit silently where a pipe has lost its reader.

    Outputs that cannot be written, and a lack of memory or of file descriptors, are EdgeErrors too.
    """
    try:
        try:
            yield
        except (RuntimeError, SystemExit):  # typer.Exit is a RuntimeError
            sys.stdout.flush()
            raise
        sys.stdout.flush()
    except EdgeError as error:
        raise _exit(error) from error
    except BrokenPipeError as error:
        discard_output()
        raise SystemExit(0) from error
    except SystemExit as error:  # how rich ends a program whose pipe has lost its reader
        if isinstance(error.__context__, BrokenPipeError):
            raise SystemExit(0) from error
        raise
    except MemoryError as error:
        raise _exit(LimitReached("There is not enough memory.", fix="Raise the limit: ulimit -v.")) from error
    except OSError as error:
        known = _meaning(error)
        if known is None:
            raise
        raise _exit(known) from error


def _exit(error: EdgeError) -> SystemExit:
    with suppress(OSError):
        print(f"Error: {visible(str(error))}", file=sys.stderr, flush=True)
    discard_output()
    return SystemExit(error.exit_code)


def _meaning(error: OSError) -> EdgeError | None:
    """What an error of the operating system stands for; None where that is not known."""
    if error.errno in _TOO_MANY:
        return LimitReached("Too few files may be open at once here.", fix="Raise the limit: ulimit -n 256.")
    failed = output_error()
    return None if failed is None else output_refused(failed)
