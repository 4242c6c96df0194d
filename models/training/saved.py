"""A network read back from a `.keras` file, and whether it is one of ours."""

import zipfile
from pathlib import Path

import keras

from edge.core.errors import BadModel, SourceNotFound
from models.networks import NAMES, network


def load_network(path: Path) -> keras.Model:
    """Read a network that `models.networks` can build.

    Raises SourceNotFound where there is no such file, BadModel, naming what was found, for anything else than ours.
    """
    if not path.is_file():
        raise SourceNotFound(f"There is no file {path}.", fix="Give the path of a .keras file that edge-train made.")
    try:
        model = keras.saving.load_model(path, compile=False)
    except (ValueError, TypeError, KeyError, AttributeError, OSError, zipfile.BadZipFile) as error:
        raise BadModel(
            f"{path} ({path.stat().st_size} bytes) is no network that Keras can read ({type(error).__name__}).",
            fix="Give a .keras file that edge-train made.",
        ) from None
    if model.name not in NAMES or not _fits(model, len(network(model.name).LABELS)):
        raise BadModel(
            f"{path} holds a network named {model.name} from {_shape(model, 'input')} to {_shape(model, 'output')}; "
            f"expected {' or '.join(NAMES)}, from a grey square to one probability a label.",
            fix="Give a .keras file that edge-train made.",
        )
    return model


def _fits(model: keras.Model, labels: int) -> bool:
    given, answered = _shape(model, "input"), _shape(model, "output")
    return (
        isinstance(given, tuple)
        and len(given) == 4
        and isinstance(given[1], int)
        and given[1:] == (given[1], given[1], 1)
        and answered == (None, labels)
    )


def _shape(model: keras.Model, side: str) -> object:
    return getattr(model, f"{side}_shape", None)  # a network that was never built has none
