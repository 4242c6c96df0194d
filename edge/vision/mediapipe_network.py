"""One of MediaPipe's networks, as its authors published it: card, licence, origin, and the interpreter that runs it."""

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from edge.core.errors import BadModel
from edge.vision.card import card_in_form, shipped_models
from edge.vision.interpreters import Backend, new_interpreter
from edge.vision.model_file import checked_content, hashed_content

FOLDER: Final = "mediapipe"  # below the shipped models


class FloatTensor(BaseModel):
    """One float32 tensor of a network: its name in the file, its shape and what it holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    shape: tuple[int, ...]
    dtype: Literal["float32"] = "float32"
    meaning: str


class MediaPipeCard(BaseModel):
    """The card of one of MediaPipe's networks, `NAME.json`.

    Attributes:
        name: The network's name.
        file: Its file, beside the card.
        sha256: Hash of the file.
        size_bytes: Its size.
        licence: SPDX name of its licence; the text lies beside the card as `LICENSE`.
        copyright: Who holds the rights.
        origin: Where the file was taken from, byte for byte.
        packaged: Where the file lies below the package `mediapipe`, of a network that is too large to be shipped.
        paper: Publication that describes the network.
        input: The input tensor.
        outputs: The output tensors, in the order in which `MediaPipeNetwork.output` counts them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+\.tflite$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size_bytes: int
    licence: str
    copyright: str
    origin: str
    packaged: str | None = None
    paper: str
    input: FloatTensor
    outputs: Annotated[tuple[FloatTensor, ...], Field(min_length=1)]


class MediaPipeNetwork:
    """One of MediaPipe's networks in an interpreter, compared with its card when it is loaded.

    Not for use by two threads at once.

    Args:
        name: The card's name.
        backend: The interpreter; `AUTO` takes the first that is installed.
        threads: Threads of the interpreter, 1 or more.
        folder: Folder of card and file; by default that of the shipped ones.

    Raises:
        BadModel: Card or file are missing or unusable, they do not belong together, or no interpreter is installed.
    """

    def __init__(
        self, name: str, backend: Backend = Backend.AUTO, threads: int = 1, folder: Path | None = None
    ) -> None:
        folder = shipped_models() / FOLDER if folder is None else folder
        self.card = card_in_form(MediaPipeCard, folder / f"{name}.json")
        content = _content(self.card, folder)
        self.backend, self._interpreter = new_interpreter(content, self.card.file, backend, threads)
        inputs = {each["name"]: each for each in self._interpreter.get_input_details()}
        outputs = {each["name"]: each for each in self._interpreter.get_output_details()}
        self._input = self._interpreter.tensor(self._index(inputs, self.card.input))
        self._outputs = tuple(self._index(outputs, each) for each in self.card.outputs)

    def run(self, prepare: Callable[[NDArray[np.float32]], object]) -> None:
        """Run the network once.

        Args:
            prepare: Writes the sample into the array that it is given, the input tensor itself without the batch,
                and keeps no reference to it: the interpreter refuses to run while there is one. The array holds the
                last sample.
        """
        prepare(self._input()[0])
        self._interpreter.invoke()

    def invoke(self) -> None:
        """Run the bare interpreter on its last input, for measuring."""
        self._interpreter.invoke()

    def output(self, position: int) -> NDArray[np.float32]:
        """Return a copy of an output of the last run, without the batch.

        Args:
            position: The output's place in the card.
        """
        copy: NDArray[np.float32] = self._interpreter.get_tensor(self._outputs[position])[0]
        return copy

    def rows(self, position: int, places: Iterable[int]) -> list[list[float]]:
        """Return some rows of an output of the last run, without a copy of the others.

        Args:
            position: The output's place in the card; it has two dimensions beside the batch.
            places: Which rows.
        """
        output = self._interpreter.tensor(self._outputs[position])()[0]
        return [output[place].tolist() for place in places]

    def _index(self, found: dict[str, Any], expected: FloatTensor) -> int:
        tensor = found.get(expected.name)
        shape = None if tensor is None else tuple(int(side) for side in tensor["shape"])
        if tensor is None or shape != expected.shape or np.dtype(tensor["dtype"]).name != expected.dtype:
            raise BadModel(
                f"{self.card.file} has no tensor {expected.name} of {expected.dtype} {expected.shape}, "
                "which its card names.",
                fix="Install the model and the card that belong together.",
            )
        return int(tensor["index"])


def network_hash(name: str) -> str:
    """Return the SHA-256 of a shipped card's network.

    Raises:
        BadModel: The card is missing or unusable.
    """
    return card_in_form(MediaPipeCard, shipped_models() / FOLDER / f"{name}.json").sha256


def _content(card: MediaPipeCard, folder: Path) -> bytes:
    if card.packaged is None:
        return checked_content(folder / card.file, card.sha256, card.size_bytes)
    package = find_spec("mediapipe")  # it is not imported
    places = [] if package is None else package.submodule_search_locations or []
    if not places:
        raise BadModel(
            f"The network {card.name} is in the package mediapipe 0.10.18, which is not installed.",
            fix="Install it, with Python 3.11 or 3.12, or leave the pose out.",
        )
    return hashed_content((Path(places[0]) / card.packaged).resolve(), card.sha256, card.size_bytes)
