"""Keras and what it computes with: imported without chatter, or a sentence on what to install."""

import os

from edge.core.errors import BadConfiguration
from edge.vision.quiet import native_silence

TRAINS = ("tensorflow", "jax", "torch")


def need_keras(computes_with: tuple[str, ...] = TRAINS) -> None:
    """Import Keras on the backend that the person chose. Raises BadConfiguration where one of the two is missing.

    `computes_with` names the backends that will do.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow: errors only
    try:
        with native_silence():
            import keras
    except ImportError as error:
        missing = error.name or str(error)
        extra = missing.split(".")[0] in ("keras", "tensorflow")
        raise BadConfiguration(
            f"This needs {missing}, which is not installed.",
            fix="Install edge-expressiveness[train]." if extra else f"Install {missing}, or unset KERAS_BACKEND.",
        ) from None
    except ValueError:
        raise _unfit(os.environ.get("KERAS_BACKEND", "of ~/.keras/keras.json"), computes_with) from None
    if keras.backend.backend() not in computes_with:
        raise _unfit(keras.backend.backend(), computes_with)


def _unfit(backend: str, computes_with: tuple[str, ...]) -> BadConfiguration:
    return BadConfiguration(
        f"Keras' backend {backend} will not do here.", fix=f"Set KERAS_BACKEND to {' or '.join(computes_with)}."
    )
