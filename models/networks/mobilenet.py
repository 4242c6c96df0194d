"""The emotion network: MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381) over a grey face, seven classes."""

from typing import TYPE_CHECKING

import numpy as np

from edge.core.face.preprocess import InputSpec
from models.graph.weights import reading_weights
from models.specs.inputs import CropInput
from models.specs.network import Network
from models.specs.recipe import Augmentation, Recipe
from models.specs.targets import FolderEmotions

if TYPE_CHECKING:
    import keras

# Grey values from about -1 to 1, as the ImageNet weights were trained, 2/255 apart, and grey 128 is 0: INT8 stores a
# grey value as itself less 128. With -1 and 1 as the ends every grey value would lie halfway between two steps.
INPUT = CropInput(InputSpec(96, black=-256 / 255, white=254 / 255))
TARGET = FolderEmotions()


def build(size_px: int = 96, *, init: str | None = None, dropout: float = 0.2, name: str = "emotion") -> "keras.Model":
    """MobileNetV2, global average pooling and a dense softmax.

    A grey picture given three times to a first layer for RGB is the same as one channel whose kernel is the sum of the
    three, so that is what is built: a third of the input to move, and the same answer.

    Args:
        size_px: Side of the input (size, size, 1).
        init: "imagenet" (downloaded once), the path of a `.weights.h5` of
            `keras.applications.MobileNetV2(include_top=False)`, or None for random weights.
        dropout: Share of features left out while training, 0..1.
        name: The model's name.

    Returns:
        A Keras model with an output of 7 probabilities.

    Raises:
        SourceNotFound: Where `init` holds no such weights.
    """
    import keras

    shape = (size_px, size_px)
    base = keras.applications.MobileNetV2(input_shape=(*shape, 1), include_top=False, weights=None, pooling="avg")
    if init is not None:
        with reading_weights(init, "MobileNetV2"):
            colour = keras.applications.MobileNetV2(input_shape=(*shape, 3), include_top=False, weights=init)
        for grey_layer, colour_layer in zip(base.layers[1:], colour.layers[1:], strict=False):
            weights = colour_layer.get_weights()
            if grey_layer.name == "Conv1":
                weights = [np.sum(weights[0], axis=2, keepdims=True)]
            grey_layer.set_weights(weights)
    for layer in base.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.9  # Keras's 0.999 lags thousands of steps behind while fine-tuning
    features = keras.layers.Dropout(dropout, seed=0)(base.output)  # with a seed PyTorch can repeat it, too
    output = keras.layers.Dense(len(TARGET.labels), activation="softmax", name="emotions")(features)
    return keras.Model(base.input, output, name=name)


EMOTION = Recipe(
    name="emotion",
    network="emotion",
    stages=((64, 8), (96, 13)),
    batch=64,
    learning_rate=7e-4,
    weight_decay=0.02,
    votes_weight=0.2,
    label_smoothing=0.05,
    patience=50,
    balance=0.25,
    balance_every=2,
    mixup=0.3,
    ema=0.998,
    second_head=1.0,
    augmentation=Augmentation(turn_deg=18.0, zoom=0.18, erase=0.4),
)

# As it is documented, without anything that was found to help: Adam at one rate, the data as they are.
EMOTION_DOCUMENTED = Recipe(
    name="emotion-documented",
    network="emotion",
    stages=((96, 30),),
    batch=32,
    learning_rate=1e-4,
    weight_decay=0.0,
    votes_weight=0.0,
    label_smoothing=0.0,
    patience=10,
    cosine=False,
    dropout=0.0,
    init="imagenet",
    augmentation=Augmentation(flip=False, turn_deg=0.0, shift=0.0, zoom=0.0, contrast=0.0, brightness=0.0, erase=0.0),
)

NETWORK = Network(
    name="emotion",
    description="Which of seven emotions a face looks like, as the makers of its training data labelled such faces.",
    input=INPUT,
    target=TARGET,
    build=build,
    recipes=(EMOTION, EMOTION_DOCUMENTED),
    pretrained=("imagenet",),
)
