"""The expression model of the classic interface: a converted network with its card, or a `.keras` file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.errors import BadModel, SourceNotFound
from edge.vision.card import InputKind, load_card, load_model
from edge.vision.readers import reader_of
from models.datasets.faces import Faces
from models.networks import networks

if TYPE_CHECKING:
    import keras

Crops = NDArray[np.uint8]  # (n, 48, 48)
Predict = Callable[[Crops], NDArray[np.float32]]  # probabilities (n, labels)


def expression_model(path: Path) -> tuple[Predict, tuple[str, ...]]:
    """Load a network over face crops.

    Args:
        path: A `.tflite` file with its card beside it, or a `.keras` file: one of edge-train's, or any other over a
            square of grey or colours, which is given pixels of 0 to 255.

    Returns:
        What predicts with it, and its labels; none where the file does not name them.

    Raises:
        SourceNotFound: There is no such file.
        BadModel: It cannot be used.
    """
    if not path.is_file():
        raise SourceNotFound(f"There is no file {path}.", fix="Give a .tflite file with its card, or a .keras file.")
    if path.suffix == ".tflite":
        return _converted(path)
    if path.suffix == ".keras":
        return _keras(path)
    raise BadModel(f"{path} is neither .tflite nor .keras.", fix="Save the whole network as .keras, not its weights.")


def labels_of(path: Path | None) -> tuple[str, ...]:
    """Read a label decoder: a JSON list, a JSON object from index to label, or a text with a label a line.

    Raises:
        BadModel: It is a pickle, which is code, or anything else.
        SourceNotFound: There is no such file.
    """
    if path is None:
        return ()
    if not path.is_file():
        raise SourceNotFound(f"There is no file {path}.", fix="Give the labels as JSON, or leave the decoder out.")
    if path.suffix in (".pkl", ".pickle", ".joblib"):
        raise BadModel(
            f"{path} is a pickle, which runs code when it is read.",
            fix="Save its labels: json.dump(list(encoder.classes_), file).",
        )
    try:
        text = path.read_text(encoding="utf-8")
        held = json.loads(text) if path.suffix == ".json" else text.split("\n")
        if isinstance(held, dict):
            held = [held[key] for key in sorted(held, key=int)]
        labels = tuple(str(label).strip() for label in held if str(label).strip())
    except (ValueError, TypeError) as error:
        raise BadModel(f"{path} holds no labels: {error}.", fix="Give a JSON list of them.") from None
    if len(labels) < 2:
        raise BadModel(f"{path} holds no labels.", fix="Give a JSON list of them.")
    return labels


def _converted(path: Path) -> tuple[Predict, tuple[str, ...]]:
    card = load_card(path.with_suffix(".json"))
    if card.input.kind is not InputKind.CROP or not card.labels:
        raise BadModel(f"{path} does not read labels from a face crop.", fix="Give an emotion network over crops.")
    reader = reader_of(load_model(path.parent, card.name, card.labels))
    return lambda crops: np.stack([reader(crop) for crop in crops]), card.labels


def _keras(path: Path) -> tuple[Predict, tuple[str, ...]]:
    from models.backend import need_keras

    need_keras()
    import keras

    try:
        model = keras.saving.load_model(path, compile=False)
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise BadModel(f"{path} cannot be read by Keras ({type(error).__name__}).", fix="Save it again.") from None
    known = networks().get(model.name)
    if known is not None and known.input.fits(model.input_shape[1:]) and known.input.kind is InputKind.CROP:
        given = known.input.sized(model.input_shape[1])

        def arrays(crops: Crops) -> NDArray[Any]:
            none = np.zeros(len(crops))
            return given.arrays(Faces(crops, none.astype(np.float32), none.astype(np.int64), known.labels))

        return lambda crops: _predicted(model, arrays(crops)), known.labels
    shape: tuple[Any, ...] = getattr(model, "input_shape", ())
    if len(shape) != 4 or not shape[1] or shape[1] != shape[2] or shape[3] not in (1, 3):
        raise BadModel(f"{path} is given {shape}, not a square of grey or colours.", fix="Give another network.")
    return lambda crops: _predicted(model, _pixels(crops, shape[1], shape[3])), ()


def _pixels(crops: Crops, size: int, channels: int) -> NDArray[np.float32]:
    resized = np.stack([cv2.resize(crop, (size, size)) for crop in crops]).astype(np.float32)
    return np.repeat(resized[..., np.newaxis], channels, axis=3)


def _predicted(model: "keras.Model", given: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(model.predict(given, verbose=0), np.float32)
