"""The expressiveness network: a small convolutional network over a 48x48 grey face, three levels."""

from dataclasses import replace
from typing import TYPE_CHECKING

from edge.core.face.preprocess import CROP_PX, InputSpec
from models.graph.weights import reading_weights
from models.specs.inputs import CropInput
from models.specs.network import Network
from models.specs.recipe import Augmentation, Recipe
from models.specs.targets import Levels

if TYPE_CHECKING:
    import keras

INPUT = CropInput(InputSpec(CROP_PX, black=0.0, white=1.0))
TARGET = Levels()


def build(size_px: int = CROP_PX, *, init: str | None = None, dropout: float = 0.5) -> "keras.Model":
    """Three convolutions of 32, 64 and 128 filters, a dense layer of 256, a softmax over the three levels.

    Args:
        size_px: Side of the input (size, size, 1).
        init: The path of a `.weights.h5` of this network, or None for random weights.
        dropout: Share of dense units left out while training, 0..1; of the maps between convolutions half of it.

    Returns:
        A Keras model with an output of 3 probabilities.

    Raises:
        SourceNotFound: Where `init` holds no such weights.
    """
    import keras

    layers = keras.layers
    face = keras.Input((size_px, size_px, 1))
    x = face
    for number, filters in enumerate((32, 64, 128), 1):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"conv_{number}")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"conv_{number}_norm")(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling2D()(x)
        x = layers.Dropout(dropout / 2, seed=number)(x)  # PyTorch's dropout can be repeated only with a seed
    x = layers.Flatten()(x)
    x = layers.Dense(256, activation="relu", name="dense")(x)
    x = layers.BatchNormalization(momentum=0.9, name="dense_norm")(x)
    x = layers.Dropout(dropout, seed=0)(x)
    levels = layers.Dense(len(TARGET.labels), activation="softmax", name="levels")(x)
    network = keras.Model(face, levels, name="expressiveness")
    if init is not None:
        with reading_weights(init, "expressiveness"):
            network.load_weights(init)
    return network


EXPRESSIVENESS = Recipe(
    name="expressiveness",
    network="expressiveness",
    stages=((48, 24),),
    batch=32,
    learning_rate=1e-3,
    weight_decay=0.0,
    votes_weight=0.0,
    label_smoothing=0.0,
    patience=10,
    dropout=0.2,  # a teacher's answers leave little to learn by heart
    teacher_weight=0.8,
    augmentation=Augmentation(contrast=0.2, brightness=20.0, erase=0.0, turn_deg=10.0, zoom=0.1),
)

# As it is documented, without anything that was found to help.
EXPRESSIVENESS_DOCUMENTED = replace(
    EXPRESSIVENESS,
    name="expressiveness-documented",
    stages=((48, 50),),
    dropout=0.5,
    cosine=False,
    augmentation=Augmentation(turn_deg=10.0, shift=0.1, zoom=0.1, contrast=0.0, brightness=0.0, erase=0.0),
)

NETWORK = Network(
    name="expressiveness",
    description="How expressive a face looks, in three levels, and as a score.",
    input=INPUT,
    target=TARGET,
    build=build,
    recipes=(EXPRESSIVENESS, EXPRESSIVENESS_DOCUMENTED),
)
