"""The emotion network: MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381) over a grey face, seven classes."""

import keras
import numpy as np

from edge.core.labels import EMOTIONS
from edge.core.preprocess import InputSpec
from models.graph.weights import reading_weights

NAME = "emotion"
LABELS = EMOTIONS


def input_spec(size_px: int = 96) -> InputSpec:
    """Grey values from about -1 (black) to 1 (white), as the ImageNet weights were trained.

    They are 2/255 apart and grey 128 is 0, so that INT8 stores a grey value as itself less 128. With -1 and 1 as the
    ends every grey value would lie halfway between two steps.
    """
    return InputSpec(size_px, black=-256 / 255, white=254 / 255)


def build(size_px: int = 96, *, init: str | None = None, dropout: float = 0.2, name: str = NAME) -> keras.Model:
    """MobileNetV2, global average pooling and a dense softmax; input (size, size, 1), output (7,) probabilities.

    `dropout` is the share of features left out while training. `init` is "imagenet" (needs the internet once), the path
    of a `.weights.h5` of `keras.applications.MobileNetV2(include_top=False)`, or None for random weights.

    A grey picture given three times to a first layer for RGB is the same as one channel whose kernel is the sum of the
    three, so that is what is built: a third of the input to move, and the same answer.
    """
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
    face = base.input
    features = keras.layers.Dropout(dropout, seed=0)(base.output)  # with a seed PyTorch can repeat it, too
    answer = keras.layers.Dense(len(LABELS), activation="softmax", name="emotions")(features)
    return keras.Model(face, answer, name=name)
