"""What every recorded source shares: how its file is checked, and how media time is told."""

import codecs
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import SourceNotFound
from edge.core.frames import Frame

_HEAD_BYTES = 4096


class Reel:
    """Makes frames of pictures and their media times."""

    def __init__(self) -> None:
        """Read the wall clock, once."""
        self._opened_at = datetime.now(UTC)

    def frame(self, rgb: NDArray[np.uint8], tick_s: float, dropped_before: int = 0) -> Frame:
        """A frame taken `tick_s` seconds of media time after opening."""
        return Frame(rgb, tick_s, self._opened_at + timedelta(seconds=tick_s), dropped_before)


def first_bytes(path: Path) -> bytes:
    """The beginning of a file that is to be decoded; raises SourceNotFound where there is none or it is empty."""
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
    """Whether a file that begins so is text; FFmpeg would play text as a film of a terminal, and follow playlists."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return b"\0" not in head
