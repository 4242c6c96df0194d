"""Stress from a sequence of landmark features: two layers of long short-term memory (Hochreiter & Schmidhuber 1997)."""

from typing import TYPE_CHECKING

from models.graph.frames import embedded
from models.graph.weights import reading_weights
from models.specs.network import Network
from models.specs.recipe import Augmentation, Recipe
from models.specs.sequence import SequenceInput
from models.specs.stress import Stress

if TYPE_CHECKING:
    import keras

NAME = "stress-lstm"
UNITS = 256
INPUT = SequenceInput()
TARGET = Stress()


def build(size: int = INPUT.size, *, init: str | None = None, dropout: float = 0.2) -> "keras.Model":
    """Two layers of 256 units; frames without a mesh leave their state as it was. The last state decides.

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
    there = keras.ops.greater(keras.ops.squeeze(mask, -1), 0.5)
    x = layers.LSTM(UNITS, return_sequences=True, name="lstm_1")(x, mask=there)
    x = layers.LSTM(UNITS, name="lstm_2")(x, mask=there)
    answer = layers.Dense(len(TARGET.labels), activation="softmax", name="stress")(layers.Dropout(dropout, seed=2)(x))
    network = keras.Model(window, answer, name=NAME)
    if init is not None:
        with reading_weights(init, NAME):
            network.load_weights(init)
    return network


STRESS_LSTM = Recipe(
    name=NAME,
    network=NAME,
    stages=((INPUT.size, 20),),
    batch=32,
    learning_rate=1e-3,
    weight_decay=1e-2,
    votes_weight=0.0,
    label_smoothing=0.05,
    patience=8,
    dropout=0.2,
    ema=0.98,
    augmentation=Augmentation(noise=0.02, erase=0.3),
)

NETWORK = Network(
    name=NAME,
    description="Stress, 0 to 1, from how the points of a face's mesh move, by long short-term memory.",
    input=INPUT,
    target=TARGET,
    build=build,
    recipes=(STRESS_LSTM,),
)
