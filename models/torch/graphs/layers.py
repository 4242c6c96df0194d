"""The layer that both networks are made of: a convolution, its batch normalisation and its activation."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

Activation = Callable[[Tensor], Tensor]


def relu6(x: Tensor) -> Tensor:
    """The positive part of `x`, at most 6; in place."""
    return F.relu6(x, inplace=True)


def relu(x: Tensor) -> Tensor:
    """The positive part of `x`; in place."""
    return F.relu(x, inplace=True)


class ConvNorm(nn.Module):
    """A convolution without a bias, batch normalisation, and an activation or none.

    Args:
        channels: How many channels come in and how many go out.
        kernel: The side of the kernel in px, 1 or 3.
        stride: 1 or 2.
        depthwise: Whether every channel has a kernel of its own.
        activation: What is applied last, or None.
        eps: What batch normalisation adds to the variance.
        pads_evenly: Whether stride 2 pads both sides by one pixel, as PyTorch does. Keras pads an even side only at
            its end.
    """

    def __init__(
        self,
        channels: tuple[int, int],
        kernel: int = 1,
        stride: int = 1,
        *,
        depthwise: bool = False,
        activation: Activation | None = relu6,
        eps: float = 1e-3,
        pads_evenly: bool = False,
    ) -> None:
        super().__init__()
        groups = channels[0] if depthwise else 1
        padding = kernel // 2 if stride == 1 else 0
        self.conv = nn.Conv2d(*channels, kernel, stride, padding, groups=groups, bias=False)
        self.norm: nn.BatchNorm2d | nn.Identity = nn.BatchNorm2d(channels[1], eps=eps, momentum=0.1)
        self._activation, self._pads_evenly = activation, pads_evenly

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, channels, h, w) of features (n, channels, h, w)."""
        x = self.norm(self._convolved(x))
        return x if self._activation is None else self._activation(x)

    def fold(self) -> None:
        """Let the convolution normalise as well, for a network that answers and never learns again."""
        self.conv, self.norm = fuse_conv_bn_eval(self.conv, self.norm), nn.Identity()

    def _convolved(self, x: Tensor) -> Tensor:
        weight = self.conv.weight
        if self.conv.stride[0] == 2:
            top, left = (1, 1) if self._pads_evenly else (x.shape[2] % 2, x.shape[3] % 2)
            x = F.pad(x, (left, 1, top, 1))
            if self.conv.groups > 1 and x.dtype == torch.bfloat16 and torch.is_grad_enabled():
                return HalvingConv.apply(x, weight.to(x.dtype))
        elif self.conv.kernel_size[0] == 3 and x.shape[2] < 3:
            # oneDNN takes ten times as long over the kernel's gradient of a picture that is smaller than the kernel.
            return F.conv2d(F.pad(x, (1, 1, 1, 1)), weight, self.conv.bias, groups=self.conv.groups)
        return self.conv(x)


class HalvingConv(torch.autograd.Function):
    """A depthwise 3x3 convolution of stride 2 without padding, whose input's gradient is computed in float32.

    In bfloat16 oneDNN takes twelve times as long over that gradient, for want of a vectorised kernel.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        """The convolution of `x` (n, channels, h, w) with `weight` (channels, 1, 3, 3)."""
        ctx.save_for_backward(x, weight)
        return F.conv2d(x, weight, None, 2, 0, 1, weight.shape[0])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """The gradients of `x` and of `weight`, in their dtype."""
        x, weight = ctx.saved_tensors
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        of_x = _backward(
            gradient.float(),
            torch.empty(x.shape, memory_format=torch.channels_last),
            weight.float(),
            (True, False),
        )[0]
        return of_x.to(x.dtype), _backward(gradient, x, weight, (False, True))[1]


def _backward(gradient: Tensor, x: Tensor, weight: Tensor, wanted: tuple[bool, bool]) -> tuple[Tensor, Tensor]:
    found = torch.ops.aten.convolution_backward(
        gradient, x, weight, None, [2, 2], [0, 0], [1, 1], False, [0, 0], weight.shape[0], [*wanted, False]
    )
    return found[0], found[1]


class InvertedResidual(nn.Module):
    """Expansion, depthwise convolution, projection (Sandler et al. 2018, arXiv:1801.04381, section 3.3).

    Args:
        channels: How many channels come in and how many go out; with as many and stride 1 the input is added.
        stride: 1 or 2, of the depthwise convolution.
        expansion: How many times the channels in the middle are those that come in; with 1 nothing is expanded.
        options: `eps` and `pads_evenly` of every ConvNorm.
    """

    def __init__(self, channels: tuple[int, int], stride: int, expansion: int, **options: Any) -> None:
        super().__init__()
        middle = channels[0] * expansion
        self.expand = ConvNorm((channels[0], middle), **options) if expansion > 1 else None
        self.depthwise = ConvNorm((middle, middle), 3, stride, depthwise=True, **options)
        self.project = ConvNorm((middle, channels[1]), activation=None, **options)
        self._adds = stride == 1 and channels[0] == channels[1]

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, channels, h, w) of features (n, channels, h, w)."""
        inner = x if self.expand is None else self.expand(x)
        inner = self.project(self.depthwise(inner))
        return x + inner if self._adds else inner


def residuals(came: int, rows: tuple[tuple[int, int, int, int], ...], **options: Any) -> nn.Sequential:
    """Blocks by rows of (expansion, channels, repeats, stride of the first), as both papers' tables give them."""
    blocks = []
    for expansion, channels, repeats, stride in rows:
        for number in range(repeats):
            blocks.append(InvertedResidual((came, channels), 1 if number else stride, expansion, **options))
            came = channels
    return nn.Sequential(*blocks)


class TwoHeads(nn.Module):
    """A trunk whose features two dense layers read: FER-2013's seven labels, and the votes for these and the rest.

    Args:
        features: How many features `trunk` has for each face.
    """

    LABELS, VOTES = 7, 8

    def __init__(self, features: int) -> None:
        super().__init__()
        self.features = features
        self.labels = nn.Linear(features, self.LABELS)
        self.votes = nn.Linear(features, self.VOTES)

    def start_heads(self, seed: int) -> None:
        """Give the heads the small random weights of this seed."""
        torch.manual_seed(seed)
        for head in (self.labels, self.votes):
            nn.init.normal_(head.weight, 0, 0.01)
            nn.init.zeros_(head.bias)

    def trunk(self, faces: Tensor) -> Tensor:
        """Features (n, features) of faces (n, 1, size, size)."""
        raise NotImplementedError

    def forward(self, faces: Tensor, kept: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The logits of both heads.

        Args:
            faces: (n, 1, size, size), from -1.004 (black) to 0.996 (white).
            kept: (n, features), what each feature is multiplied by (dropout), or None.

        Returns:
            Logits (n, 7) by the labels and (n, 8) by the votes.
        """
        found = self.trunk(faces)
        found = found if kept is None else found * kept
        return self.labels(found), self.votes(found)
