"""What a network is: its name, what it is given, what it answers, how it is built and how it is trained."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.core.errors import SourceNotFound
from edge.vision.card import InputKind, OutputKind
from models.datasets.labelled import Labelled
from models.specs.inputs import NetworkInput
from models.specs.recipe import Recipe
from models.specs.targets import Target

if TYPE_CHECKING:
    import keras

# Called as build(size, init=..., dropout=...): the length of one side of the input (pixels for a crop), "imagenet", the
# path of pre-trained weights or None, and the share of units left out before the last layer while training (0..1).
Build = Callable[..., "keras.Model"]


_REMEDIES = {
    InputKind.CROP: "Give the pictures themselves.",
    InputKind.LANDMARKS: "Make them with edge-extract.",
    InputKind.SEQUENCE: "Give recordings with a segments.csv: docs/stress.md.",
}


@dataclass(frozen=True, slots=True)
class Network:
    """A kind of network. A file in `models/networks` holds one as `NETWORK`; nothing else has to name it.

    Training, conversion and evaluation take from here what differs between networks. The runtime never sees this: it
    goes by the card that conversion writes.

    Attributes:
        name: The Keras model's name, and that of its card and files (`NAME.json`, `NAME.tflite`).
        description: One sentence on what it answers; its card for people begins with it.
        input: What it is given, at the size of its last training stage.
        target: What it answers, and which faces of a data set train it.
        build: Makes the Keras model with random or pre-trained weights; None for a network made elsewhere.
        recipes: How it is trained, the usual way first; each is a name for `edge-train`.
        pretrained: What `--init` may name besides `none` and a file.
    """

    name: str
    description: str
    input: NetworkInput
    target: Target
    build: Build | None = None
    recipes: tuple[Recipe, ...] = ()
    pretrained: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in the order of its output; empty for a score."""
        return self.target.labels

    @property
    def output(self) -> OutputKind:
        """Whether it answers with a probability a label, or with one standardised score."""
        return OutputKind.LABELS if self.labels else OutputKind.SCORE

    def built(self, size: int, *, init: str | None = None, dropout: float = 0.0) -> "keras.Model":
        """Build the Keras model.

        Args:
            size: Length of one side of the input, such as pixels of a crop.
            init: One of `pretrained`, the path of a `.weights.h5`, or None for random weights.
            dropout: Share of units left out before the last layer while training, 0..1.

        Raises:
            SourceNotFound: Where `init` holds no weights of this network.
        """
        assert self.build is not None, f"{self.name} is converted, not trained, here"
        return self.build(size, init=init, dropout=dropout)

    def refuse_other_kind(self, split: Labelled) -> None:
        """Refuse samples of another kind than this network's input.

        Raises:
            SourceNotFound: They are of another.
        """
        if split.kind is not self.input.kind:
            raise SourceNotFound(
                f"{self.name} reads {self.input.kind}, and the data holds {split.kind}.",
                fix=_REMEDIES[self.input.kind],
            )
