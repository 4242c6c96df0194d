"""Reading of foreign networks: `.keras` files and SavedModel folders, checked before anything takes long."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from converter.foreign.about import About, name_of
from converter.foreign.graph import flat
from converter.trained import Trained
from edge.core.errors import BadModel, SourceNotFound
from edge.core.labels import EMOTIONS
from edge.vision.model_folder import LEVEL_NAMES
from models.datasets.faces import Faces
from models.datasets.labelled import Labelled
from models.specs.inputs import CropInput
from models.specs.network import Network
from models.specs.recipe import Recipe
from models.specs.targets import Levels, Samples, Target
from models.training.saved import UNREADABLE

_SUM = 1e-3  # how far probabilities may be from 1 together


@dataclass(frozen=True, slots=True)
class NamedLabels:
    """The labels of a foreign network, each standing for some of the data's emotions."""

    about: About
    scored: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """In the order of the output."""
        return self.about.labels

    def samples(self, split: Labelled, recipe: Recipe | None = None) -> Samples:
        """The faces of the emotions that some label stands for; see `models.specs.targets.Target.samples`."""
        given = split.emotions(0.0)
        ground_truth = self._index[given.ground_truth]
        rows = np.flatnonzero(ground_truth >= 0)
        targets = np.eye(len(self.labels), dtype=np.float32)[ground_truth[rows]]
        return Samples(Faces(given.crops[rows], targets, ground_truth[rows], self.labels), rows)

    def taught(self, labels: NDArray[np.float32], votes: NDArray[np.float32]) -> NDArray[np.float32]:
        """The first head's probabilities, added up over the emotions that each label stands for."""
        stands = (self._index[:, np.newaxis] == np.arange(len(self.labels))).astype(np.float32)
        shares = softmax(labels, axis=1) @ stands
        return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float32)

    @property
    def _index(self) -> NDArray[np.int64]:
        """The label (7,) that stands for each emotion; -1: none."""
        found = [self.about.label_of(each) for each in EMOTIONS]
        return np.array([-1 if label is None else label for label in found], np.int64)

    def others(self, split: Labelled) -> dict[str, Faces]:
        """None: only the folders' names are mapped."""
        return {}


def load_foreign(path: Path, about: About) -> Trained:
    """Reads a network that was trained elsewhere.

    Args:
        path: A `.keras` file, or the folder of a SavedModel.
        about: What the user says about it.

    Returns:
        The network over a grey face, ready for conversion.

    Raises:
        SourceNotFound: There is nothing at the path.
        BadModel: It cannot be read, or is no network over one picture with a probability a label.
    """
    name = about.name or name_of(path)
    found = flat(_read(path), about, path, name)
    model, count = found.model, len(about.labels)
    if model.output_shape != (None, count):
        raise BadModel(
            f"{path} answers with {model.output_shape[1:]} numbers, and --about names {count} labels.",
            fix="Name one label for each output.",
        )
    _refuse_unsound(model, path, found.spec.black, found.spec.white)
    target: Target = Levels() if about.labels == LEVEL_NAMES else NamedLabels(about)
    return Trained(
        model=model,
        network=Network(name, about.description, CropInput(found.spec), target),
        input=CropInput(found.spec),
        file=path.name,
        sha256=_hash(path),
        recipe={"foreign": True, "description": about.description},
        reference=model,
        reference_file=path.name,
    )


def _read(path: Path) -> Any:
    if path.suffix.lower() in (".h5", ".hdf5"):
        raise BadModel(
            f"{path} is in Keras' old form, which does not hold the whole network.",
            fix="Load it where it was made, and save it again as a .keras file.",
        )
    if path.is_dir():
        if not (path / "saved_model.pb").is_file():
            raise SourceNotFound(f"{path} is a folder without a SavedModel.", fix="Give a .keras file.")
        return _saved_model(path)
    if not path.is_file():
        raise SourceNotFound(f"There is no file {path}.", fix="Give a .keras file or the folder of a SavedModel.")
    try:
        return keras.saving.load_model(path, compile=False)
    except UNREADABLE as error:
        unknown = re.search(r"[Cc]ould not (?:locate|deserialize) class '?([\w.>]+)", str(error))
        what = f"has a layer that Keras does not know, {unknown[1]}" if unknown else "cannot be read by Keras"
        fix = "Give a network of Keras' own layers, saved by Keras 3; a Lambda layer is code and not loaded."
        raise BadModel(f"{path} {what} ({type(error).__name__}).", fix=fix) from None


def _saved_model(path: Path) -> Any:
    """A SavedModel as a layer, by the first endpoint that it has."""
    for endpoint in ("serve", "serving_default"):
        try:
            return keras.layers.TFSMLayer(str(path), call_endpoint=endpoint)
        except (ValueError, AttributeError, KeyError, OSError):
            continue
    raise BadModel(f"{path} cannot be read as a SavedModel.", fix="Export it again, or give a .keras file.")


def _refuse_unsound(model: keras.Model, path: Path, black: float, white: float) -> None:
    if not all(np.isfinite(weights).all() for weights in model.get_weights()):
        raise BadModel(f"{path} holds weights that are no numbers.", fix="Train it again; a lower rate helps.")
    tried = np.random.default_rng(0).uniform(min(black, white), max(black, white), (4, *model.input_shape[1:]))
    answers = np.asarray(model.predict(tried.astype(np.float32), verbose=0))
    if not np.isfinite(answers).all():
        raise BadModel(f"{path} answers with what is no number.", fix="Check black and white in --about.")
    if answers.min() < 0 or np.abs(answers.sum(axis=1) - 1).max() > _SUM:
        raise BadModel(
            f"{path} does not answer with probabilities: its outputs add up to {answers.sum(axis=1).mean():.2g}.",
            fix="End it with a softmax, and save it again.",
        )


def _hash(path: Path) -> str:
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
