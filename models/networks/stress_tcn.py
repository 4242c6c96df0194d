"""Stress from a sequence of landmark features: causal convolutions over time (Bai et al. 2018, arXiv:1803.01271)."""

from dataclasses import replace
from typing import TYPE_CHECKING

from models.graph.frames import embedded
from models.graph.weights import reading_weights
from models.networks.stress_lstm import INPUT, STRESS_LSTM, TARGET
from models.specs.network import Network

if TYPE_CHECKING:
    import keras

NAME = "stress-tcn"
FILTERS, DILATIONS = 64, (1, 2, 4, 8)


def build(size: int = INPUT.size, *, init: str | None = None, dropout: float = 0.2) -> "keras.Model":
    """Four blocks of two causal convolutions, three places wide, each block twice as far apart as the one before.

    The last place sees 61 places back. Frames without a mesh are 0 before and behind every block.

    Args:
        size: Places of a window.
        init: The path of a `.weights.h5` of this network, or None for random weights.
        dropout: Share of units left out behind the first layer and before the last while training, 0..1.

    Returns:
        A Keras model with an output of 2 probabilities.

    Raises:
        SourceNotFound: Where `init` holds no such weights.
    """
    import keras

    layers = keras.layers
    window = keras.Input((size, INPUT.shape[1]))
    x, mask = embedded(window, dropout)
    x = layers.Multiply()([layers.Conv1D(FILTERS, 1, name="widened")(x), mask])
    for apart in DILATIONS:
        y = x
        for half in ("a", "b"):
            y = layers.Conv1D(
                FILTERS, 3, padding="causal", dilation_rate=apart, activation="relu", name=f"apart_{apart}{half}"
            )(y)
        x = layers.Multiply()([layers.Add()([x, y]), mask])
    pooled = layers.Dropout(dropout, seed=2)(layers.GlobalAveragePooling1D()(x))
    network = keras.Model(window, layers.Dense(2, activation="softmax", name="stress")(pooled), name=NAME)
    if init is not None:
        with reading_weights(init, NAME):
            network.load_weights(init)
    return network


STRESS_TCN = replace(STRESS_LSTM, name=NAME, network=NAME)

NETWORK = Network(
    name=NAME,
    description="Stress, 0 to 1, from how the points of a face's mesh move, by causal convolutions over time.",
    input=INPUT,
    target=TARGET,
    build=build,
    recipes=(STRESS_TCN,),
)
