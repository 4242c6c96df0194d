"""The landmark emotion network: dense layers over the points of a face's mesh, seven classes. It needs no pixels."""

from dataclasses import replace
from typing import TYPE_CHECKING

from edge.core.face.landmarks import FEATURES
from models.graph.weights import reading_weights
from models.specs.inputs import LandmarkInput
from models.specs.network import Network
from models.specs.recipe import Augmentation, Recipe
from models.specs.targets import FolderEmotions

if TYPE_CHECKING:
    import keras

NAME = "emotion-landmarks"
TARGET = FolderEmotions()


def build(size: int = FEATURES, *, init: str | None = None, dropout: float = 0.3) -> "keras.Model":
    """Dense layers of 512, 256 and 128 units with ReLU, and a softmax.

    The first layer standardises: it keeps mean and deviation of the training set, which conversion folds into the
    dense layer behind it.

    Args:
        size: 1404.
        init: The path of a `.weights.h5` of this network, or None for random weights.
        dropout: Share of units left out behind the first two dense layers while training, 0..1.

    Returns:
        A Keras model with an output of 7 probabilities.

    Raises:
        SourceNotFound: Where `init` holds no such weights.
    """
    import keras

    layers = keras.layers
    features = keras.Input((size,))
    x = layers.BatchNormalization(center=False, scale=False, epsilon=1e-5, momentum=0.99, name="standardised")(features)
    for number, units in enumerate((512, 256, 128), 1):
        x = layers.Dense(units, activation="relu", name=f"dense_{number}")(x)
        if number < 3:
            x = layers.Dropout(dropout, seed=number)(x)
    network = keras.Model(features, layers.Dense(7, activation="softmax", name="emotions")(x), name=NAME)
    if init is not None:
        with reading_weights(init, NAME):
            network.load_weights(init)
    return network


EMOTION_LANDMARKS = Recipe(
    name=NAME,
    network=NAME,
    stages=((FEATURES, 40),),
    batch=64,
    learning_rate=1e-3,
    weight_decay=1e-2,
    votes_weight=0.3,
    label_smoothing=0.05,
    patience=40,
    balance=0.25,
    mixup=0.2,
    dropout=0.3,
    ema=0.998,
    augmentation=Augmentation(noise=0.01),
)

# As it is documented, without anything that was found to help.
EMOTION_LANDMARKS_DOCUMENTED = replace(
    EMOTION_LANDMARKS,
    name="emotion-landmarks-documented",
    stages=((FEATURES, 50),),
    weight_decay=1e-5,
    votes_weight=0.0,
    label_smoothing=0.0,
    patience=10,
    plateau=5,
    cosine=False,
    balance=1.0,
    mixup=0.0,
    ema=0.0,
)

NETWORK = Network(
    name=NAME,
    description="Which of seven emotions a face looks like, by the points of its mesh alone.",
    input=LandmarkInput(),
    target=TARGET,
    build=build,
    recipes=(EMOTION_LANDMARKS, EMOTION_LANDMARKS_DOCUMENTED),
)
