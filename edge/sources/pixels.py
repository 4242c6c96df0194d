"""Conversion of the pictures of any library to 8-bit RGB, and the limits on their size."""

from collections.abc import Callable
from typing import Final, cast

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from edge.core.errors import SourceNotFound

MOST_PIXELS: Final = 50_000_000
MOST_SIDE_PX: Final = 32_766  # OpenCV keeps coordinates in 16 bits, and aborts the process beyond
MOST_FILE_BYTES: Final = MOST_PIXELS * 8  # of a picture: four uncompressed 16-bit channels

Place = Callable[[int, int], NDArray[np.uint8]]  # height and width in pixels to (height, width, 3), contiguous

_STRIP_PX: Final = 256
_PNG: Final = b"\x89PNG\r\n\x1a\n"

# Environment variables have no effect where OpenCV was imported before.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def to_rgb(picture: MatLike, into: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
    """Convert a picture of OpenCV.

    Args:
        picture: Grey (height, width) or (height, width, 1), BGR (height, width, 3) or BGRA (height, width, 4), uint8 or
            uint16.
        into: Where the pixels are written, (height, width, 3), uint8, contiguous; None: new memory.

    Returns:
        (height, width, 3) RGB, uint8, contiguous; transparent pixels become white.

    Raises:
        ValueError: Another shape or dtype.
    """
    channels = picture.shape[2] if picture.ndim == 3 else 1
    if picture.ndim not in (2, 3) or channels not in (1, 3, 4) or picture.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"no known kind of picture: {picture.shape} {picture.dtype}")
    if (
        channels == 4 or picture.dtype == np.uint16
    ):  # in strips: copies of a whole large picture would fill a small memory
        strips = (_as_on_paper(picture[top : top + _STRIP_PX]) for top in range(0, len(picture), _STRIP_PX))
        rgb = np.empty((*picture.shape[:2], 3), np.uint8) if into is None else into
        for index, strip in enumerate(strips):
            rgb[index * _STRIP_PX :][: len(strip)] = strip
        return rgb
    return _turned(picture, into)


def _turned(picture: MatLike, into: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
    code = cv2.COLOR_GRAY2RGB if picture.ndim == 2 or picture.shape[2] == 1 else cv2.COLOR_BGR2RGB
    return cast(NDArray[np.uint8], np.ascontiguousarray(cv2.cvtColor(picture, code, into)))


def _as_on_paper(picture: MatLike) -> NDArray[np.uint8]:
    """Reduce to 8 bits, and blend transparent pixels with white."""
    if picture.dtype == np.uint16:
        picture = cv2.convertScaleAbs(picture, alpha=1 / 257)
    if picture.ndim == 3 and picture.shape[2] == 4:
        *colours, opaque = cv2.split(picture)
        clear = cv2.bitwise_not(opaque)
        picture = cv2.merge([cv2.add(cv2.multiply(colour, opaque, scale=1 / 255), clear) for colour in colours])
    return _turned(picture)


def fits(width: float, height: float) -> bool:
    """Return whether a picture of this size in pixels is within the limits."""
    return width * height <= MOST_PIXELS and max(width, height) <= MOST_SIDE_PX


class PictureTooLarge(SourceNotFound):
    """A picture has more than MOST_PIXELS pixels, or a side longer than MOST_SIDE_PX.

    Args:
        name: Its source's.
        width: In pixels; 0: not known, but too many with the height.
        height: In pixels.
    """

    def __init__(self, name: str, width: float = 0.0, height: float = 0.0) -> None:
        self.width, self.height = width, height
        much = f"more than {MOST_PIXELS // 1_000_000} megapixels."
        if 0 < width * height <= MOST_PIXELS:
            much = f"{width:.0f}x{height:.0f} pixels; a side has {MOST_SIDE_PX:,} at most."
        super().__init__(f"{name} holds a picture of {much}", fix="Scale it down first.")


def refuse_if_large(name: str, width: float, height: float) -> None:
    """Check the size of a picture in pixels; `name` is its source's, for the message.

    Raises:
        PictureTooLarge: It is.
    """
    if not fits(width, height):
        raise PictureTooLarge(name, width, height)


def decode(name: str, data: bytes, place: Place | None = None) -> NDArray[np.uint8] | None:
    """Decode a picture file.

    Args:
        name: Its name, for messages.
        data: Its content.
        place: Where the pixels are written; None: new memory.

    Returns:
        (height, width, 3) RGB, uint8, rotated upright as its metadata says; None where it cannot be decoded.

    Raises:
        PictureTooLarge: It is.
    """
    if data.startswith(_PNG):
        data = _still_png(data)
    if not data:
        return None
    is_jpeg = data.startswith(b"\xff\xd8")  # has an orientation but no alpha, unlike the other formats
    if is_jpeg:
        refuse_if_large(name, *_jpeg_size(data))  # OpenCV's own limit holds only where edge was imported first
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR if is_jpeg else cv2.IMREAD_UNCHANGED)
    except cv2.error as error:  # imdecode raises only for its limits on size
        raise PictureTooLarge(name) from error
    if picture is None:
        return None
    refuse_if_large(name, picture.shape[1], picture.shape[0])
    try:
        return to_rgb(picture, None if place is None else place(*picture.shape[:2]))
    except ValueError:
        return None


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Return width and height of a JPEG by its frame header (ITU-T T.81, B.2.2); zeros where there is none."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        kind = data[at + 1]
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        at += 1 if kind == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4])
    return 0, 0


def _still_png(data: bytes) -> bytes:
    """Return a PNG without its animation; empty where a chunk is longer than the file.

    OpenCV 4.11 allocates as much memory as a chunk claims to need, up to 4 GB, before it reads the chunk.
    """
    kept, place = [_PNG], len(_PNG)
    while place < len(data):
        length, kind = int.from_bytes(data[place : place + 4]), data[place + 4 : place + 8]
        chunk = data[place : place + length + 12]
        place += length + 12
        if kind not in (b"acTL", b"fcTL", b"fdAT"):
            kept.append(chunk)
        if kind == b"IEND":
            break
    return b"".join(kept) if place <= len(data) else b""
