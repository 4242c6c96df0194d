"""MobileFaceNet (Chen et al. 2018, arXiv:1804.07573) over a grey face, with two heads: the teacher.

A trunk that has learnt to distinguish faces learns expressions sooner than one that has learnt ImageNet's objects.
Instead of the paper's global depthwise convolution the features are averaged, so that any input size will do; its
activations are ReLU6 as in the public weights, not PReLU.
"""

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from edge.core.errors import SourceNotFound
from models.torch.graphs.layers import ConvNorm, InvertedResidual, TwoHeads, relu, residuals

NAME = "mobilefacenet"

_ROWS = (
    (2, 64, 5, 2),
    (4, 128, 1, 2),
    (2, 128, 6, 1),
    (4, 128, 1, 2),
    (2, 128, 2, 1),
)


class MobileFaceNet(TwoHeads):
    """MobileFaceNet's trunk, global average pooling and two dense layers."""

    def __init__(self) -> None:
        super().__init__(512)
        self.stem = ConvNorm((1, 64), 3, 2, eps=1e-5, pads_evenly=True)
        self.local = ConvNorm((64, 64), 3, depthwise=True, activation=relu, eps=1e-5)
        self.point = ConvNorm((64, 64), activation=relu, eps=1e-5)
        self.blocks = residuals(64, _ROWS, eps=1e-5, pads_evenly=True)
        self.last = ConvNorm((128, 512), eps=1e-5)

    def trunk(self, faces: Tensor) -> Tensor:
        """Features (n, 512) of faces (n, 1, size, size)."""
        found: Tensor = self.last(self.blocks(self.point(self.local(self.stem(faces)))))
        return found.mean((2, 3))


def begin(network: MobileFaceNet, init: Path) -> None:
    """Give the network the weights of a face-recognition network, or those it had after an earlier training.

    Args:
        network: Its heads stay as they are where the file holds none.
        init: An `.npz` of arrays by the names of github.com/foamliu/MobileFaceNet: the trunk, for colour or grey,
            behind `m.` or nothing; where it holds `a.*` (7) and `b.*` (8), they are the two heads.

    Raises:
        SourceNotFound: The file is missing, or holds something else.
    """
    try:
        with np.load(init) as arrays, torch.no_grad():
            _copy(network, {name.removeprefix("m."): arrays[name] for name in arrays.files})
    except (OSError, EOFError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile) as error:
        raise SourceNotFound(
            f"{init} holds no weights of MobileFaceNet: {error}.",
            fix="Give --init an .npz of arrays named conv1.0.weight, conv1.1.weight, ..., conv2.1.running_var.",
        ) from None


def _copy(network: MobileFaceNet, arrays: Mapping[str, NDArray[np.float32]]) -> None:
    for part, kernel, norm in _named(network):
        weight = arrays[f"{kernel}.weight"]
        if part is network.stem and weight.shape[1] == 3:
            weight = weight.sum(1, keepdims=True)  # a grey face is the same in all three colours
        part.conv.weight.copy_(torch.from_numpy(weight))
        for name in ("weight", "bias", "running_mean", "running_var"):
            getattr(part.norm, name).copy_(torch.from_numpy(arrays[f"{norm}.{name}"]))
    for head, name in ((network.labels, "a"), (network.votes, "b")):
        if f"{name}.weight" in arrays:
            head.weight.copy_(torch.from_numpy(arrays[f"{name}.weight"]))
            head.bias.copy_(torch.from_numpy(arrays[f"{name}.bias"]))


def _named(network: MobileFaceNet) -> Iterator[tuple[ConvNorm, str, str]]:
    """Every convolution with the names of its kernel and of its normalisation in the public weights."""
    yield network.stem, "conv1.0", "conv1.1"
    yield network.local, "dw_conv.depthwise", "dw_conv.bn1"
    yield network.point, "dw_conv.pointwise", "dw_conv.bn2"
    for number, block in enumerate(network.blocks):
        if isinstance(block, InvertedResidual) and block.expand is not None:
            at = f"features.{number}.conv"
            yield block.expand, f"{at}.0.0", f"{at}.0.1"
            yield block.depthwise, f"{at}.1.0", f"{at}.1.1"
            yield block.project, f"{at}.2", f"{at}.3"
    yield network.last, "conv2.0", "conv2.1"
