"""A face drawn with simple shapes and soft light, for use without a camera and tests without licensed pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH_PX: Final = 340
HEIGHT_PX: Final = 400

_SKIN: Final = (214, 172, 148)
_HAIR: Final = (52, 40, 34)
_UPPER_LIP: Final = (158, 100, 90)
_LOWER_LIP: Final = (180, 118, 104)
_DARK: Final = (46, 26, 24)
_SHIRT: Final = (74, 84, 104)
_MIDDLE: Final = (170, 205)  # the point between the eyes; all other points are relative to it

_Points = Sequence[tuple[float, float]]
_Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Expression:
    """Positions of the parts of the face, in pixels of the drawing; the defaults are the neutral face."""

    eyes: float = 1.0  # 0 closed, 1 open
    squint: float = 0.0  # lower lids pushed up
    brows: float = 0.0  # raised
    cheeks: float = 0.0  # 0..1 raised, with the folds beside the nose
    mouth_width: float = 33.0  # half of it
    corners: float = 0.0  # raised
    opening: float = 0.0  # between the lips
    teeth: float = 0.0  # 0..1 of the opening
    jaw: float = 0.0  # lowered

    def towards(self, other: "Expression", share: float) -> "Expression":
        """Return the expression at `share` (0..1) between this one and another."""
        return Expression(
            *((1 - share) * getattr(self, part.name) + share * getattr(other, part.name) for part in fields(Expression))
        )


NEUTRAL: Final = Expression()
SMILE: Final = Expression(
    eyes=0.85, squint=2.4, brows=1.0, cheeks=1.0, mouth_width=49.0, corners=13.0, opening=15.0, teeth=1.0, jaw=3.0
)
SURPRISE: Final = Expression(eyes=1.62, brows=15.0, mouth_width=24.0, opening=38.0, teeth=0.12, jaw=20.0)


def background(height_px: int, width_px: int) -> NDArray[np.uint8]:
    """Return a plain wall with light from the upper left, (height_px, width_px, 3) RGB, uint8."""
    rows, columns = np.mgrid[0:height_px, 0:width_px].astype(np.float32)
    light = 178 - 38 * columns / width_px - 26 * rows / height_px
    return np.asarray(np.clip(light[..., None] * np.array((0.97, 1.0, 1.02)), 0, 255), np.uint8)


def draw_face(wall: NDArray[np.uint8], expression: Expression) -> NDArray[np.uint8]:
    """Draw head and shoulders; equal arguments give equal pictures.

    Args:
        wall: What is behind, (HEIGHT_PX, WIDTH_PX, 3) RGB, uint8.
        expression: The positions of the parts.

    Returns:
        (HEIGHT_PX, WIDTH_PX, 3) RGB, uint8.
    """
    canvas = _Canvas(wall)
    jaw = expression.jaw
    _body(canvas, jaw)
    _head(canvas, expression)
    for side in (-1, 1):
        _eye(canvas, side, expression)
    _nose(canvas)
    _mouth(canvas, expression)
    return canvas.picture()


@dataclass(frozen=True, slots=True)
class _Mask:
    """A soft shape: where in the drawing it lies, and its shares of 0..1 there."""

    rows: slice
    columns: slice
    shares: NDArray[np.float32]

    def __mul__(self, other: "_Mask") -> "_Mask":
        """Where both are; this one lies inside the drawing."""
        whole = np.zeros((HEIGHT_PX, WIDTH_PX), np.float32)
        whole[other.rows, other.columns] = other.shares
        return _Mask(self.rows, self.columns, self.shares * whole[self.rows, self.columns])


class _Canvas:
    """A picture in float32 that takes soft shapes."""

    def __init__(self, wall: NDArray[np.uint8]) -> None:
        self._rgb = wall.astype(np.float32)

    def picture(self) -> NDArray[np.uint8]:
        return np.clip(np.rint(self._rgb), 0, 255).astype(np.uint8)

    def mask(self, points: _Points, soft_px: float) -> _Mask:
        """A closed outline, its edge blurred."""
        outline = np.array(points) + _MIDDLE
        reach = 3 * soft_px + 1
        left, top = np.clip(outline.min(axis=0) - reach, 0, (WIDTH_PX, HEIGHT_PX)).astype(int)
        right, bottom = np.clip(outline.max(axis=0) + reach + 1, 0, (WIDTH_PX, HEIGHT_PX)).astype(int)
        shares = np.zeros((bottom - top, right - left), np.float32)
        corners = np.rint((outline - (left, top)) * 16).astype(np.int32)
        cv2.fillPoly(shares, [corners], (1.0,), cv2.LINE_8, 4)
        size = 2 * round(reach) + 1
        cv2.GaussianBlur(shares, (size, size), soft_px, shares)
        return _Mask(slice(top, bottom), slice(left, right), shares)

    def paint(self, mask: _Mask, colour: _Colour, strength: float = 1.0) -> None:
        here = self._rgb[mask.rows, mask.columns]
        here += (np.array(colour, np.float32) - here) * (mask.shares * strength)[..., None]

    def fill(self, points: _Points, colour: _Colour, soft_px: float = 0.9, strength: float = 1.0) -> None:
        self.paint(self.mask(points, soft_px), colour, strength)

    def light(self, mask: _Mask, factor: float | NDArray[np.float32]) -> None:
        """Multiply the light where the mask is; below 1 is shadow."""
        self._rgb[mask.rows, mask.columns] *= (1 + mask.shares * (np.asarray(factor, np.float32) - 1))[..., None]

    def shadow(self, points: _Points, soft_px: float, factor: float) -> None:
        self.light(self.mask(points, soft_px), factor)


def _curve(points: _Points, per_span: int = 8) -> list[tuple[float, float]]:
    """A smooth line through points (Catmull-Rom)."""
    ends = [points[0], *points, points[-1]]
    line = []
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        for t in np.arange(per_span) / per_span:
            weights = (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2)
            x, y = (sum(w * p[axis] for w, p in zip(weights, (a, b, c, d), strict=True)) / 2 for axis in (0, 1))
            line.append((float(x), float(y)))
    return [*line, points[-1]]


def _mirrored(right_half: _Points) -> list[tuple[float, float]]:
    """An outline that is the same on both sides, from its half with x >= 0, top to bottom."""
    half = _curve(right_half)
    return half + [(-x, y) for x, y in reversed(half)]


def _oval(x: float, y: float, across: float, down: float) -> list[tuple[float, float]]:
    turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return [(x + across * float(np.cos(turn)), y + down * float(np.sin(turn))) for turn in turns]


def _body(canvas: _Canvas, jaw: float) -> None:
    canvas.fill(_mirrored([(0, 150), (52, 156), (110, 176), (160, 205), (175, 260), (0, 260)]), _SHIRT, 1.5)
    neck = canvas.mask(_mirrored([(0, 60), (50, 70), (51, 130), (60, 158), (30, 176), (0, 182)]), 1.5)
    canvas.paint(neck, _SKIN, 1.0)
    canvas.light(neck, 0.72)
    shade = _mirrored([(0, 70), (62, 78), (56, 122 + jaw), (0, 158 + jaw)])
    canvas.light(neck * canvas.mask(shade, 7), 0.62)


def _head(canvas: _Canvas, expression: Expression) -> None:
    jaw, cheeks = expression.jaw, expression.cheeks
    canvas.fill(_mirrored([(0, -156), (60, -146), (98, -104), (106, -50), (100, 6), (90, 20), (0, 20)]), _HAIR, 2)
    for side in (-1, 1):  # ears
        ear = canvas.mask(_oval(side * 95, 8, 11, 25), 1.3)
        canvas.paint(ear, _SKIN)
        canvas.light(ear, 0.78)
        canvas.shadow(_oval(side * 96, 8, 5, 15), 2.5, 0.72)
    outline = _mirrored(
        [
            (0, -130),
            (52, -120),
            (84, -76),
            (92, -20),
            (90 + 3 * cheeks, 25),
            (80 + 3 * cheeks, 70),
            (58, 105 + 0.8 * jaw),
            (30, 125 + jaw),
            (0, 130 + jaw),
        ]
    )
    face = canvas.mask(outline, 1.3)
    canvas.paint(face, _SKIN)
    rows, columns = np.mgrid[face.rows, face.columns].astype(np.float32)
    across, down = (columns - _MIDDLE[0]) / 104, (rows - _MIDDLE[1] + 5) / 165
    facing = np.sqrt(np.clip(1 - across**2 - down**2, 0, 1))
    canvas.light(face, (0.56 + 0.52 * facing - 0.13 * across - 0.10 * down).astype(np.float32))
    canvas.shadow(_oval(0, -75, 52, 22), 16, 1.07)  # forehead
    canvas.shadow(_oval(0, 116 + jaw, 17, 8), 6, 1.08)  # chin
    canvas.shadow(_oval(0, 102 + 0.9 * jaw, 22, 4), 4, 0.86)  # under the lip
    for side in (-1, 1):
        canvas.shadow(_oval(side * 54, 38 - 6 * cheeks, 19, 13), 8, 1.06 + 0.07 * cheeks)
        canvas.shadow(_oval(side * 72, 72, 12, 26), 10, 0.92)  # below the cheekbones
        canvas.shadow(_oval(side * 36, -3, 27, 15), 8, 0.80)  # the eyes' sockets
        fold = [(side * 17, 46), (side * 28, 52), (side * (42 + 12 * cheeks), 80 - 6 * cheeks)]
        thick = [(x + side * 4, y + 3) for x, y in reversed(fold)]
        canvas.shadow(_curve(fold) + _curve(thick), 2.2, 0.93 - 0.20 * cheeks)
    fringe = [(0, -96), (40, -101), (70, -80), (86, -44), (94, -10), (104, -20), (108, -60), (96, -115), (60, -150)]
    canvas.fill([*_mirrored([*fringe, (0, -160)])], _HAIR, 3)
    canvas.shadow([(-60, -140), (-20, -150), (-30, -122), (-70, -112)], 9, 1.5)


def _eye(canvas: _Canvas, side: int, expression: Expression) -> None:
    x, y = side * 39.0, 0.0
    low = 4.4 + 6 * max(expression.eyes - 1, 0) - expression.squint
    up = 10.8 * expression.eyes - 4.4
    inner, outer = (x - side * 19, y + 2.5), (x + side * 20, y - 0.5)
    upper = _curve([inner, (x - side * 8, y - 0.9 * up), (x + side * 3, y - up), (x + side * 13, y - 0.66 * up), outer])
    lower = _curve([outer, (x + side * 12, y + 0.75 * low), (x, y + low), (x - side * 10, y + 0.8 * low), inner])
    if expression.eyes > 0.15:
        opening = canvas.mask(upper + lower, 0.8)
        canvas.paint(opening, (226, 222, 218))
        canvas.light(opening * canvas.mask([*upper, (outer[0], y - 3), (inner[0], y - 1)], 2.5), 0.72)
        for radius, colour in ((9.2, (62, 48, 40)), (4.4, (16, 14, 14))):
            canvas.paint(opening * canvas.mask(_oval(x, y - 1, radius, radius), 0.8), colour)
        canvas.paint(opening * canvas.mask(_oval(x - 3, y - 4, 2.0, 2.0), 0.7), (250, 250, 250))
    lash = [(px, py - 2.6) for px, py in reversed(upper)]
    canvas.fill(upper + lash, _DARK, 0.9, 0.9)
    crease = [(px, py - 7.5) for px, py in upper[4:]]
    canvas.shadow(crease + [(px, py + 2.5) for px, py in reversed(crease)], 1.3, 0.72)
    lid = [(px, py + 1.8) for px, py in reversed(lower)]
    canvas.shadow(lower + lid, 0.9, 0.70)
    bag = [(px, py + 9) for px, py in lower]
    canvas.shadow(bag + [(px, py + 4) for px, py in reversed(bag)], 2.0, 0.93 - 0.10 * expression.cheeks)
    arch = ((-24, -18), (-14, -22), (0, -25), (14, -25), (24, -20), (29, -15))
    thick = (7.5, 8, 7.5, 6, 4, 0.5)
    top = [(x + side * dx, y + dy - expression.brows * (1 - 0.004 * abs(dx - 4))) for dx, dy in arch]
    bottom = [(px, py + more) for (px, py), more in zip(top, thick, strict=True)]
    canvas.fill(_curve(top) + _curve(bottom[::-1]), _HAIR, 1.6, 0.8)


def _nose(canvas: _Canvas) -> None:
    canvas.shadow([(-4, -20), (4, -20), (6, 40), (-6, 40)], 3.5, 1.10)
    canvas.shadow([(9, -18), (15, -8), (13, 20), (20, 44), (10, 40), (7, 10)], 4, 0.84)
    canvas.shadow([(-9, -18), (-15, -8), (-13, 20), (-20, 44), (-10, 40), (-7, 10)], 4, 0.92)
    canvas.shadow(_oval(-1, 41, 8, 7), 3.5, 1.12)
    canvas.shadow(_curve([(-20, 48), (-10, 53), (0, 57), (10, 53), (20, 48), (10, 60), (0, 63), (-10, 60)]), 3, 0.74)
    for side in (-1, 1):
        canvas.shadow(_oval(side * 18, 46, 4, 8), 2.2, 0.82)
        canvas.fill(_oval(side * 9, 52.5, 5, 2.4), _DARK, 1.2, 0.75)


def _mouth(canvas: _Canvas, expression: Expression) -> None:
    wide, lift, gap = expression.mouth_width, expression.corners, expression.opening
    middle = 82 + 0.18 * expression.jaw
    corner = middle - lift + 0.35 * gap
    top, bottom = middle - 0.12 * gap, middle + 0.88 * gap

    def line(height: float, bow: float = 0.0, inset: float = 0.0) -> list[tuple[float, float]]:
        """From the left corner to the right one, `height` in the middle; a bow dips there, as an upper lip does."""
        turns = np.linspace(np.pi, 0, 33)
        dip = bow * (1 - np.exp(-((np.cos(turns) / 0.18) ** 2)))
        across, down = (wide - inset) * np.cos(turns), corner + (height - corner) * np.sin(turns) ** 0.9
        return list(zip(across.tolist(), (down - dip * np.sin(turns)).tolist(), strict=True))

    outer_top, inner_top = line(top - 7 + 0.1 * lift, 2.0), line(top)
    inner_bottom, outer_bottom = line(bottom + 0.4), line(bottom + 10 - 0.1 * lift)
    canvas.shadow(outer_top + outer_bottom[::-1], 3.5, 0.93)
    canvas.fill(outer_top + inner_top[::-1], _UPPER_LIP, 1.2, 0.85)
    canvas.fill(inner_bottom + outer_bottom[::-1], _LOWER_LIP, 1.2, 0.85)
    canvas.shadow(_oval(0, bottom + 5.5, 0.35 * wide, 2), 2.5, 1.16)
    inside = canvas.mask(inner_top + [(x, y + 1.6) for x, y in reversed(inner_bottom)], 0.9)
    canvas.paint(inside, _DARK, 0.95)
    if expression.teeth > 0.05 and gap > 2:
        edge = line(top + (0.78 * gap if expression.teeth > 0.5 else 0.2 * gap) * min(1.0, expression.teeth * 3), 0, 5)
        teeth = inside * canvas.mask(line(top, 0, 5) + edge[::-1], 0.9)
        canvas.paint(teeth, (236, 230, 220), 0.95)
        canvas.light(teeth * canvas.mask(_oval(0, top - 2, wide, 3), 2), 0.8)
        for between in range(-4, 5):
            canvas.light(teeth * canvas.mask([(between * 8.5, top - 4), (between * 8.5 + 0.8, bottom)] * 2, 0.7), 0.75)
    for side in (-1, 1):
        canvas.shadow(_oval(side * (wide + 2), corner, 4, 4), 2.5, 0.78)
