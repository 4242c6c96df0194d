"""The beginning of a recorded file: whether there is one, and whether it is text."""

import codecs
from pathlib import Path
from typing import Final

from edge.core.errors import SourceNotFound

_HEAD_BYTES: Final = 4096


def first_bytes(path: Path) -> bytes:
    """Return the first 4,096 bytes of a file.

    Raises:
        SourceNotFound: There is no such file, or it is empty or cannot be read.
    """
    if not path.exists():
        raise SourceNotFound(f"{path} does not exist.", fix="Check its name.")
    if not path.is_file():
        raise SourceNotFound(f"{path} is not a file.", fix="Give a video file or a picture.")
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise SourceNotFound(f"{path} cannot be read: {error.strerror}.", fix="Check who may read it.") from error
    if not head:
        raise SourceNotFound(f"{path} is empty (0 bytes).", fix="Copy it again, or record it again.")
    return head


def is_text(head: bytes) -> bool:
    """Return whether a file with these first bytes is text: FFmpeg would render it as video, and follow playlists."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return b"\0" not in head
