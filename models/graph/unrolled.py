"""Recurrent layers written out step by step: TFLite has no INT8 loop, and so no state stays between two windows.

Each gate has its own product. One product split into four would leave the forget gate of the first step without use,
and then TFLite's calibration has no range for it, or an arbitrary one.
"""

import keras


def unrolled(model: keras.Model) -> keras.Model:
    """Return a copy whose recurrent layers are unrolled, or the network itself where it has none."""
    if not any(isinstance(layer, keras.layers.RNN) for layer in model.layers):
        return model

    def copied(layer: keras.layers.Layer) -> keras.layers.Layer:
        more = {"unroll": True, "implementation": 1} if isinstance(layer, keras.layers.RNN) else {}
        return type(layer).from_config({**layer.get_config(), **more})

    copy = keras.models.clone_model(model, clone_function=copied)
    copy.set_weights(model.get_weights())
    return copy
