"""A trained MobileNetV2 with two heads as the Keras networks that are converted: one a head, and the two joined."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from edge.core.errors import BadModel
from models.files import whole, writing
from models.networks import mobilenet
from models.torch.graphs.layers import ConvNorm, TwoHeads
from models.torch.graphs.mobilenet import MobileNet, convolutions
from models.training.both import Both
from models.training.checkpoints import BEST, RECIPE

Head = tuple[NDArray[np.float32], NDArray[np.float32]]  # a dense layer's kernel (features, 7) and bias (7,)


def to_keras(trained: TwoHeads, name: str, size_px: int, joined: Both) -> keras.Model:
    """A Keras network with the same trunk and one head, its answers equal to 1e-4.

    Args:
        trained: A MobileNet.
        name: One of HEADS.
        size_px: The side of its input.
        joined: How the two heads are joined, where the answer is of both.

    Raises:
        BadModel: The trained network is no MobileNet.
    """
    if not isinstance(trained, MobileNet):
        raise BadModel("Only a MobileNet can be carried into Keras.", fix="Give a run of a mobilenet recipe.")
    model = mobilenet.build(size_px, name=name)
    into = [layer for layer in model.layers if layer.weights]
    parts = [weights for part in convolutions(trained) for weights in _weights(part)]
    for layer, weights in zip(into, [*parts, list(HEADS[name](trained, joined))], strict=True):
        layer.set_weights(weights)
    return model


def keep_networks(trained: TwoHeads, out: Path, size_px: int, joined: Both, recipe: dict[str, object]) -> list[Path]:
    """Write a network for each of HEADS as `out/NAME/best.keras`, with the recipe beside it; their paths.

    Raises:
        BadModel: The trained network is no MobileNet.
        CannotWrite: The folder cannot be written.
    """
    paths = []
    for name in HEADS:
        path = out / name / BEST
        with writing(out):
            path.parent.mkdir(parents=True, exist_ok=True)
        model = to_keras(trained, name, size_px, joined)
        with whole(path) as part:
            model.save(part)
        with whole(path.with_name(RECIPE)) as part:
            part.write_text(json.dumps({**recipe, "joined": asdict(joined)}, indent=2) + "\n")
        paths.append(path)
    return paths


def _weights(part: ConvNorm) -> list[list[NDArray[np.float32]]]:
    kernel = _array(part.conv.weight)
    depthwise = part.conv.groups > 1
    norm = part.norm
    statistics = [_array(value) for value in (norm.weight, norm.bias, norm.running_mean, norm.running_var)]
    return [[kernel.transpose(2, 3, 0, 1) if depthwise else kernel.transpose(2, 3, 1, 0)], statistics]


def _labels(trained: TwoHeads, joined: Both) -> Head:
    return _array(trained.labels.weight).T, _array(trained.labels.bias)


def _votes(trained: TwoHeads, joined: Both) -> Head:
    """The votes' head without its eighth answer, which no label stands for."""
    seven = TwoHeads.LABELS
    return _array(trained.votes.weight).T[:, :seven], _array(trained.votes.bias)[:seven]


def _joined(trained: TwoHeads, joined: Both) -> Head:
    """The weighted mean of both heads' logits is itself a dense layer."""
    pairs = zip(_labels(trained, joined), _votes(trained, joined), strict=True)
    kernel, bias = ((joined.weight * one + (1 - joined.weight) * other) / joined.temperature for one, other in pairs)
    return kernel, bias


# Where the head of each network that is written comes from, by the network's name in models.networks.
HEADS: dict[str, Callable[[TwoHeads, Both], Head]] = {
    "emotion": _labels,
    "emotion-ferplus": _votes,
    "emotion-both": _joined,
}


def _array(values: Tensor | None) -> NDArray[np.float32]:
    if values is None:
        raise ValueError("a network without statistics")
    return np.asarray(values.detach().cpu().numpy(), np.float32)
