"""Pixels as frames hold them: any picture a library hands out becomes 8-bit RGB here."""

from typing import Final, cast

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from edge.core.errors import SourceNotFound

MOST_PIXELS: Final = 50_000_000

cv2.setLogLevel(0)  # the environment comes too late where somebody else imported OpenCV first


def to_rgb(picture: MatLike) -> NDArray[np.uint8]:
    """OpenCV's grey, BGR or BGRA picture, 8 or 16 bit, as contiguous RGB uint8 (height, width, 3).

    What is transparent becomes white, as on paper. Raises ValueError for any other kind of pixel.
    """
    channels = picture.shape[2] if picture.ndim == 3 else 1
    if picture.ndim not in (2, 3) or channels not in (1, 3, 4) or picture.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"no known kind of picture: {picture.shape} {picture.dtype}")
    if picture.dtype == np.uint16:
        picture = cv2.convertScaleAbs(picture, alpha=1 / 257)
    if channels == 4:
        opaque = picture[..., 3:].astype(np.float32) / 255
        picture = np.rint(picture[..., :3] * opaque + 255 * (1 - opaque)).astype(np.uint8)
    code = cv2.COLOR_GRAY2RGB if channels == 1 else cv2.COLOR_BGR2RGB
    return cast(NDArray[np.uint8], np.ascontiguousarray(cv2.cvtColor(picture, code)))


def refuse_if_large(name: str, width: float, height: float) -> None:
    """Raise SourceNotFound where a picture of `name` has more than MOST_PIXELS pixels."""
    if width * height > MOST_PIXELS:
        raise too_large(name)


def too_large(name: str) -> SourceNotFound:
    """The error about a picture with more than MOST_PIXELS pixels."""
    return SourceNotFound(
        f"{name} holds a picture of more than {MOST_PIXELS // 1_000_000} megapixels.", fix="Scale it down first."
    )


def decode(name: str, data: bytes) -> NDArray[np.uint8] | None:
    """An encoded picture as RGB uint8 (height, width, 3), upright; None where it is no picture that can be decoded.

    Raises SourceNotFound, naming `name`, where it is larger than MOST_PIXELS.
    """
    if not data:
        return None
    is_jpeg = data.startswith(b"\xff\xd8")  # it has no alpha, but may say which way is up; the others are the reverse
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR if is_jpeg else cv2.IMREAD_UNCHANGED)
    except cv2.error as error:  # imdecode raises only for its limits on size
        raise too_large(name) from error
    if picture is None:
        return None
    refuse_if_large(name, picture.shape[1], picture.shape[0])
    try:
        return to_rgb(picture)
    except ValueError:
        return None
