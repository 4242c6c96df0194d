"""The mapping of a data set's classes to EMOTIONS: a small TOML file, `labels.toml`, in the folder of the data."""

import tomllib
from enum import StrEnum
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from edge.core.errors import BadConfiguration, SourceNotFound
from edge.core.labels import EMOTIONS
from models.datasets.splitting import SPLITS

FILE = "labels.toml"
_SHIPPED = Path(__file__).with_name("maps")

Split = Literal["train", "validation", "test"]
Emotion = Literal["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]


class Holds(StrEnum):
    """The kind of the labelled files."""

    PICTURES = "pictures"
    VIDEOS = "videos"


class ShowsFaces(StrEnum):
    """How a picture becomes a face crop."""

    CROPPED = "cropped"  # it shows a face and nothing else
    DETECT = "detect"  # the face is found, judged and cropped as in a run


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Table(_Part):
    """A list of names and classes, where the classes are not the names of the folders.

    Columns are separated by commas or white space. `name` and `label` are headings, or numbers (from 0) in a table that
    has none. `file` is the path of a picture; {name} stands for its name, {stem} for the name without its suffix.
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
        """The tables of single splits, by split."""
        return {split: table for split in SPLITS if (table := getattr(self, split)) is not None}

    @field_validator("file")
    @classmethod
    def _only_names(cls, file: str) -> str:
        for _, field, how, conversion in Formatter().parse(file):
            if field not in (None, "name", "stem") or how or conversion:
                raise ValueError("write {name} and {stem} only, without anything after them")
        return file

    @model_validator(mode="after")
    def _one_or_some(self) -> Self:
        if (self.every is None) == (not self.by_split):
            raise ValueError("give either `every`, or a table for each split")
        return self


class ClassMap(_Part):
    """The names of a data set's classes and splits, and the kind of its files."""

    name: str
    holds: Holds = Holds.PICTURES
    faces: ShowsFaces = ShowsFaces.CROPPED
    classes: Annotated[dict[str, Emotion], Field(min_length=1)]
    leave_out: frozenset[str] = frozenset()
    splits: dict[Split, str] = {}  # what a split's paths (in a list, names) or file names begin with
    table: Table | None = None

    def emotion(self, found: str) -> int | None:
        """The index into EMOTIONS of a class; None where it is left out.

        Args:
            found: The class's name in the data set, in upper or lower case.

        Raises:
            KeyError: The class is neither mapped nor left out.
        """
        if found.casefold() in {name.casefold() for name in self.leave_out}:
            return None
        return EMOTIONS.index({name.casefold(): emotion for name, emotion in self.classes.items()}[found.casefold()])


def read_class_map(folder: Path) -> ClassMap:
    """Read the `labels.toml` of a folder.

    Raises:
        BadConfiguration: It cannot be read or holds an unusable value, which the message names.
    """
    path = folder / FILE
    try:
        return ClassMap.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadConfiguration(f"{path} cannot be read: {error.strerror}.", fix="Check its permissions.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{path} is no TOML: {error}.", fix="Correct that place.") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "its values"
        raise BadConfiguration(f"{path}: {where}: {first['msg']}.", fix="See docs/data.md.") from None


def shipped_map(name: str) -> str:
    """The text of one of the class maps that came with the installation.

    Raises:
        SourceNotFound: There is none of this name; the message names those that there are.
    """
    known = sorted(path.stem for path in _SHIPPED.glob("*.toml"))
    if name not in known:
        raise SourceNotFound(f"There is no class map called {name!r}.", fix=f"There are {', '.join(known)}.")
    return (_SHIPPED / f"{name}.toml").read_text(encoding="utf-8")
