"""A model's card: what the network is given, what it answers, and how well; and the two loaded together."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.core.errors import BadModel
from edge.core.face.preprocess import InputSpec
from edge.core.face.sequence import Grid
from edge.core.observing.score import ScoreScale, Slopes
from edge.core.quantization import Quantization
from edge.vision.manifest import refuse_another
from edge.vision.manifest import shipped_models as shipped_models
from edge.vision.model_file import checked_content, read_model_file

Slope = Annotated[float, Field(gt=0)]
_Form = TypeVar("_Form", bound=BaseModel)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class InputKind(StrEnum):
    """What a network is given; the runtime makes the input from it."""

    CROP = "crop"  # a grey face crop, 48x48, resized to the input's square
    LANDMARKS = "landmarks"  # the positions of a face's landmarks in one frame, as a vector
    SEQUENCE = "sequence"  # one vector a frame, over several frames


class OutputKind(StrEnum):
    """What a network answers."""

    LABELS = "labels"  # a probability for each of the card's labels
    SCORE = "score"  # one number, a standardised score


class OutputForm(StrEnum):
    """What the output of a network with labels holds."""

    PROBABILITIES = "probabilities"
    LOGITS = "logits"  # the runtime applies the softmax: INT8 probabilities have no room near 0 and 1


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
    """The input tensor, what it is made from, of a crop the values of black and white, of a sequence its grid."""

    kind: InputKind = InputKind.CROP
    black: float | None = None
    white: float | None = None
    step_s: Annotated[float, Field(gt=0)] | None = None
    stride: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _crop_is_normalised(self) -> Self:
        if self.kind is InputKind.CROP and (self.black is None or self.white is None):
            raise ValueError("a crop's input needs black and white")
        if self.kind is InputKind.SEQUENCE and (self.step_s is None or self.stride is None or len(self.shape) != 3):
            raise ValueError("a sequence's input needs step_s and stride, and has the shape of one window")
        return self

    @property
    def spec(self) -> InputSpec:
        """The crop input that `edge.core.face.preprocess` makes; only where `kind` is crop."""
        assert self.black is not None
        assert self.white is not None
        return InputSpec(self.shape[1], self.black, self.white)

    @property
    def grid(self) -> Grid:
        """The grid of the windows that a run reads; only where `kind` is sequence."""
        assert self.step_s is not None
        assert self.stride is not None
        return Grid(self.step_s, self.shape[1], self.stride)


class Output(Tensor):
    """The output tensor, and what it means."""

    kind: OutputKind = OutputKind.LABELS
    form: OutputForm = OutputForm.PROBABILITIES


class ScoreSlopes(_Part):
    """The fields of `edge.core.observing.score.Slopes`."""

    reserved_inner: Slope
    reserved_outer: Slope
    expressive_inner: Slope
    expressive_outer: Slope


class Score(_Part):
    """How score and levels follow from the network's probabilities: `edge.core.observing.score.ScoreScale`.

    Attributes:
        margins: Quantiles of the margin over the training faces, rising.
        scores: The normal scores of these quantiles, rising.
        slopes: Of the levels' log odds.
        made: How, and from which faces.
    """

    margins: Annotated[tuple[float, ...], Field(min_length=2)]
    scores: tuple[float, ...]
    slopes: ScoreSlopes
    made: dict[str, Any] = {}

    @model_validator(mode="after")
    def _a_function(self) -> Self:
        both = (self.margins, self.scores)
        if len(self.margins) != len(self.scores) or any(left >= right for one in both for left, right in pairwise(one)):
            raise ValueError("margins and scores must rise, and be as many")
        return self

    @property
    def scale(self) -> ScoreScale:
        """The functions."""
        return ScoreScale(self.margins, self.scores, Slopes(**self.slopes.model_dump()))


class Card(_Part):
    """A model's card: everything that the runtime checks, and the evidence of how well the model works.

    Attributes:
        name: The model's name; the card is `NAME.json`.
        version: Version of the model.
        file: The model's file, beside the card.
        sha256: Hash of the file.
        size_bytes: Its size.
        labels: Labels in the order of the output; empty for a score.
        input: The input tensor and how it is made.
        output: The output tensor and its meaning.
        score: How a score follows from the labels, for levels of expressiveness.
        evidence: Figures on a test set.
        training: The recipe of training.
        conversion: The recipe of conversion.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    version: str
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+\.tflite$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size_bytes: int
    labels: tuple[str, ...]
    input: Input
    output: Output
    score: Score | None = None
    score_knots: Any = Field(default=None, exclude=True)  # of cards of earlier versions; not used
    evidence: dict[str, Any] = {}
    training: dict[str, Any] = {}
    conversion: dict[str, Any] = {}

    @model_validator(mode="after")
    def _labels_or_score(self) -> Self:
        if bool(self.labels) is not (self.output.kind is OutputKind.LABELS):
            raise ValueError("a network answers with labels, or with a score and has none")
        if self.output.kind is OutputKind.SCORE and self.output.shape != (1, 1):
            raise ValueError("a score is one number")
        if self.score is not None and self.output.form is not OutputForm.LOGITS:
            raise ValueError("a score needs an output of logits")
        return self


@dataclass(frozen=True, slots=True)
class Model:
    """A card, and the bytes whose hash it names."""

    card: Card
    content: bytes


def load_model(folder: Path, name: str, labels: tuple[str, ...]) -> Model:
    """Read a card and its model.

    Args:
        folder: Folder of models and cards.
        name: The card's name.
        labels: The labels that the card must have.

    Raises:
        BadModel: Either is missing or unusable, or they do not belong together; the message names what was expected
            and what was found.
    """
    card = load_card(folder / f"{name}.json")
    if card.name != name or card.labels != labels:
        raise BadModel(
            f"{folder / name}.json describes {card.name} with labels {', '.join(card.labels)}; "
            f"expected {name} with {', '.join(labels)}.",
            fix="Install the model and the card that belong together.",
        )
    return Model(card, checked_content(folder / card.file, card.sha256, card.size_bytes))


def load_card(path: Path) -> Card:
    """Read a card.

    Raises:
        BadModel: It is missing or unusable.
    """
    return card_in_form(Card, path)


def card_in_form(form: type[_Form], path: Path) -> _Form:
    """Read a card of some form, as JSON.

    Raises:
        BadModel: It is missing, has another form, or is not the one that was shipped.
    """
    content = read_model_file(path)
    refuse_another(path, hashlib.sha256(content).hexdigest())
    try:
        return form.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "its text"
        raise BadModel(f"{path} is no usable model card: {where}: {first['msg']}.", fix="Install it again.") from None
