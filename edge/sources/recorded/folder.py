"""Folders of pictures in natural order, and single pictures."""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePath
from threading import Event
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import EdgeError, SourceNotFound
from edge.core.frames import Frame
from edge.core.text import natural_key, valid_text
from edge.sources.decoder.pictures import PictureDecoder
from edge.sources.lease import Lease
from edge.sources.pixels import MOST_FILE_BYTES, PictureTooLarge
from edge.sources.recorded.head import first_bytes
from edge.sources.recorded.reel import Reel

log = logging.getLogger(__name__)

_NAMED: Final = 5  # pictures in one message

PICTURE_SUFFIXES: Final = frozenset(
    {".bmp", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"}
)


@dataclass(frozen=True, slots=True)
class Pictures:
    """A folder of pictures as frames at a constant rate, or one picture; undecodable files count as dropped.

    They are decoded in a process of their own, which can open no other file and no socket.
    """

    path: Path
    images_per_s: float = 25.0
    recorded_at: datetime | None = None  # of the first picture, UTC

    @property
    def name(self) -> str:
        """The folder's or the file's name."""
        return valid_text(self.path.resolve().name)

    @property
    def live(self) -> bool:
        """False: every frame is read."""
        return False

    @contextmanager
    def open(self, stop: Event, lease: Lease | None = None) -> Iterator[Iterator[Frame]]:
        """Yield a frame for each picture; the n-th file's tick is n / images_per_s, decoded or not.

        At the end a warning names those that cannot be decoded; the last frame counts those after it, too.

        Raises:
            SourceNotFound: On entering, there is no picture file. From the iterator, none can be decoded, or one is
                too large.
            LimitReached: From the iterator, no process can be started to decode them.
        """
        with closing(PictureDecoder(stop)) as decode:
            yield self._frames(_files(self.path), decode, stop)

    def _frames(self, files: Sequence[Path], decode: PictureDecoder, stop: Event) -> Iterator[Frame]:
        reel, failed = Reel(self.recorded_at, len(files) / self.images_per_s), list[Path]()
        held, skipped = None, 0  # the latest frame, until it is known how many files after it cannot be decoded
        try:
            for index, file in enumerate(files):
                if stop.is_set():
                    return
                try:
                    rgb = _decoded(file, decode)
                except EdgeError:
                    if held is not None:
                        yield held
                    raise
                if stop.is_set():
                    return
                if rgb is None:
                    failed.append(file)
                    skipped += 1
                    continue
                if held is not None:
                    yield held
                held, skipped = reel.frame(rgb, index / self.images_per_s, skipped), 0
            if held is None:
                raise self._nothing()
            yield replace(held, dropped_before=held.dropped_before + skipped)
        finally:
            if failed and held is not None:
                log.warning("%s", _failures(self.name, failed, len(files)))

    def _nothing(self) -> SourceNotFound:
        return SourceNotFound(
            f"{self.path} holds no picture that can be decoded.", fix="Give pictures such as PNG or JPEG files."
        )


def _failures(name: str, failed: Sequence[Path], count: int) -> str:
    """The pictures that cannot be decoded, the first of them by name."""
    names = ", ".join(file.name for file in failed[:_NAMED])
    more = f" and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
    return f"{len(failed)} of the {count} pictures in {name} cannot be decoded: {names}{more}."


def _decoded(file: Path, decode: PictureDecoder) -> NDArray[np.uint8] | None:
    """Return a picture; None where it cannot be read or decoded."""
    try:
        with file.open("rb") as opened:
            if os.fstat(opened.fileno()).st_size > MOST_FILE_BYTES:
                raise PictureTooLarge(file.name)
            return decode(file.name, opened)
    except OSError:
        return None


def _files(path: Path) -> list[Path]:
    """Return the picture files of a folder, or the one file."""
    if not path.is_dir():
        first_bytes(path)
        return [path]
    try:
        found = [file for file in path.iterdir() if is_picture(file) and file.is_file()]
    except OSError as error:
        raise SourceNotFound(f"{path} cannot be read: {error.strerror}.", fix="Check who may read it.") from error
    if not found:
        raise SourceNotFound(f"{path} holds no pictures.", fix="Give a folder of pictures such as PNG or JPEG files.")
    return sorted(found, key=lambda file: (natural_key(file.name.casefold()), file.name))


def is_picture(path: PurePath) -> bool:
    """Return whether a file is a picture by its name; hidden files, which systems create, are not."""
    return path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".")
