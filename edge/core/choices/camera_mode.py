"""What a camera is set to: size, rate and format of its pictures, and how far it follows."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from edge.core.errors import UsageError

_SAME_RATE: Final = 0.05  # share by which the rate of a camera may differ


class CameraFormat(StrEnum):
    """How a USB camera sends its pictures, by its four letters in Video4Linux."""

    MJPG = "MJPG"  # compressed: the larger sizes at full rate
    YUYV = "YUYV"  # uncompressed: nothing to decode, and too much for USB 2 at the larger sizes


@dataclass(frozen=True, slots=True)
class CameraMode:
    """A camera's mode; None leaves to the camera what it is."""

    size: tuple[int, int] | None = None  # (width, height) in pixels
    fps: float | None = None  # frames in a second
    format: str | None = None  # four letters, such as MJPG

    @classmethod
    def of(cls, size: str | None, fps: float | None, format: str | None) -> Self:
        """The mode of the settings.

        Args:
            size: Such as `1280x720`, or None.
            fps: Frames in a second, or None.
            format: Four letters, or None.

        Raises:
            UsageError: The size is no size.
        """
        if size is None:
            return cls(None, fps, format)
        found = re.fullmatch(r"(\d{2,5})x(\d{2,5})", size)
        if found is None:
            raise UsageError(f"{size[:20]!a} is no size of pictures.", fix="Write 1280x720.")
        return cls((int(found[1]), int(found[2])), fps, format)

    def difference(self, name: str, given: Self) -> str | None:
        """Compare with what a camera gives.

        Args:
            name: The camera's name, for the sentence.
            given: What it gives; None for what it does not report.

        Returns:
            One sentence where it gives something else than was set, otherwise None.
        """
        wanted, found = [], []
        if self.size is not None and given.size is not None and self.size != given.size:
            wanted.append("{}x{}".format(*self.size))
            found.append("{}x{}".format(*given.size))
        if self.fps is not None and given.fps is not None and abs(self.fps - given.fps) > _SAME_RATE * self.fps:
            wanted.append(f"{self.fps:g} frames/s")
            found.append(f"{given.fps:g} frames/s")
        if self.format is not None and given.format is not None and self.format != given.format:
            wanted.append(self.format)
            found.append(given.format)
        return f"{name} gives {', '.join(found)} and not {', '.join(wanted)}, as was set." if wanted else None


AS_IT_IS: Final = CameraMode()  # nothing is set
