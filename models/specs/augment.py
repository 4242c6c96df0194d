"""Face-safe augmentation: what could have happened to the same face on another day, in one resampling step."""

import cv2
import numpy as np
from numpy.typing import NDArray

from models.specs.recipe import Augmentation


def augmented(
    crop: NDArray[np.uint8], size_px: int, how: Augmentation, rng: np.random.Generator
) -> NDArray[np.float32]:
    """A face crop (h, w) as a changed picture (size, size) of grey values 0..255."""
    side = crop.shape[0]
    zoom = 1 + rng.uniform(-how.zoom, how.zoom)
    turn = np.deg2rad(rng.uniform(-how.turn_deg, how.turn_deg))
    shift = rng.uniform(-how.shift, how.shift, 2) * side
    mirror = -1.0 if how.flip and rng.random() < 0.5 else 1.0
    scale = side / (size_px * zoom)
    to_source = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    to_source[0] *= mirror
    offset = (side - 1) / 2 + shift - to_source @ np.full(2, (size_px - 1) / 2)
    warp = np.column_stack([to_source, offset]).astype(np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    picture = cv2.warpAffine(crop, warp, (size_px, size_px), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    grey = picture.astype(np.float32)
    grey = (grey - 128) * (1 + rng.uniform(-how.contrast, how.contrast)) + 128
    grey += rng.uniform(-how.brightness, how.brightness)
    if rng.random() < how.erase:
        height, width = (rng.uniform(0.2, 0.4, 2) * size_px).astype(int)
        top, left = rng.integers(0, size_px - height), rng.integers(0, size_px - width)
        grey[top : top + height, left : left + width] = rng.uniform(0, 255)
    return np.clip(grey, 0, 255).astype(np.float32)
