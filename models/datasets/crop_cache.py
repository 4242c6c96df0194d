"""The cache of face crops from clips: private, for a week, or off. It holds pictures of faces.

Finding the faces of thousands of clips takes hours, and a training reads them several times.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import EdgeError
from edge.host.files.atomic import replaced
from edge.host.files.folders import home_folder
from edge.host.files.private_files import make_folder, refuse_shared

KEPT_S: Final = 7 * 24 * 3600.0
_ON: ContextVar[bool] = ContextVar("crop_cache_on", default=True)


@contextmanager
def switched(*, on: bool) -> Iterator[None]:
    """Use the cache in the block, or neither read nor write it."""
    before = _ON.set(on)
    try:
        yield
    finally:
        _ON.reset(before)


@dataclass(frozen=True, slots=True)
class CachedCrops:
    """The place of one clip's crops in the cache."""

    path: Path

    def read(self) -> NDArray[np.uint8] | None:
        """Return the crops (n, 48, 48); None where there are none, or the cache is off."""
        if not _ON.get():
            return None
        with suppress(OSError, ValueError):
            return np.asarray(np.load(self.path, allow_pickle=False), np.uint8)
        return None

    def write(self, crops: NDArray[np.uint8]) -> None:
        """Keep crops, for their owner alone; without effect where the cache is off or the disk refuses."""
        if not _ON.get():
            return
        with suppress(OSError, EdgeError):
            make_folder(self.path.parent)
            refuse_shared(self.path)
            with replaced(self.path) as file:
                np.save(file, crops)


def of_clip(clip: Path, settings: object) -> CachedCrops:
    """Return the place of a clip's crops; another clip, or the same one changed, has another place.

    Args:
        clip: The file; it may be absent.
        settings: What decides which crops are taken from it; its `repr` is part of the name.
    """
    status = clip.stat() if clip.exists() else None
    key = (clip.resolve(), status and (status.st_size, status.st_mtime_ns), settings)
    return CachedCrops(_folder() / f"{sha256(repr(key).encode()).hexdigest()}.npy")


def delete_old() -> None:
    """Delete crops that were written more than `KEPT_S` ago, and what a killed process left of them."""
    for path in _folder().glob("*.npy"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > KEPT_S:
                path.unlink()


def _folder() -> Path:
    return (
        Path(os.environ.get("XDG_CACHE_HOME") or home_folder("cached crops") / ".cache")
        / "edge-expressiveness"
        / "faces"
    )
