"""A model and its card: the bytes are read once, compared with the card's SHA-256, and only then handed on."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.core.errors import BadModel
from edge.core.preprocess import InputSpec
from edge.core.quantization import Quantization

LARGEST_MODEL_BYTES = 64 * 2**20


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tensor(_Part):
    """One INT8 tensor: its shape and its quantization."""

    shape: tuple[int, ...]
    dtype: Literal["int8"] = "int8"
    scale: Annotated[float, Field(gt=0)]
    zero_point: Annotated[int, Field(ge=-128, le=127)]

    @property
    def quantization(self) -> Quantization:
        """Scale and zero point, for arithmetic."""
        return Quantization(self.scale, self.zero_point)


class Input(Tensor):
    """The input tensor, and the real values of a black and of a white pixel."""

    black: float
    white: float

    @property
    def spec(self) -> InputSpec:
        """What `edge.core.preprocess` has to make."""
        return InputSpec(self.shape[1], self.black, self.white)


class ScoreKnots(_Part):
    """How an expressiveness score follows from the levels: piecewise linear through these points.

    x is P(expressive) - P(reserved), -1..1; y the standardised score.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]


class Card(_Part):
    """What a model is: everything the runtime checks, and the evidence that it works."""

    name: Literal["emotion", "expressiveness"]
    version: str
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+\.tflite$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size_bytes: int
    labels: tuple[str, ...]
    input: Input
    output: Tensor
    score_knots: ScoreKnots | None = None
    evidence: dict[str, Any] = {}
    training: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Model:
    """A card, and the bytes whose hash it names."""

    card: Card
    content: bytes


def shipped_models() -> Path:
    """The folder of the models that came with the installation."""
    return Path(__file__).resolve().parents[2] / "models" / "shipped"


def load_model(folder: Path, name: str, labels: tuple[str, ...]) -> Model:
    """Read the card `NAME.json` and its model. Raises BadModel, naming what was expected and what was found."""
    card = load_card(folder / f"{name}.json")
    if card.name != name or card.labels != labels:
        raise BadModel(
            f"{folder / name}.json describes {card.name} with labels {', '.join(card.labels)}; "
            f"expected {name} with {', '.join(labels)}.",
            fix="Install the model and the card that belong together.",
        )
    path = folder / card.file
    content = _read(path)
    found = hashlib.sha256(content).hexdigest()
    if found != card.sha256:
        raise BadModel(
            f"{path} is not the model its card describes: expected SHA-256 {card.sha256[:12]}... "
            f"({card.size_bytes} bytes), found {found[:12]}... ({len(content)} bytes).",
            fix="Install the model again; it was not loaded.",
        )
    return Model(card, content)


def load_card(path: Path) -> Card:
    """Read a card. Raises BadModel where it is missing or says something unusable."""
    try:
        return Card.model_validate_json(_read(path))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "its text"
        raise BadModel(f"{path} is no usable model card: {where}: {first['msg']}.", fix="Install it again.") from None


def _read(path: Path) -> bytes:
    """All of a regular file, in one go; a link in its place is refused."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with open(handle, "rb") as file:
            content = file.read(LARGEST_MODEL_BYTES + 1)
    except OSError as error:
        raise BadModel(
            f"{path} cannot be read: {error.strerror}.", fix="Give the models' folder with --models, or install again."
        ) from None
    if not content or len(content) > LARGEST_MODEL_BYTES:
        raise BadModel(
            f"{path} holds {'nothing' if not content else 'more than 64 MiB'}.", fix="Install the model again."
        )
    return content
