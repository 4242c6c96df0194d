"""Standard streams: in place where the process was started without them, and able to show every text."""

import codecs
import errno
import os
import select
import sys
import time
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from threading import Event
from typing import Final

from edge.core.errors import CannotWrite, EdgeError
from edge.core.text import capitalised
from edge.host.files.private_files import cannot_write

_READABLE: Final = "edge.readable"
_PLAIN: Final = {"±": "+/-", "…": "..."}
_UNDECODED: Final = range(0xDC80, 0xDD00)  # what Python makes of bytes in file names that are no text
_LOOK_EVERY_S: Final = 0.1


class _Output(TextIOWrapper):
    """A standard stream that keeps the error with which it failed, which distinguishes it from others."""

    error: OSError | None = None

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self.error = error
            raise


def prepare_streams() -> None:
    """Give this process the streams it lacks, and let both outputs replace what their encoding cannot express.

    A closed descriptor would become that of the next file opened, which what is printed would then overwrite. What is
    written to a replaced standard output fails, as it would have on the closed one; to standard error it is lost.
    """
    for number, flags in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_RDWR)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # the lowest free number is this one
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream = getattr(sys, name) or open(number, "w", closefd=False)  # noqa: SIM115
        if type(stream) is TextIOWrapper:
            encoding, lines, at_once = stream.encoding, stream.line_buffering, stream.write_through
            made = _Output(stream.detach(), encoding, _READABLE, line_buffering=lines, write_through=at_once)
            setattr(sys, name, made)
            setattr(sys, f"__{name}__", made)


def write_to_reader(descriptor: int, content: bytes, stop: Event | None = None, patience_s: float = 2.0) -> bool:
    """Write to a pipe or a device, waiting for room; True once everything is written.

    Args:
        descriptor: Open for writing, in blocking mode.
        content: What to write.
        stop: Ends the wait for a reader that does not read; a plain write to a full pipe cannot be interrupted.
        patience_s: For how long the wait goes on after `stop`.

    Raises:
        OSError: It was refused.
    """
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    until_s: float | None = None
    while content:
        if not poll.poll(1000 * _LOOK_EVERY_S):
            if stop is not None and stop.is_set():
                until_s = until_s or time.monotonic() + patience_s
                if time.monotonic() >= until_s:
                    return False
            continue
        content = content[os.write(descriptor, content[: select.PIPE_BUF]) :]
    return True


def output_refused(error: OSError) -> EdgeError:
    """Return the error, with its remedy, that standard output cannot be written stands for."""
    if error.errno == errno.EBADF:
        return CannotWrite("Standard output is closed.", fix="Send it to a file, or to /dev/null.")
    known = cannot_write(Path("standard output"), error)
    return type(known)(capitalised(known.happened), fix=known.fix)


def output_error() -> OSError | None:
    """Return why standard output or error cannot be written; None where all is well."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            return error
        if isinstance(stream, _Output) and stream.error is not None:
            return stream.error
    return None


def discard_output() -> None:
    """Let what standard output or error cannot write go nowhere, also what waits there until Python ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
            with suppress(OSError):
                stream.flush()


def _readable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_shown, error.object[error.start : error.end])), error.end


def _shown(character: str) -> str:
    if ord(character) in _UNDECODED:
        return f"\\x{ord(character) - 0xDC00:02x}"
    return _PLAIN.get(character) or character.encode("ascii", "backslashreplace").decode()


codecs.register_error(_READABLE, _readable)
