"""The finished parts of an extraction, in a folder beside its file, so that one that was interrupted goes on."""

import json
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from models.files import whole, writing
from models.landmarks.reading import Features


class Parts:
    """The folder `FILE.parts`; that of other data or other networks is emptied.

    Args:
        out: The file that the extraction will write.
        about: What decides its content.

    Raises:
        CannotWrite: The folder cannot be written.
    """

    def __init__(self, out: Path, about: dict[str, Any]) -> None:
        self._folder = out.with_name(f"{out.name}.parts")
        mark, path = sha256(json.dumps(about, sort_keys=True).encode()).hexdigest(), self._folder / "of.txt"
        with writing(self._folder):
            if self._folder.exists() and not (path.is_file() and path.read_text() == mark):
                shutil.rmtree(self._folder)
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with whole(path) as part:
            part.write_text(mark)

    def read(self, name: str) -> Features | None:
        """A part by its name; None where it is not there."""
        path = self._folder / f"{name}.npz"
        if not path.is_file():
            return None
        with np.load(path) as kept:
            return Features(kept["rows"], kept["has_mesh"], kept["has_pose"])

    def write(self, name: str, part: Features) -> None:
        """Keep a part.

        Raises:
            CannotWrite: There is no room.
        """
        with whole(self._folder / f"{name}.npz") as path, path.open("wb") as file:
            np.savez(file, rows=part.rows, has_mesh=part.has_mesh, has_pose=part.has_pose)

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self._folder)
