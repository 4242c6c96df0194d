"""Loading of data sets of all forms, by path and split."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from edge.core.errors import SourceNotFound
from models.datasets import class_folders, fer2013, fer2013_csv, landmark_file, landmark_parquet, recruitview
from models.datasets.labelled import Labelled
from models.datasets.splitting import SPLITS
from models.sequences import recordings

__all__ = ["SPLITS", "Form", "form_of", "hashes", "is_data_set", "load"]


@dataclass(frozen=True, slots=True)
class Form:
    """A form of data, and the functions that recognise and read it."""

    name: str
    is_here: Callable[[Path], bool]
    load: Callable[[Path, str], Labelled]
    hashes: Callable[[Path, str], dict[str, str]]


def _form(name: str, module: ModuleType) -> Form:
    return Form(name, module.is_here, module.load, module.hashes)


# The first that recognises a path reads it: the clearest marks come first.
FORMS = (
    _form("landmark features", landmark_file),
    _form("landmark features as Parquet", landmark_parquet),
    _form("recordings with segments", recordings),
    _form("FER-2013 in zips", fer2013),
    _form("fer2013.csv", fer2013_csv),
    _form("RecruitView", recruitview),
    _form("class folders", class_folders),
)


def load(path: Path, split: str) -> Labelled:
    """Read a split of a data set.

    Args:
        path: The data set, of any form.
        split: One of `SPLITS`.

    Raises:
        SourceNotFound: The path holds no known form, or not that split.
    """
    return form_of(path).load(path, split)


def hashes(path: Path, split: str) -> dict[str, str]:
    """The SHA-256 of the files that a split is read from, by name.

    Raises:
        SourceNotFound: The path holds no known form.
    """
    return form_of(path).hashes(path, split)


def is_data_set(path: Path) -> bool:
    """Whether a path holds one of the forms."""
    return any(form.is_here(path) for form in FORMS)


def form_of(path: Path) -> Form:
    """The form that a path holds.

    Raises:
        SourceNotFound: It holds no known form.
    """
    found = next((form for form in FORMS if form.is_here(path)), None)
    if found is None:
        raise SourceNotFound(
            f"{path} {'holds no data set of a known form' if path.exists() else 'does not exist'}.",
            fix="Give FER-2013 (zips and labels.csv, fer2013.csv or pictures), a folder of class folders, one with a "
            "labels.toml, RecruitView, or recordings with a segments.csv: see docs/data.md.",
        )
    return found
