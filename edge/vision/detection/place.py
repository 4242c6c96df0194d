"""A place: where a detector found a face or a body, and how sure it is."""

from typing import NamedTuple

from edge.core.face.detection import Box


class Place(NamedTuple):
    """One place, in pixels of the network's input or of the frame.

    Attributes:
        score: 0..1.
        numbers: x and y by turns: of the box's centre, its width and height, then of each key point.
    """

    score: float
    numbers: list[float]

    @property
    def box(self) -> Box:
        """The box."""
        x, y, width, height = self.numbers[:4]
        return Box(x - width / 2, y - height / 2, width, height)

    @property
    def points(self) -> list[tuple[float, float]]:
        """The key points (x, y)."""
        return list(zip(self.numbers[4::2], self.numbers[5::2], strict=True))

    def moved(self, left: float, top: float, scale: float = 1.0) -> "Place":
        """Return the place enlarged by `scale`, then moved by (left, top)."""
        shifts = (left, top, 0.0, 0.0) + (left, top) * (len(self.numbers) // 2 - 2)  # width and height are no position
        return Place(self.score, [each * scale + shift for each, shift in zip(self.numbers, shifts, strict=True)])
