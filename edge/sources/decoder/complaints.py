"""What FFmpeg writes about pictures that it cannot convert: OpenCV gives them back as black ones, without an error."""

import os
from typing import Final

_ERRORS: Final = 2  # the descriptor of standard error
_MOST_BYTES: Final = 2**16
_INTERLACED: Final = b"interlaced"  # swscale: "Cannot convert interlaced to progressive frames or vice versa."


class Complaints:
    """Receives what this process writes to standard error from now on; made before FFmpeg is first used."""

    def __init__(self) -> None:
        os.environ.pop("OPENCV_FFMPEG_LOGLEVEL", None)  # with it OpenCV would write to standard output, and later
        self._written, write = os.pipe()
        os.set_blocking(self._written, False)
        os.set_blocking(write, False)  # a full pipe has the answer already
        os.dup2(write, _ERRORS)
        os.close(write)

    @property
    def interlaced(self) -> bool:
        """Whether a picture since the last call was interlaced."""
        try:
            return _INTERLACED in os.read(self._written, _MOST_BYTES)
        except BlockingIOError:
            return False
