"""How somebody else's classes become ours: a small TOML file, `labels.toml`, in the folder of the data."""

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.core.errors import BadConfiguration, SourceNotFound
from edge.core.labels import EMOTIONS
from models.datasets.splitting import SPLITS

FILE = "labels.toml"
_SHIPPED = Path(__file__).with_name("maps")

Split = Literal["train", "validation", "test"]
Emotion = Literal["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]


class Holds(StrEnum):
    """What lies in the class folders."""

    PICTURES = "pictures"
    VIDEOS = "videos"


class ShowsFaces(StrEnum):
    """How a picture becomes a face crop."""

    CROPPED = "cropped"  # it shows a face and nothing else
    DETECT = "detect"  # the face is found, judged and cropped as in a run


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Table(_Part):
    """Labels in a list, where they do not stand in the names of the folders: lines of a name and a class.

    Columns are parted by commas or white space. `name` and `label` are headings, or numbers (from 0) in a table that
    has none. `file` is where the picture of a name lies; {name} stands for it, {stem} for it without its suffix.
    """

    train: str | None = None
    validation: str | None = None
    test: str | None = None
    every: str | None = None  # one table for all splits
    name: int | str = 0
    label: int | str = 1
    file: str = "{name}"

    @property
    def by_split(self) -> dict[str, str]:
        """The tables of the splits that have one of their own."""
        return {split: table for split in SPLITS if (table := getattr(self, split)) is not None}

    @model_validator(mode="after")
    def _one_or_some(self) -> Self:
        if (self.every is None) == (not self.by_split):
            raise ValueError("give either `every`, or a table for each split")
        return self


class ClassMap(_Part):
    """What a data set's folders and classes are called."""

    name: str
    holds: Holds = Holds.PICTURES
    faces: ShowsFaces = ShowsFaces.CROPPED
    classes: Annotated[dict[str, Emotion], Field(min_length=1)]
    leave_out: frozenset[str] = frozenset()
    splits: dict[Split, str] = {}  # what a split's paths (in a list, names) or file names begin with
    table: Table | None = None

    def emotion(self, found: str) -> int | None:
        """The index into EMOTIONS of a class, by its name in any case; None where it is left out. Raises KeyError."""
        if found.casefold() in {name.casefold() for name in self.leave_out}:
            return None
        return EMOTIONS.index({name.casefold(): ours for name, ours in self.classes.items()}[found.casefold()])


def read_class_map(folder: Path) -> ClassMap:
    """Read the `labels.toml` of a folder. Raises BadConfiguration, naming the place, where it says nothing usable."""
    path = folder / FILE
    try:
        return ClassMap.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadConfiguration(f"{path} cannot be read: {error.strerror}.", fix="Check who may read it.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{path} is no TOML: {error}.", fix="Correct that place.") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "its values"
        raise BadConfiguration(f"{path}: {where}: {first['msg']}.", fix="See docs/data.md.") from None


def shipped_map(name: str) -> str:
    """The text of one of the class maps that came with the installation. Raises SourceNotFound, naming those."""
    known = sorted(path.stem for path in _SHIPPED.glob("*.toml"))
    if name not in known:
        raise SourceNotFound(f"There is no class map called {name!r}.", fix=f"There are {', '.join(known)}.")
    return (_SHIPPED / f"{name}.toml").read_text(encoding="utf-8")
