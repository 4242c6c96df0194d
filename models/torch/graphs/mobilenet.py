"""MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381) over a grey face, with two heads: the network that ships.

It computes what `keras.applications.MobileNetV2` computes, so that its weights can be carried there.
"""

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from edge.core.errors import SourceNotFound
from models.torch.graphs.layers import ConvNorm, InvertedResidual, TwoHeads, residuals

NAME = "mobilenet"

_ROWS = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


class MobileNet(TwoHeads):
    """MobileNetV2 of width 1.0, global average pooling and two dense layers."""

    def __init__(self) -> None:
        super().__init__(1280)
        self.stem = ConvNorm((1, 32), 3, 2)
        self.blocks = residuals(32, _ROWS)
        self.last = ConvNorm((320, 1280))

    def trunk(self, faces: Tensor) -> Tensor:
        """Features (n, 1280) of faces (n, 1, size, size)."""
        found: Tensor = self.last(self.blocks(self.stem(faces)))
        return found.mean((2, 3))


def convolutions(network: MobileNet) -> Iterator[ConvNorm]:
    """Every convolution with its normalisation, in the order of Keras' layers."""
    yield network.stem
    for block in network.blocks:
        if isinstance(block, InvertedResidual):
            yield from (part for part in (block.expand, block.depthwise, block.project) if part is not None)
    yield network.last


def begin(network: MobileNet, init: Path) -> None:
    """Give the trunk ImageNet's weights.

    Args:
        network: Its heads stay as they are.
        init: A `.weights.h5` of `keras.applications.MobileNetV2(include_top=False)`.

    Raises:
        SourceNotFound: The file is missing, or holds something else.
    """
    try:
        with h5py.File(init) as file, torch.no_grad():
            stored = _Stored(file["layers"])
            for part in convolutions(network):
                depthwise = part.conv.groups > 1
                (kernel,) = stored.next("depthwise_conv2d" if depthwise else "conv2d")
                kernel = kernel.transpose(2, 3, 0, 1) if depthwise else kernel.transpose(3, 2, 0, 1)
                if part is network.stem:
                    kernel = kernel.sum(1, keepdims=True)  # a grey face is the same in all three colours
                values = (kernel, *stored.next("batch_normalization"))
                for into, value in zip(_tensors(part), values, strict=True):
                    if into.shape != value.shape:
                        raise ValueError(f"a shape of {value.shape} instead of {tuple(into.shape)}")
                    into.copy_(torch.from_numpy(np.ascontiguousarray(value)))
    except (OSError, KeyError, ValueError) as error:
        raise SourceNotFound(
            f"{init} holds no weights of MobileNetV2: {error}.",
            fix="Give --init the .weights.h5 of keras.applications.MobileNetV2(include_top=False).",
        ) from None


def _tensors(part: ConvNorm) -> tuple[nn.Parameter | Tensor, ...]:
    norm = part.norm
    return part.conv.weight, norm.weight, norm.bias, norm.running_mean, norm.running_var


class _Stored:
    """The layers of a Keras weights file: those of one kind are numbered in the order of the network."""

    def __init__(self, layers: h5py.Group) -> None:
        self._layers = layers
        self._taken: dict[str, int] = {}

    def next(self, kind: str) -> list[NDArray[np.float32]]:
        """The weights of the next layer of a kind."""
        number = self._taken.get(kind, 0)
        self._taken[kind] = number + 1
        variables = self._layers[f"{kind}_{number}" if number else kind]["vars"]
        return [np.asarray(variables[str(index)], np.float32) for index in range(len(variables))]
