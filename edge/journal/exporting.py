"""Exports: text that is written to standard output or to a private file, sealed if there is a seal."""

import io
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import IO, TextIO

from edge.core.errors import CannotWrite
from edge.host.files import atomic
from edge.host.files.private_files import cannot_write, make_folder
from edge.host.streams import output_refused
from edge.journal.sealing.seal import Seal


@contextmanager
def opened_export(path: Path | None, seal: Seal | None = None, *, mode: int = 0o600) -> Iterator[TextIO]:
    """Open a text stream to a file or to standard output.

    Args:
        path: The file; it is replaced once everything is written. None for standard output.
        seal: Seals the text, or None.
        mode: The file's permissions; by default for its owner alone.

    Raises:
        CannotWrite: The file cannot be written, or is a link, a folder or a device.
        BrokenPipeError: The reader of standard output has gone.
    """
    if path is not None:
        with _replaced(path, mode) as file:
            if seal is not None:
                with _sealed(seal, file) as text:
                    yield text
            else:
                with io.TextIOWrapper(file, "utf-8", newline="") as text:
                    yield text
        return
    try:
        if seal is not None:
            with _sealed(seal, sys.stdout.buffer) as text:
                yield text
        else:
            yield sys.stdout
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise output_refused(error) from error


@contextmanager
def _replaced(path: Path, mode: int) -> Iterator[IO[bytes]]:
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise CannotWrite(f"{path} is a folder, a link or a device, not a file.", fix="Name a file.")
    except FileNotFoundError:
        pass
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        make_folder(path.parent)
        with atomic.replaced(path, mode=mode) as file:
            yield file
    except OSError as error:
        raise cannot_write(path, error) from error


class _Out:
    """Passes bytes on, and keeps the OSError that the library would translate or drop."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self.error: OSError | None = None

    def write(self, some: bytes, /) -> int:
        """Write as a file does."""
        try:
            return self._out.write(some)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        """Without effect: the caller flushes the file."""


@contextmanager
def _sealed(seal: Seal, out: IO[bytes]) -> Iterator[TextIO]:
    """A pipe to a thread that seals what comes, so that nothing unsealed waits on a disk or piles up in memory."""
    reads, writes = os.pipe()
    noting, failed = _Out(out), list[Exception]()

    def work() -> None:
        try:
            with open(reads, "rb") as plain:
                seal.close_stream(plain, noting)
        except Exception as error:
            failed.append(error)

    thread = Thread(target=work, name="sealing")
    thread.start()
    try:
        with suppress(BrokenPipeError), open(writes, "w", encoding="utf-8", newline="") as text:  # the thread says why
            yield text
    finally:
        thread.join()
    if noting.error is not None:
        raise noting.error
    if failed:
        raise failed[0]
    out.flush()
