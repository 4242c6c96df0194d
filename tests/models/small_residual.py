"""A network with every kind of layer that MobileNetV2 has, small enough to build and convert in a second."""

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from edge.core.labels import EMOTIONS


def build(size_px: int = 24, seed: int = 0) -> keras.Model:
    """An `emotion` network whose batch normalisations have seen something, as trained ones have."""
    keras.utils.set_random_seed(seed)
    face = keras.Input((size_px, size_px, 1))
    x = _normalised(layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(face), relu=True)
    x = _bottleneck(layers.ZeroPadding2D(((0, 1), (0, 1)))(x), 8, strides=2)
    x = layers.Add()([x, _bottleneck(x, 8)])
    x = layers.GlobalAveragePooling2D()(_normalised(layers.Conv2D(32, 1, use_bias=False)(x), relu=True))
    answer = layers.Dense(len(EMOTIONS), activation="softmax", name="emotions")(layers.Dropout(0.2)(x))
    model = keras.Model(face, answer, name="emotion")
    unsettle(model, seed)
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([2 * kernel, bias])
    return model


def unsettle(model: keras.Model, seed: int = 0) -> None:
    """Give every batch normalisation and the last layer's bias values of their own."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            low = [0.5, -0.5, -0.3, 0.2]  # gamma, beta, mean, variance
            high = [2.0, 0.5, 0.3, 1.5]
            layer.set_weights([rng.uniform(*ends, layer.gamma.shape) for ends in zip(low, high, strict=True)])


def pictures(count: int, size_px: int = 24, seed: int = 0) -> NDArray[np.float32]:
    """Inputs (count, size, size, 1) of nine random squares each, which the network answers differently."""
    squares = np.random.default_rng(seed).uniform(-1, 1, (count, 3, 3, 1))
    return squares.repeat(size_px // 3, axis=1).repeat(size_px // 3, axis=2).astype(np.float32)


def _normalised(x: keras.KerasTensor, *, relu: bool) -> keras.KerasTensor:
    x = layers.BatchNormalization()(x)
    return layers.ReLU(6.0)(x) if relu else x


def _bottleneck(x: keras.KerasTensor, filters: int, strides: int = 1) -> keras.KerasTensor:
    padding = "same" if strides == 1 else "valid"
    x = _normalised(layers.Conv2D(24, 1, use_bias=False)(x), relu=True)
    x = _normalised(layers.DepthwiseConv2D(3, strides=strides, padding=padding, use_bias=False)(x), relu=True)
    return _normalised(layers.Conv2D(filters, 1, use_bias=False)(x), relu=False)
