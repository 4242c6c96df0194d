"""A folder of labelled pictures or clips; a `labels.toml` maps its classes.

The class is the name of the folder that a file lies in, or stands in a list. Without `labels.toml` the folders are
called as our classes are, below `train`, `validation` (or `val`, `valid`) and `test`, or below none of these; or it is
FER-2013 as pictures, `train/<class>/*.jpg` and `test/<class>/*.jpg`, whose names begin with their split.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import SourceNotFound
from edge.core.face.preprocess import CROP_PX, crop_of
from edge.core.labels import EMOTIONS
from edge.sources.pixels import decode
from edge.sources.recorded.folder import is_picture
from models.datasets import face_crops
from models.datasets.class_map import FILE, ClassMap, Holds, ShowsFaces, Split, Table, read_class_map
from models.datasets.fer2013_csv import USAGES
from models.datasets.hashing import hash_of_all
from models.datasets.labelled import Labelled
from models.datasets.splitting import NoSuchSplit, is_held_out, split_of

_CALLED: dict[Split, tuple[str, ...]] = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val"),
    "test": ("test",),
}
_FER2013 = {split: f"{usage}_" for split, usage in USAGES.items()}
_CLIPS = frozenset({".avi", ".mkv", ".mov", ".mp4", ".m4v", ".mpg", ".webm", ".wmv"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A picture or clip: its path below the folder, the data set's name of its class, and its split."""

    path: str
    label: str
    split: str


def is_here(path: Path) -> bool:
    """Whether a folder holds a `labels.toml`, or class folders with the names of EMOTIONS."""
    if not path.is_dir():
        return False
    if (path / FILE).is_file():
        return True
    top = [path, *(path / name for names in _CALLED.values() for name in names)]
    return any(below.name.casefold() in EMOTIONS for folder in top if folder.is_dir() for below in folder.iterdir())


def load(path: Path, split: str) -> Labelled:
    """Read a split.

    Args:
        path: The folder.
        split: One of `SPLITS`.

    Returns:
        Faces in the order of the files' paths; a clip gives several.

    Raises:
        SourceNotFound: A class is neither mapped nor left out, a file cannot be decoded, or the split has no face.
        BadConfiguration: `labels.toml` is unusable.
    """
    names = _map(path)
    chosen = [(entry, emotion) for entry, emotion in _mapped(path, names) if entry.split == split]
    taken = list(_crops(path, names, [entry.path for entry, _ in chosen]))
    if not any(len(crops) for crops in taken):
        raise NoSuchSplit(
            f"{path} ({names.name}) holds no face in its {split} split.",
            fix="Check `splits` and `classes` in labels.toml, or the names of the folders: see docs/data.md.",
        )
    counts = [len(crops) for crops in taken]
    return Labelled(
        crops=np.concatenate(taken),
        emotion=np.repeat(np.array([emotion for _, emotion in chosen], np.int64), counts),
        names=tuple(entry.path for (entry, _), count in zip(chosen, counts, strict=True) for _ in range(count)),
    )


def shows_whole_pictures(path: Path) -> bool:
    """Whether a path is such a folder of pictures in which faces are found, and not of cropped faces."""
    if not is_here(path):
        return False
    names = _map(path)
    return names.holds is Holds.PICTURES and names.faces is ShowsFaces.DETECT


def hashes(path: Path, split: str) -> dict[str, str]:
    """One SHA-256 over the files of a split."""
    used = [entry.path for entry, _ in _mapped(path, _map(path)) if entry.split == split]
    return {split: hash_of_all(path, used)}


def _map(path: Path) -> ClassMap:
    if (path / FILE).is_file():
        return read_class_map(path)
    is_fer2013 = next((path / "test").glob("*/PublicTest_*"), None) is not None
    there = {split: [name for name in names if (path / name).is_dir()] for split, names in _CALLED.items()}
    return ClassMap.model_validate(
        {
            "name": "FER-2013" if is_fer2013 else path.resolve().name or "pictures",
            "classes": {emotion: emotion for emotion in EMOTIONS},
            "splits": _FER2013 if is_fer2013 else {split: f"{found[0]}/" for split, found in there.items() if found},
        }
    )


def _mapped(path: Path, names: ClassMap) -> Iterator[tuple[Entry, int]]:
    """The entries whose class is mapped, with its index into EMOTIONS."""
    for entry in _listed(path, names, names.table) if names.table else _found(path, names):
        try:
            emotion = names.emotion(entry.label)
        except KeyError:
            raise SourceNotFound(
                f"{entry.path} in {path} is of the class {entry.label!r}, which is neither mapped nor left out.",
                fix=f"Name it under classes or leave_out in {path / FILE}.",
            ) from None
        if emotion is not None:
            yield entry, emotion


def _found(path: Path, names: ClassMap) -> Iterator[Entry]:
    clips = names.holds is Holds.VIDEOS
    found = sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
    for name in map(PurePosixPath, found):
        wanted = name.suffix.lower() in _CLIPS if clips else is_picture(name)
        split = _split(str(name), names)
        if wanted and len(name.parts) > 1 and split:
            yield Entry(str(name), name.parent.name, split)


def _listed(path: Path, names: ClassMap, table: Table) -> Iterator[Entry]:
    lists = table.by_split or {"": str(table.every)}
    for split, file in lists.items():
        for name, label in _rows(path / file, table):
            picture = table.file.format(name=name, stem=PurePosixPath(name).stem)
            if own := _within(split, name, lists.keys()) if split else _split(name, names):
                yield Entry(picture, label, own)


def _rows(file: Path, table: Table) -> list[tuple[str, str]]:
    try:
        text = file.read_text(encoding="utf-8-sig").strip()
        lines = text.splitlines()
        parted = [line.split() for line in lines] if "," not in text else list(csv.reader(lines))
        rows = [[cell.strip() for cell in row] for row in parted]
        heading = rows[0] if isinstance(table.name, str) or isinstance(table.label, str) else []
        name, label = (heading.index(at) if isinstance(at, str) else at for at in (table.name, table.label))
        return [(row[name], row[label]) for row in rows[bool(heading) :]]
    except (OSError, ValueError, IndexError, csv.Error) as error:
        raise SourceNotFound(
            f"{file} is no list of names and classes: {error}.",
            fix=f"Check [table] in labels.toml: columns {table.name} and {table.label}.",
        ) from None


def _split(name: str, names: ClassMap) -> str | None:
    """The split of a file, None where it is in none."""
    if not names.splits:
        return split_of(name)
    called = name, PurePosixPath(name).name
    begun = (split for split, begins in names.splits.items() if any(of.startswith(begins) for of in called))
    named = next(begun, None)
    return None if named is None else _within(named, name, names.splits.keys())


def _within(named: str, name: str, known: Iterable[str]) -> str:
    """The split that a file is counted in: a part of train is the validation split where the data set has none."""
    return "validation" if named == "train" and "validation" not in known and is_held_out(name) else named


def _crops(path: Path, names: ClassMap, files: list[str]) -> Iterator[NDArray[np.uint8]]:
    """The crops (n, 48, 48) of each file; n is 0 for a picture in which a run would read no face."""
    if names.holds is Holds.PICTURES and names.faces is ShowsFaces.CROPPED:
        yield from (crop_of(_pixels(path, name))[np.newaxis] for name in files)
        return
    with face_crops.opened() as look:
        for name in files:
            if names.holds is Holds.VIDEOS:
                yield look.crops(path / name)
            else:
                crop = look.crop(_pixels(path, name))
                yield np.zeros((0, CROP_PX, CROP_PX), np.uint8) if crop is None else crop[np.newaxis]


def _pixels(path: Path, name: str) -> NDArray[np.uint8]:
    try:
        pixels = decode(name, (path / name).read_bytes())
    except OSError as error:
        raise SourceNotFound(f"{path / name} cannot be read: {error.strerror}.", fix="Check its name.") from None
    if pixels is None:
        raise SourceNotFound(f"{path / name} is no picture that can be decoded.", fix="Repair or remove it.")
    return pixels
