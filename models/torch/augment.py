"""Augmentation of a whole batch at once: light, lens and detector, as they change a face between two runs."""

from dataclasses import dataclass
from math import pi

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Generator, Tensor

from edge.core.face.preprocess import CROP_PX
from models.torch.recipe import Augmentation

_BINOMIAL = (1.0, 4.0, 6.0, 4.0, 1.0)  # a blur of about one pixel
_FAR_ZOOM = 0.6  # how much further the zoom of a box goes that is badly off


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """The same faces as a student and as its teachers are shown them."""

    student: Tensor  # (n, 1, size, size) float32, grey values 0..255
    teachers: Tensor | None  # the same at the teachers' size: turned, zoomed, mirrored alike, nothing else changed


def views(crops: Tensor, size_px: int, how: Augmentation, rng: Generator, teachers_px: int | None = None) -> Views:
    """Face crops as changed pictures.

    Args:
        crops: (n, 48, 48) float32, grey values 0..255.
        size_px: The side of the student's pictures.
        how: How far each change goes.
        rng: Decides every draw.
        teachers_px: The side of the teachers' pictures; None where no teacher looks.
    """
    grey = crops[:, None]
    changed = _taken(_lit(grey, how, rng), how, rng)
    warp = _warp(len(crops), how, rng)
    student = _erased(_placed(changed, warp, size_px), how, rng)
    return Views(student, None if teachers_px is None else _placed(grey, warp, teachers_px))


def _lit(x: Tensor, how: Augmentation, rng: Generator) -> Tensor:
    """Light from one side, exposure (a power of the grey value), contrast and brightness."""
    count, ramp = len(x), torch.linspace(-1, 1, CROP_PX)
    angle = _between(count, 0, 2 * pi, rng)
    side = _each(torch.cos(angle)) * ramp[None, None, None, :] + _each(torch.sin(angle)) * ramp[None, None, :, None]
    amount = _between(count, 0, how.side_light, rng) * _chosen(count, how.side_light_chance, rng)
    x = x + _each(amount) * side
    power = torch.exp(_between(count, -how.gamma, how.gamma, rng) * _chosen(count, how.gamma_chance, rng))
    x = 255 * (x.clamp(1, 255) / 255) ** _each(power)
    spread = 1 + _between(count, *how.contrast, rng)
    return (x - 128) * _each(spread) + 128 + _each(_between(count, -how.brightness, how.brightness, rng))


def _taken(x: Tensor, how: Augmentation, rng: Generator) -> Tensor:
    """Blur and noise, at the crop's own resolution; clamped to 0..255."""
    count, line = len(x), torch.tensor(_BINOMIAL)
    kernel = ((line[:, None] * line[None]) / line.sum() ** 2)[None, None]
    blurred = x
    for _ in range(2):
        blurred = F.conv2d(F.pad(blurred, (2, 2, 2, 2), mode="replicate"), kernel)
    x = x + _each(_between(count, 0.2, 1, rng) * _chosen(count, how.blur_chance, rng)) * (blurred - x)
    noise = torch.randn(x.shape, generator=rng)
    x = x + noise * _each(_between(count, 0, how.noise, rng) * _chosen(count, how.noise_chance, rng))
    return x.clamp(0, 255)


def _warp(count: int, how: Augmentation, rng: Generator) -> Tensor:
    """How each face is turned, zoomed, stretched, shifted and mirrored: (n, 2, 3), for `affine_grid`."""
    far = 1 + _chosen(count, how.far_chance, rng)
    turn = _between(count, -how.turn_deg, how.turn_deg, rng) * far * pi / 180
    zoom = torch.exp(_between(count, -how.zoom, how.zoom, rng) * (1 + _FAR_ZOOM * (far - 1)))
    stretch = torch.exp(_between(count, -how.stretch, how.stretch, rng))
    across, down = 1 / (zoom * stretch), stretch / zoom
    mirror = 1 - 2 * _chosen(count, 0.5, rng)
    right, low = (_between(count, -2 * how.shift, 2 * how.shift, rng) * far for _ in range(2))  # in half sides
    cos, sin = torch.cos(turn), torch.sin(turn)
    return torch.stack(
        [
            torch.stack([cos * across * mirror, -sin * down, right], 1),
            torch.stack([sin * across * mirror, cos * down, low], 1),
        ],
        1,
    )


def _placed(x: Tensor, warp: Tensor, size_px: int) -> Tensor:
    """Faces (n, 1, h, w) in one resampling, as `_warp` says; the border's pixels are repeated."""
    grid = F.affine_grid(warp, [len(x), 1, size_px, size_px], align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _erased(x: Tensor, how: Augmentation, rng: Generator) -> Tensor:
    """A rectangle of one grey value in some of the pictures."""
    count, place = len(x), torch.arange(x.shape[-1]) / x.shape[-1]
    height, width = (_between(count, 0.2, 0.4, rng) for _ in range(2))
    top, left = torch.rand(count, generator=rng) * (1 - height), torch.rand(count, generator=rng) * (1 - width)
    chosen = _chosen(count, how.erase_chance, rng) > 0
    rows = (place >= top[:, None]) & (place < (top + height)[:, None])
    columns = (place >= left[:, None]) & (place < (left + width)[:, None])
    inside = rows[:, :, None] & columns[:, None, :] & chosen[:, None, None]
    return torch.where(inside[:, None], _each(_between(count, 0, 255, rng)), x)


def _between(count: int, low: float, high: float, rng: Generator) -> Tensor:
    return torch.rand(count, generator=rng) * (high - low) + low


def _chosen(count: int, share: float, rng: Generator) -> Tensor:
    """1 for about this share of `count` faces, else 0."""
    return (torch.rand(count, generator=rng) < share).float()


def _each(values: Tensor) -> Tensor:
    """One value (n,) a face, to be used with pictures (n, 1, h, w)."""
    return values[:, None, None, None]
