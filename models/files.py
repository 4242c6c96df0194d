"""Files that appear whole or not at all, however suddenly the program ends."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge.core.errors import BadConfiguration, CannotWrite
from edge.host.files.atomic import replaced_by_name


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Lend a name to write to; that file replaces `path` when the block ends well, as `edge.host.files.atomic` says.

    Raises:
        CannotWrite: Something was refused; `path` is as it was.
    """
    with writing(path), replaced_by_name(path) as (part,):
        yield part


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


def record_of_run(path: Path) -> dict[str, Any]:
    """Return the record of a run that is gone on with; empty where it holds no JSON object.

    Raises:
        BadConfiguration: It cannot be read.
    """
    try:
        values = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise BadConfiguration(f"{path} cannot be read: {error}.", fix="Start a new run.") from None
    return values if isinstance(values, dict) else {}
