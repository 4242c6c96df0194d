"""Face crops on the disk, for developers: the one exception to pictures being forgotten."""

import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.errors import BadConfiguration, CannotWrite
from edge.core.observing.quality import QualityLimits, readable_crop
from edge.host.files.private_files import cannot_write, make_folder, open_private, refuse_unsafe
from edge.run.events import FrameRead, SessionEvent


class CropFolder:
    """Writes every crop that a network reads as a grey PNG (48x48), numbered on from those in the folder, private.

    Args:
        folder: Created 0700 if absent.
        limits: Which faces are read.

    Raises:
        BadConfiguration: Others may read the folder, or it is another user's or a symbolic link.
        CannotWrite: Nothing can be written there.
    """

    def __init__(self, folder: Path, limits: QualityLimits) -> None:
        self._folder, self._limits = folder, limits
        refuse_unsafe(folder / "crop")
        try:
            make_folder(folder)
            mode = folder.stat().st_mode
        except OSError as error:
            raise cannot_write(folder, error) from error
        if mode & 0o077:
            raise BadConfiguration(
                f"Others may look into {folder}, and face crops are pictures of people.",
                fix=f"Name a folder that is not there yet, or run chmod 700 {folder}.",
            )
        self._written = max((int(file.stem) for file in folder.glob("*.png") if file.stem.isdecimal()), default=0)

    def __call__(self, event: SessionEvent) -> None:
        """Write the crop of the participant where a frame was read.

        Raises:
            CannotWrite: The disk refuses it.
        """
        if not isinstance(event, FrameRead) or event.observation.participant is None:
            return
        face, mesh = event.observation.participant, event.observation.mesh
        crop = readable_crop(event.frame.rgb, face, self._limits, None if mesh is None else mesh.head)
        if isinstance(crop, np.ndarray):
            self._written += 1
            self._write(self._folder / f"{self._written:06}.png", crop)

    def _write(self, path: Path, crop: NDArray[np.uint8]) -> None:
        encoded, content = cv2.imencode(".png", crop)
        if not encoded:
            raise CannotWrite(f"{path} cannot be made.", fix="Install OpenCV again.")
        with os.fdopen(open_private(path, os.O_WRONLY | os.O_TRUNC), "wb") as file:
            file.write(content.tobytes())
