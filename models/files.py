"""Files that appear whole or not at all, however suddenly the program ends."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.core.errors import CannotWrite


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Lend a path to write to; what lies there takes the place of `path` when the block ends well, and goes otherwise.

    Raises CannotWrite.
    """
    part = part_of(path)
    try:
        with writing(path):
            yield part
            settle(part)
            os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an OSError of the block into CannotWrite about `path`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise CannotWrite(f"{path} cannot be written: {reason}.", fix="Make room, or give another --out.") from None


def refuse_unwritable(folder: Path) -> None:
    """Raise CannotWrite where no file could be written into `folder`; it may not exist yet, and is not made."""
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(place))
    if not there.is_dir():
        raise CannotWrite(f"{there} is no folder.", fix="Give another --out.")
    if not os.access(there, os.W_OK | os.X_OK):
        raise CannotWrite(f"{there} may not be written by this user.", fix="Allow it, or give another --out.")


def part_of(path: Path) -> Path:
    """Where the new content of `path` waits until it is whole."""
    return path.with_name(f".{path.stem}.part{path.suffix}")


def settle(path: Path) -> None:
    """Wait until a file's content is on the disk, so that renaming it cannot come first."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
