"""Face crops from pictures and clips, by the runtime's own detector, quality limits and crop."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import numpy as np
from numpy.typing import NDArray

from edge.config import Config
from edge.core.face.detection import largest
from edge.core.face.preprocess import CROP_PX
from edge.core.observing.quality import readable_crop
from edge.core.readings import Unreadable
from edge.sources.recorded.video import VideoFile
from edge.vision.detection.base import FaceDetector
from edge.vision.detection.choose import face_detector
from models.datasets import crop_cache

EVERY_S = 1.0  # media time between two faces taken from a clip
_RUN = Config()


class FaceFinder:
    """Finds faces as a run with the default settings does."""

    def __init__(self, find_faces: FaceDetector) -> None:
        self._find_faces = find_faces

    def crop(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
        """The largest face (48, 48) of a picture (h, w, 3); None where a run would read none."""
        face = largest(self._find_faces(rgb))
        crop = None if face is None else readable_crop(rgb, face, _RUN.limits)
        return None if isinstance(crop, Unreadable) else crop

    def crops(self, clip: Path) -> NDArray[np.uint8]:
        """The faces of a clip, one every `EVERY_S` of those that a run would read; see `crop_cache`.

        Returns:
            Crops (n, 48, 48).

        Raises:
            SourceNotFound: The clip cannot be read.
        """
        cache = crop_cache.of_clip(clip, (EVERY_S, _RUN.limits, _RUN.detector, _RUN.face_confidence))
        crops = cache.read()
        if crops is None:
            taken = list(self._taken(clip))
            crops = np.stack(taken) if taken else np.zeros((0, CROP_PX, CROP_PX), np.uint8)
            cache.write(crops)
        return crops

    def _taken(self, clip: Path) -> Iterator[NDArray[np.uint8]]:
        due_s = float("-inf")
        with VideoFile(clip).open(Event()) as frames:
            for frame in frames:
                if frame.tick_s >= due_s and (crop := self.crop(frame.rgb)) is not None:
                    due_s = frame.tick_s + EVERY_S
                    yield crop


@contextmanager
def opened() -> Iterator[FaceFinder]:
    """Start the detector for the block; crops that were cached a week ago are deleted first."""
    crop_cache.delete_old()
    with face_detector(_RUN.detector, _RUN.face_confidence) as find_faces:
        yield FaceFinder(find_faces)
