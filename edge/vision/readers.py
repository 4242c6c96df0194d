"""Which class runs a network, by what its card says of input and output."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import BadModel, UsageError
from edge.vision.card import Card, InputKind, Model, OutputKind, load_card
from edge.vision.classifier import Classifier, LandmarkClassifier, Scorer, SequenceClassifier
from edge.vision.interpreters import Backend


class Reader(Protocol):
    """A loaded network."""

    card: Card
    backend: Backend

    def __call__(self, sample: NDArray[Any], /) -> NDArray[np.float32]:
        """Read one sample of the card's kind of input.

        Returns:
            Probabilities (labels,) that sum to 1, or one score (1,).
        """
        ...


class _MakesReader(Protocol):
    def __call__(self, model: Model, backend: Backend, threads: int) -> Reader: ...


# A new network needs no line here; a new kind of input or output does.
READERS: Final[Mapping[tuple[InputKind, OutputKind], _MakesReader]] = {
    (InputKind.CROP, OutputKind.LABELS): Classifier,
    (InputKind.CROP, OutputKind.SCORE): Scorer,
    (InputKind.LANDMARKS, OutputKind.LABELS): LandmarkClassifier,
    (InputKind.SEQUENCE, OutputKind.LABELS): SequenceClassifier,
}


def reader_of(model: Model, backend: Backend = Backend.AUTO, threads: int = 1) -> Reader:
    """Load a network into the reader for its card's kind of input and output.

    Args:
        model: The network and its card.
        backend: The interpreter.
        threads: Threads of the interpreter.

    Raises:
        BadModel: There is no such reader, or the interpreter refuses the network.
    """
    kind = model.card.input.kind, model.card.output.kind
    if kind not in READERS:
        raise BadModel(
            f"{model.card.name} has the input {kind[0]} and the output {kind[1]}, which this version cannot run.",
            fix="Use a newer version, or another model.",
        )
    return READERS[kind](model, backend, threads)


def card_names(folder: Path) -> tuple[str, ...]:
    """The names of the cards in a folder of models, in order. No card is opened."""
    return tuple(sorted(path.stem for path in folder.glob("*.json")))


def card_named(folder: Path, name: str) -> Card:
    """Read the card `NAME.json` of a folder of models.

    Raises:
        UsageError: There is no card of this name.
        BadModel: The card is unusable, or describes another network.
    """
    known = card_names(folder)
    if name not in known:
        raise UsageError(
            f"There is no model {name} in {folder}.",
            fix=f"There are {', '.join(known)}." if known else "Give the models' folder with --models.",
        )
    card = load_card(folder / f"{name}.json")
    if card.name != name:
        raise BadModel(f"{folder / name}.json describes {card.name}.", fix="Name the file after its card.")
    return card
