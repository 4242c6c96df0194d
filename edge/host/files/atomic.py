"""Files that are replaced all at once: after a power cut there is the former content or the new one, whole.

One order for all of them: the new content goes to a hidden file beside the old one, which is created exclusively and so
never through a link; that file is synchronised (fsync), renamed over the old one, and then the folder is synchronised.
A symbolic link in the place of the old file is replaced, not followed.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

# Some network disks refuse it, and a folder may allow writing without reading.
_NO_FOLDER_SYNC: Final = (errno.EINVAL, errno.ENOTSUP, errno.EACCES)


@contextmanager
def replaced(path: Path, *, mode: int = 0o600) -> Iterator[IO[bytes]]:
    """Write a file's new content through a stream.

    Args:
        path: The file to replace or create; its folder exists.
        mode: Its permissions, whatever the umask is.

    Yields:
        The new file. It takes its place when the block ends well and is removed otherwise.

    Raises:
        OSError: Something was refused; `path` is as it was.
    """
    with replaced_by_name(path) as (part,):
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            yield file


def replace(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace a file's content at once; see `replaced`."""
    with replaced(path, mode=mode) as file:
        file.write(content)


@contextmanager
def replaced_by_name(*paths: Path) -> Iterator[tuple[Path, ...]]:
    """Write files whose library wants a name and not a stream. Their permissions follow from the umask.

    Args:
        paths: The files to replace or create; their folders exist.

    Yields:
        Where to write each, with the same suffix. When the block ends well all are synchronised, and only then does
        the first take its place, then the second, and so on; otherwise all are removed.

    Raises:
        OSError: Something was refused; a file that has not been replaced yet is as it was.
    """
    parts = tuple(map(part_of, paths))
    try:
        for part in parts:
            part.unlink(missing_ok=True)  # of a process that was killed
        yield parts
        for part in parts:
            _synchronise(part)
        for part, path in zip(parts, paths, strict=True):
            part.replace(path)
        for folder in dict.fromkeys(path.parent for path in paths):
            synchronise_folder(folder)
    finally:
        for part in parts:
            with suppress(OSError):
                part.unlink()


def part_of(path: Path) -> Path:
    """Return where the new content of `path` is written: hidden, beside it, with the same suffix."""
    return path.with_name(f".{path.stem}.part{path.suffix}")


def synchronise_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where its file system and its permissions allow that."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise


def _synchronise(path: Path) -> None:
    """Wait until a file's content is on the disk, so that its new name cannot be there before it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
