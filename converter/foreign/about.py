"""What a user says about a network that was trained elsewhere: its labels, and what it is given."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.core.errors import BadConfiguration
from edge.core.labels import EMOTIONS
from edge.vision.model_folder import LEVEL_NAMES

Grey = float | tuple[float, float, float]


class About(BaseModel):
    """The keys of the file that `edge-convert --about` takes.

    Attributes:
        labels: In the order of the network's output.
        black, white: What the network is to be given for black and for white: a number, or one a colour channel.
        name: Of the card and its files; by default the file's name.
        description: One sentence for the card.
        size: Side of its square input in pixels, where the network does not say it.
        channels: 1 for grey, 3 for red, green and blue, where the network does not say it.
        classes: The emotions of the data that each label stands for, by label; one that is absent here stands for the
            emotion of its own name. Faces of other emotions are left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    labels: Annotated[tuple[str, ...], Field(min_length=2)]
    black: Grey
    white: Grey
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")] | None = None
    description: str = "A network that was trained elsewhere."
    size: Annotated[int, Field(ge=8, le=1024)] | None = None
    channels: Literal[1, 3] | None = None
    classes: dict[str, tuple[str, ...]] = {}

    @model_validator(mode="after")
    def _labels_have_faces(self) -> "About":
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("a label is given twice")
        if self.labels == LEVEL_NAMES:
            return self
        unknown = [label for label in self.labels if label not in EMOTIONS and label not in self.classes]
        if unknown:
            raise ValueError(f"say under [classes] which of {', '.join(EMOTIONS)} are {', '.join(unknown)}")
        wrong = [name for names in self.classes.values() for name in names if name not in EMOTIONS]
        if wrong or set(self.classes) - set(self.labels):
            raise ValueError(f"[classes] gives each label some of {', '.join(EMOTIONS)}")
        return self

    def label_of(self, emotion: str) -> int | None:
        """The index of the label that stands for an emotion of the data; None where none does."""
        for index, label in enumerate(self.labels):
            if emotion in self.classes.get(label, (label,)):
                return index
        return None


def read_about(path: Path) -> About:
    """Reads the file.

    Args:
        path: A TOML file.

    Returns:
        What it says.

    Raises:
        BadConfiguration: It cannot be read, or holds a key or value that it cannot have.
    """
    try:
        return About.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where, reason = ".".join(map(str, first["loc"])), str(first["msg"]).removeprefix("Value error, ")
        raise BadConfiguration(
            f"{path} does not describe a network: {where + ': ' * bool(where)}{reason}.",
            fix="See docs/conversion.md, Foreign networks.",
        ) from None
    except (OSError, ValueError) as error:
        reason = str(getattr(error, "strerror", None) or error)
        raise BadConfiguration(f"{path} cannot be read: {reason}.", fix="Give a TOML file.") from None


def name_of(path: Path) -> str:
    """The name of a card after a file's: lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-") or "network"
