"""The networks that PyTorch trains, by name; and their weights as a file."""

import zipfile
from pathlib import Path

import numpy as np
import torch

from edge.core.errors import SourceNotFound
from models.files import whole
from models.torch.graphs import mobilefacenet, mobilenet
from models.torch.graphs.layers import TwoHeads


def build(name: str, seed: int = 0, init: Path | None = None) -> TwoHeads:
    """A network with two heads.

    Args:
        name: `mobilenet` or `mobilefacenet`.
        seed: Decides the random weights.
        init: What it begins with: an `.npz` that `keep_weights` wrote, or the public weights of its trunk. None for
            random ones.

    Raises:
        SourceNotFound: The file holds no weights of this network.
    """
    torch.manual_seed(seed)
    network: TwoHeads = mobilenet.MobileNet() if name == mobilenet.NAME else mobilefacenet.MobileFaceNet()
    network.start_heads(seed)
    if init is None or (init.suffix == ".npz" and _read_own(network, init)):
        return network
    if isinstance(network, mobilenet.MobileNet):
        mobilenet.begin(network, init)
    elif isinstance(network, mobilefacenet.MobileFaceNet):
        mobilefacenet.begin(network, init)
    return network


def keep_weights(network: TwoHeads, path: Path) -> None:
    """Write a network's weights and statistics as arrays by their names.

    Raises:
        CannotWrite: The file cannot be written.
    """
    arrays = {name: value.numpy() for name, value in network.state_dict().items() if value.dtype.is_floating_point}
    with whole(path) as part:
        np.savez(part, **arrays)


def _read_own(network: TwoHeads, path: Path) -> bool:
    """Whether the file holds this network's weights; if so, it has them now."""
    wanted = {name: value for name, value in network.state_dict().items() if value.dtype.is_floating_point}
    try:
        with np.load(path) as arrays:
            if set(arrays.files) != set(wanted):
                return False
            given = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
        if any(given[name].shape != value.shape for name, value in wanted.items()):
            return False
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        raise SourceNotFound(f"{path} holds no weights: {error}.", fix="Give the best.npz of a run.") from None
    network.load_state_dict(given, strict=False)
    return True
