"""A model's file: its bytes are read once, and compared with the card's SHA-256 before they are used."""

import errno
import hashlib
import os
import stat
from io import FileIO
from pathlib import Path
from typing import Final

from edge.core.errors import BadModel
from edge.vision.manifest import refuse_another

LARGEST_MODEL_BYTES: Final = 64 * 2**20


def checked_content(path: Path, sha256: str, size_bytes: int) -> bytes:
    """Read a network's file, and compare it with its card.

    Args:
        path: The file.
        sha256: The card's hash.
        size_bytes: The card's size, for the error.

    Raises:
        BadModel: The file is missing or unusable, or another one than the card describes or than was shipped.
    """
    content = hashed_content(path, sha256, size_bytes)
    refuse_another(path, sha256)
    return content


def hashed_content(path: Path, sha256: str, size_bytes: int) -> bytes:
    """Read a network's file wherever it lies, and compare it with a card that was checked.

    Args:
        path: The file.
        sha256: The card's hash.
        size_bytes: The card's size, for the error.

    Raises:
        BadModel: The file is missing or unusable, or another one than the card describes.
    """
    content = read_model_file(path)
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise BadModel(
            f"{path} is not the model its card describes: expected SHA-256 {sha256[:12]}... "
            f"({size_bytes} bytes), found {found[:12]}... ({len(content)} bytes).",
            fix="Install the model again; it was not loaded.",
        )
    return content


def read_model_file(path: Path) -> bytes:
    """Read all of a regular file, in one go.

    Raises:
        BadModel: It is missing, empty or too large, or a link, a pipe or a device.
    """
    try:
        # O_NONBLOCK: opening a named pipe without a writer would block for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with FileIO(handle) as file:
            regular = stat.S_ISREG(os.fstat(handle).st_mode)
            content = file.read(LARGEST_MODEL_BYTES + 1) if regular else b""
    except OSError as error:
        reason = "it is a symbolic link" if error.errno == errno.ELOOP else error.strerror
        raise BadModel(
            f"{path} cannot be read: {reason}.", fix="Give the models' folder with --models, or install again."
        ) from None
    if not content or len(content) > LARGEST_MODEL_BYTES:
        what = "is not a file" if not regular else "holds nothing" if not content else "holds more than 64 MiB"
        raise BadModel(f"{path} {what}.", fix="Install the model again.")
    return content
