"""Keras and its backend: imported without output, or an error that names what to install; and memory for it."""

import ctypes
import os

from edge.core.errors import BadConfiguration
from edge.vision.quiet import native_silence

TRAINS = ("tensorflow", "jax", "torch")
INSTALL_TRAIN = "In a clone, run uv sync --locked --extra train, or pip install '.[train]'."

# mallopt(3)'s names for what it sets, from glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_INT_MAX = 2**31 - 1


def need_keras(computes_with: tuple[str, ...] = TRAINS) -> None:
    """Import Keras on the backend that the user chose.

    Args:
        computes_with: The backends that are supported here.

    Raises:
        BadConfiguration: Keras or the backend is not installed, or the backend is not one of these.
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
            fix=INSTALL_TRAIN if extra else f"Install {missing}, or unset KERAS_BACKEND.",
        ) from None
    except ValueError:
        raise _unfit(os.environ.get("KERAS_BACKEND", "of ~/.keras/keras.json"), computes_with) from None
    if keras.backend.backend() not in computes_with:
        raise _unfit(keras.backend.backend(), computes_with)


def hold_memory() -> None:
    """Let this process keep what it frees instead of giving it back to the kernel, where the C library is glibc.

    A training step frees tens of megabytes and allocates as much at once; by default glibc returns every large block,
    and the kernel clears its pages again for the next step. Call it before anything large is allocated.
    """
    tune = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if tune is not None:
        tune(_M_MMAP_THRESHOLD, _INT_MAX)
        tune(_M_TRIM_THRESHOLD, _INT_MAX)
        tune(_M_TOP_PAD, 64 << 20)


def _unfit(backend: str, computes_with: tuple[str, ...]) -> BadConfiguration:
    return BadConfiguration(
        f"Keras' backend {backend} will not do here.", fix=f"Set KERAS_BACKEND to {' or '.join(computes_with)}."
    )
