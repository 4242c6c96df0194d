"""The first layers of a network over time: each frame's landmark features become a few numbers."""

from typing import Any

from edge.core.face.sequence import MASK

WIDTH = 32


def embedded(window: Any, dropout: float) -> tuple[Any, Any]:
    """Apply one dense layer to every frame, standardised; frames without a mesh become 0.

    Args:
        window: A Keras tensor (batch, steps, features and mask).
        dropout: Share of the numbers left out while training, 0..1.

    Returns:
        The numbers (batch, steps, WIDTH), and the mask (batch, steps, 1): 1 where there is a mesh, else 0.
    """
    from keras import layers

    mask = window[:, :, -1:] * (1 / MASK)
    x = layers.Dense(WIDTH, use_bias=False, name="points")(window[:, :, :-1])
    x = layers.BatchNormalization(momentum=0.9, name="standardised")(x)
    x = layers.Dropout(dropout, seed=1)(layers.ReLU()(x))
    return layers.Multiply()([x, mask]), mask
