"""A network read from a `.keras` file, and the check that models.networks knows it."""

import zipfile
import zlib
from pathlib import Path
from typing import Final

import keras

from edge.core.errors import BadModel, SourceNotFound
from models.networks import networks
from models.specs.network import Network

# What Keras raises for files that are none of its own, cut, encrypted or nested too deep.
UNREADABLE: Final = (
    *(ValueError, TypeError, KeyError, AttributeError, OSError, RuntimeError),
    *(EOFError, zipfile.BadZipFile, zlib.error),
)


def load_network(path: Path) -> keras.Model:
    """Read a network that `models.networks` knows by its name, input and labels.

    Raises:
        SourceNotFound: There is no such file.
        BadModel: It holds anything else; the message names what was found.
    """
    if not path.is_file():
        what = f"{path} is a folder." if path.is_dir() else f"There is no file {path}."
        raise SourceNotFound(what, fix="Give the path of a .keras file that edge-train made.")
    try:
        model = keras.saving.load_model(path, compile=False)
    except UNREADABLE as error:
        raise BadModel(
            f"{path} ({path.stat().st_size} bytes) is no network that Keras can read ({type(error).__name__}).",
            fix="Give a .keras file that edge-train made.",
        ) from None
    known = networks()
    if model.name not in known or not _fits(model, known[model.name]):
        raise BadModel(
            f"{path} holds a network named {model.name} from {_shape(model, 'input')} to {_shape(model, 'output')}; "
            f"expected {' or '.join(known)}, from its own kind of input to one probability a label.",
            fix="Give a .keras file that edge-train made.",
        )
    return model


def _fits(model: keras.Model, network: Network) -> bool:
    given, answered = _shape(model, "input"), _shape(model, "output")
    return isinstance(given, tuple) and network.input.fits(given[1:]) and answered == (None, len(network.labels) or 1)


def _shape(model: keras.Model, side: str) -> object:
    return getattr(model, f"{side}_shape", None)  # a network that was never built has none
