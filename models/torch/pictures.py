"""Grey values as a network of both heads is given them."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor


def given(grey: Tensor) -> Tensor:
    """Grey values 0..255 as inputs: a step of 1/127.5 for each, 128 is 0.

    So the INT8 input is the grey value less 128, exactly, with no rounding between the two.
    """
    return ((grey - 128) / 127.5).contiguous(memory_format=torch.channels_last)


def plain(crops: Tensor, size_px: int) -> Tensor:
    """Face crops (n, 48, 48) uint8 as inputs (n, 1, size_px, size_px), unchanged but for their size."""
    sides = (size_px, size_px)
    return given(F.interpolate(crops[:, None].float(), sides, mode="bilinear", align_corners=False))
