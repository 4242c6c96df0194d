"""The vision transformer: a compact convolutional transformer over a grey face, seven classes.

After Hassani et al. 2021, arXiv:2104.05704 (convolutions make the tokens, attention pools them), with a depthwise
convolution in place of learnt positions (Chu et al. 2021, arXiv:2102.10882), so that any size of input is possible.
"""

from typing import TYPE_CHECKING, Any

from edge.core.face.preprocess import InputSpec
from models.graph.weights import reading_weights
from models.specs.inputs import CropInput
from models.specs.network import Network
from models.specs.recipe import Recipe
from models.specs.targets import FolderEmotions

if TYPE_CHECKING:
    import keras

NAME = "emotion-vit"
WIDTH, DEPTH, HEADS = 128, 5, 4
INPUT = CropInput(InputSpec(48, black=-256 / 255, white=254 / 255))  # as the other emotion networks: grey 128 is 0
TARGET = FolderEmotions()


def build(size_px: int = 48, *, init: str | None = None, dropout: float = 0.1) -> "keras.Model":
    """Three convolutions make a token of 8x8 pixels, five blocks of attention read them, a weighted mean ends them.

    Args:
        size_px: Side of the input (size, size, 1), a multiple of 8.
        init: The path of a `.weights.h5` of this network, or None for random weights.
        dropout: Share of units left out in the blocks and before the last layer while training, 0..1.

    Returns:
        A Keras model with an output of 7 probabilities.

    Raises:
        SourceNotFound: Where `init` holds no such weights.
    """
    import keras

    layers = keras.layers
    face = keras.Input((size_px, size_px, 1))
    x = face
    for number, filters in enumerate((32, 64, WIDTH), 1):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"tokens_{number}")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"tokens_{number}_norm")(x)
        x = layers.MaxPooling2D()(layers.ReLU()(x))
    x = layers.Add()([x, layers.DepthwiseConv2D(3, padding="same", name="positions")(x)])
    x = layers.Reshape((-1, WIDTH))(x)
    for number in range(1, DEPTH + 1):
        x = _block(x, number, dropout)
    x = _normalised(x)
    weights = layers.Softmax(axis=1)(layers.Dense(1, name="pooling")(x))
    pooled = layers.Dropout(dropout, seed=0)(layers.Flatten()(layers.Dot(axes=1)([weights, x])))
    answer = layers.Dense(len(TARGET.labels), activation="softmax", name="emotions")(pooled)
    network = keras.Model(face, answer, name=NAME)
    if init is not None:
        with reading_weights(init, NAME):
            network.load_weights(init)
    return network


def _block(x: Any, number: int, dropout: float) -> Any:
    """Attention, then two dense layers, each behind a normalisation and beside a shortcut."""
    from keras import layers

    given = _normalised(x)
    attended = layers.MultiHeadAttention(HEADS, WIDTH // HEADS, name=f"attention_{number}")(given, given)
    x = layers.Add()([x, layers.Dropout(dropout, seed=2 * number)(attended)])
    hidden = layers.Dense(2 * WIDTH, activation="relu", name=f"dense_{number}_wide")(_normalised(x))
    made = layers.Dense(WIDTH, name=f"dense_{number}")(hidden)
    return layers.Add()([x, layers.Dropout(dropout, seed=2 * number + 1)(made)])


def _normalised(x: Any) -> Any:
    """Layer normalisation (Ba et al. 2016, arXiv:1607.06450) of operations that all have INT8 kernels.

    Keras' own layer negates, which TFLite computes in float alone. What it multiplies and adds afterwards is left to
    the dense layer behind.
    """
    from keras import ops

    centred = ops.subtract(x, ops.mean(x, axis=-1, keepdims=True))
    variance = ops.mean(ops.multiply(centred, centred), axis=-1, keepdims=True)
    return ops.multiply(centred, ops.rsqrt(ops.add(variance, 1e-5)))


EMOTION_VIT = Recipe(
    name=NAME,
    network=NAME,
    stages=((48, 40),),
    batch=64,
    learning_rate=1e-3,
    weight_decay=0.05,
    votes_weight=0.2,
    label_smoothing=0.05,
    patience=40,
    balance=0.25,
    balance_every=2,
    temperature=2.0,
    dropout=0.1,
    ema=0.998,
)

NETWORK = Network(
    name=NAME,
    description="Which of seven emotions a face looks like, by a vision transformer.",
    input=INPUT,
    target=TARGET,
    build=build,
    recipes=(EMOTION_VIT,),
)
