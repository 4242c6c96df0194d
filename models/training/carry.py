"""Weights carried from one network of ours into another, whatever its input size or its name."""

from pathlib import Path

import keras

from edge.core.errors import SourceNotFound
from models.training.saved import load_network


def carry(into: keras.Model, path: Path) -> None:
    """Give each layer of `into` the weights of the layer of that name in a `.keras` file that edge-train made.

    Raises SourceNotFound, naming the layer, where the file lacks one of that shape, and whatever `load_network` raises.
    """
    given = {layer.name: layer.get_weights() for layer in load_network(path).layers}
    for layer in into.layers:
        wanted, found = layer.get_weights(), given.get(layer.name, [])
        if [weights.shape for weights in wanted] != [weights.shape for weights in found]:
            raise SourceNotFound(
                f"{path} holds no weights of {into.name}: its layer {layer.name} is another or missing.",
                fix="Give --init a best.keras of the same kind of network.",
            )
        layer.set_weights(found)
