"""Small files that others may have written: only regular ones are read, never further than a limit."""

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 2**16


@dataclass(frozen=True, slots=True)
class SmallFile:
    """A file's content, and its status from the same descriptor: no other file can have come between the two."""

    content: bytes
    status: os.stat_result


class UnfitFile(Exception):
    """A file that is not read; its text says why and follows the file's name, as in `is larger than 64 KiB`."""


def read_small(path: Path, *, follow_link: bool = False) -> SmallFile:
    """Read a whole file without waiting for a pipe or a device.

    Args:
        path: The file.
        follow_link: Whether `path` may be a symbolic link.

    Raises:
        FileNotFoundError: There is no such file.
        UnfitFile: It cannot be read, is not a regular file, or is larger than 64 KiB.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if follow_link else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise UnfitFile("is not a file")
            with open(descriptor, "rb", closefd=False) as file:
                content = file.read(MOST_BYTES + 1)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise
    except OSError as error:
        why = "it is a symbolic link" if error.errno == errno.ELOOP else error.strerror
        raise UnfitFile(f"cannot be read: {why}") from error
    if len(content) > MOST_BYTES:
        raise UnfitFile("is larger than 64 KiB")
    return SmallFile(content, status)
