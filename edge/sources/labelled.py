"""Labelled pictures: a folder of class folders, or a zip of one, read picture by picture."""

import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import SourceNotFound
from edge.sources.folder import is_picture
from edge.sources.pixels import decode


@dataclass(frozen=True, slots=True, eq=False)
class LabelledImage:
    """One picture and the name of the folder it lies in."""

    name: str  # path inside the folder or zip
    label: str
    pixels: NDArray[np.uint8]  # (h, w, 3) RGB


def labelled_images(path: Path) -> Iterator[LabelledImage]:
    """Yield the pictures below `path` in the order of their paths.

    Raises SourceNotFound where there is nothing of the kind, and for a picture that cannot be decoded.
    """
    if os.path.isdir(path):  # False, and no error, in a folder that may not be looked into
        names = sorted(found.relative_to(path).as_posix() for found in path.rglob("*") if found.is_file())
        yield from _decoded(path, names, lambda name: (path / name).read_bytes())
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from _decoded(path, sorted(archive.namelist()), archive.read)
    else:
        raise SourceNotFound(
            f"{path} is neither a folder of class folders nor a zip of one.",
            fix="Give a path such as faces/ with faces/happy/1.png in it.",
        )


def _decoded(path: Path, names: list[str], read: Callable[[str], bytes]) -> Iterator[LabelledImage]:
    pictures = [name for name in names if is_picture(PurePosixPath(name)) and "/" in name]
    if not pictures:
        raise SourceNotFound(
            f"{path} holds no picture in a class folder.", fix="Put each picture in a folder named after its class."
        )
    for name in pictures:
        pixels = decode(name, read(name))
        if pixels is None:
            raise SourceNotFound(f"{name} in {path} is no picture that can be decoded.", fix="Repair or remove it.")
        yield LabelledImage(name, PurePosixPath(name).parent.name, pixels)
