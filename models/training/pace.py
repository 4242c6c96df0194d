"""How fast a training run goes, and how long it still takes."""

from collections.abc import Sequence
from time import monotonic


class Pace:
    """The pace of one epoch, which begins now.

    Args:
        sizes_px: The input's side in this epoch and in those that follow; twice the side takes four times as long.
        images: How many pictures the epoch has.
    """

    def __init__(self, sizes_px: Sequence[int], images: int) -> None:
        self._begun = monotonic()
        self._images = images
        self._after = sum((size / sizes_px[0]) ** 2 for size in sizes_px[1:])  # what follows, in epochs like this one

    @property
    def seconds(self) -> float:
        """Since the epoch began."""
        return monotonic() - self._begun

    def images_per_s(self, share: float = 1.0) -> float:
        """Pictures a second, when this share of the epoch is over, 0..1."""
        return share * self._images / max(self.seconds, 1e-9)

    def left_s(self, share: float = 1.0) -> float:
        """Seconds until the run's end, when this share of the epoch is over, above 0 and up to 1."""
        return self.seconds / share * (1 - share + self._after)


def time_left(seconds: float) -> str:
    """A time that is left, as `3 min left` or `1 h 05 min left`."""
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02} min left" if minutes >= 60 else f"{minutes} min left"


def epoch_pace(images_per_s: float, seconds: float, left_s: float) -> str:
    """The pace of an epoch that is over, as `180 images/s, 162 s, 3 min left`."""
    return f"{images_per_s:.0f} images/s, {seconds:.0f} s, {time_left(left_s)}"
