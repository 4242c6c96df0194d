"""Overwriting of files before their blocks are given back; of use where a file system writes in place."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

_AT_ONCE: Final = bytes(2**16)


def overwrite(path: Path) -> None:
    """Overwrite a regular file of this user with zeros, on the disk; it keeps its size.

    Without effect on a file that is absent, a link, another user's, or that has a further name. A disk that refuses it
    is no error: the file is truncated or removed next.
    """
    with suppress(OSError):
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_nlink != 1:
                return
            for start in range(0, status.st_size, len(_AT_ONCE)):
                os.pwrite(descriptor, _AT_ONCE[: status.st_size - start], start)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove_overwritten(path: Path) -> None:
    """Overwrite a file, see `overwrite`, and remove it; one that is absent is no error.

    Raises:
        OSError: It cannot be removed.
    """
    overwrite(path)
    path.unlink(missing_ok=True)
