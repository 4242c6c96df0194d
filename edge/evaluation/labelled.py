"""Labelled pictures: a folder of class folders, or a zip of one, read picture by picture."""

import csv
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from threading import Event
from typing import IO

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import SourceNotFound
from edge.sources.decoder.pictures import PictureDecoder
from edge.sources.pixels import MOST_FILE_BYTES, PictureTooLarge
from edge.sources.recorded.folder import is_picture


@dataclass(frozen=True, slots=True, eq=False)
class LabelledImage:
    """One picture and the name of the folder it lies in."""

    name: str  # path inside the folder or zip
    label: str
    pixels: NDArray[np.uint8]  # (h, w, 3) RGB


def labelled_images(path: Path) -> Iterator[LabelledImage]:
    """Read the labelled pictures of a folder or zip, decoded in a process of their own.

    Args:
        path: A folder of class folders, or a zip of one.

    Yields:
        The pictures, in the order of their paths.

    Raises:
        SourceNotFound: There is no labelled picture, or one cannot be decoded.
        LimitReached: No process can be started to decode them.
    """
    with _opened(path) as (names, read), closing(PictureDecoder(Event())) as decode:
        for name, pixels in decode.in_turn((name, read(name)) for name in names):
            if pixels is None:
                raise SourceNotFound(f"{name} in {path} is no picture that can be decoded.", fix="Repair or remove it.")
            yield LabelledImage(name, PurePosixPath(name).parent.name, pixels)


def picture_count(path: Path) -> int:
    """Return how many pictures `labelled_images` reads, without reading them; raises SourceNotFound as it does."""
    with _opened(path) as (names, _):
        return len(names)


def groups_of(table: Path, images: Path) -> dict[str, str]:
    """Read the groups of pictures.

    Args:
        table: A CSV file with the columns `image` and `group`. An image is named by its path inside the folder or zip,
            or by its file name alone where that is unique.
        images: The folder or zip of the pictures.

    Returns:
        The group of each picture that the table names, by the picture's path.

    Raises:
        SourceNotFound: The file is no such table, or an image is missing or named twice.
    """
    with _opened(images) as (names, _):
        places = {name: [name] for name in names}
        for name in names:
            places.setdefault(PurePosixPath(name).name, []).append(name)
    found: dict[str, str] = {}
    for image, group in _rows(table):
        if len(places.get(image, ())) != 1:
            raise SourceNotFound(
                f"{table} names {image}, which {'several pictures' if image in places else 'no picture'} in {images} "
                f"{'are' if image in places else 'is'} called.",
                fix=f"Name pictures by their path there, such as {names[0]}.",
            )
        (name,) = places[image]
        if name in found:
            raise SourceNotFound(f"{table} names {image} twice.", fix="Give each picture one group.")
        found[name] = group
    return found


def _rows(table: Path) -> list[tuple[str, str]]:
    try:
        with table.open(newline="", encoding="utf-8-sig") as lines:
            rows = [(row["image"], row["group"]) for row in csv.DictReader(lines)]
    except (OSError, KeyError, ValueError, csv.Error) as error:
        raise SourceNotFound(
            f"{table} is no table of groups: {type(error).__name__}: {error}.",
            fix="It is a CSV file whose first line is image,group.",
        ) from None
    if not rows or not all(image and group for image, group in rows):
        raise SourceNotFound(f"{table} has no row, or one without a group.", fix="Give each image a group.")
    return rows


@contextmanager
def _opened(path: Path) -> Iterator[tuple[list[str], Callable[[str], bytes]]]:
    """The names of the pictures in class folders below `path`, in order, and the function that reads one."""
    if os.path.isdir(path):  # False, and no error, in a folder that may not be looked into
        found = sorted(found.relative_to(path).as_posix() for found in path.rglob("*") if found.is_file())
        yield _pictures(path, found), lambda name: _read(name, (path / name).open("rb"))
    elif _is_zip(path):
        with _unpacking(path):
            archive = zipfile.ZipFile(path)
        with archive:
            yield _pictures(path, sorted(archive.namelist())), partial(_unpacked, path, archive)
    else:
        raise SourceNotFound(
            f"{path} is neither a folder of class folders nor a zip of one.",
            fix="Give a path such as faces/ with faces/happy/1.png in it.",
        )


def _is_zip(path: Path) -> bool:
    try:
        return zipfile.is_zipfile(path)
    except ValueError:  # of a damaged end
        return False


def _unpacked(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    with _unpacking(path):
        return _read(name, archive.open(name))


@contextmanager
def _unpacking(path: Path) -> Iterator[None]:
    """Translate what zipfile raises for files that are damaged, encrypted, or packed in a way that it does not know."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, LZMAError, OSError, EOFError, ValueError, RuntimeError) as error:
        raise SourceNotFound(
            f"{path} cannot be unpacked: {type(error).__name__}: {error}.", fix="Pack it anew, without a password."
        ) from None


def _read(name: str, opened: IO[bytes]) -> bytes:
    """All of a file; a zip can promise far more than it weighs."""
    with opened as file:
        content = file.read(MOST_FILE_BYTES + 1)
    if len(content) > MOST_FILE_BYTES:
        raise PictureTooLarge(name)
    return content


def _pictures(path: Path, names: list[str]) -> list[str]:
    pictures = [name for name in names if is_picture(PurePosixPath(name)) and "/" in name]
    if not pictures:
        raise SourceNotFound(
            f"{path} holds no picture in a class folder.", fix="Put each picture in a folder named after its class."
        )
    return pictures
