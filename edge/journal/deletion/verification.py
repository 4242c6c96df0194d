"""Looking for deleted rows in a journal's files, byte by byte."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from edge.core.errors import CannotWrite
from edge.journal.file.opening import OpenFile

_STAMP: Final = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_STAMP_BYTES: Final = 27
_CHUNK_BYTES: Final = 2**20


def is_readable(stamps: frozenset[bytes], file: OpenFile) -> bool:
    """Return whether one of some dates, to the microsecond, stands in a journal or in its -wal file."""
    with open(file.descriptor, "rb", closefd=False) as kept:  # another descriptor would drop SQLite's locks
        if any(stamp in stamps for stamp in _stamps(kept)):
            return True
    try:
        with file.path.with_name(file.path.name + "-wal").open("rb") as waiting:
            return any(stamp in stamps for stamp in _stamps(waiting))
    except FileNotFoundError:
        return False


def still_readable(path: Path) -> CannotWrite:
    """Return the error that rows are deleted, and their bytes are still in the files."""
    return CannotWrite(
        f"What was purged from {path} can still be read in its files: a program holds them open.",
        fix="Close it, and purge again.",
    )


def _stamps(file: BinaryIO) -> Iterator[bytes]:
    """Yield every date in a file, in bounded memory; one that lies across two chunks too."""
    file.seek(0)
    rest = b""
    while chunk := file.read(_CHUNK_BYTES):
        searched = rest + chunk
        yield from _STAMP.findall(searched)
        rest = searched[-(_STAMP_BYTES - 1) :]
