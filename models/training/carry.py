"""Weights copied from one trained network into another, whatever their input sizes and names."""

from pathlib import Path

import keras

from edge.core.errors import SourceNotFound
from models.training.saved import load_network


def carry(into: keras.Model, path: Path) -> None:
    """Copy weights from a `.keras` file of edge-train, layer by layer by name.

    Args:
        into: The network whose weights are set.
        path: The file.

    Raises:
        SourceNotFound: The file is missing or lacks a layer of that shape; the message names it.
        BadModel: It holds no network of edge-train.
    """
    given = {layer.name: layer.get_weights() for layer in load_network(path).layers}
    for layer in into.layers:
        own, found = layer.get_weights(), given.get(layer.name, [])
        if [weights.shape for weights in own] != [weights.shape for weights in found]:
            raise SourceNotFound(
                f"{path} holds no weights of {into.name}: its layer {layer.name} is another or missing.",
                fix="Give --init a best.keras of the same kind of network.",
            )
        layer.set_weights(found)
