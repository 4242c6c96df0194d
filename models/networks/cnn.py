"""The expressiveness network: a small convolutional network over a 48x48 grey face, three levels."""

import keras

from edge.core.labels import LEVELS
from edge.core.preprocess import CROP_PX, InputSpec
from models.graph.weights import reading_weights

NAME = "expressiveness"
LABELS = tuple(level.value for level in LEVELS)


def input_spec(size_px: int = CROP_PX) -> InputSpec:
    """Grey values from 0 (black) to 1 (white)."""
    return InputSpec(size_px, black=0.0, white=1.0)


def build(size_px: int = CROP_PX, *, init: str | None = None, dropout: float = 0.5) -> keras.Model:
    """Three convolutions of 32, 64 and 128 filters, a dense layer of 256, a softmax over the three levels.

    Input (size, size, 1), output (3,) probabilities; `dropout` is the share of dense units left out while training;
    `init` is the path of a `.weights.h5` of this network, or None. PyTorch's dropout can be repeated only with a seed.
    """
    layers = keras.layers
    face = keras.Input((size_px, size_px, 1))
    x = face
    for number, filters in enumerate((32, 64, 128), 1):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"conv_{number}")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"conv_{number}_norm")(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling2D()(x)
        x = layers.Dropout(0.25, seed=number)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(256, activation="relu", name="dense")(x)
    x = layers.BatchNormalization(momentum=0.9, name="dense_norm")(x)
    x = layers.Dropout(dropout, seed=0)(x)
    network = keras.Model(face, layers.Dense(len(LABELS), activation="softmax", name="levels")(x), name=NAME)
    if init is not None:
        with reading_weights(init, NAME):
            network.load_weights(init)
    return network
