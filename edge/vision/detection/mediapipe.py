"""MediaPipe's face detectors in its own package; the only file that knows it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.metadata import version
from importlib.util import find_spec
from math import ceil, sqrt
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import BadConfiguration
from edge.core.face.detection import Box, Detection, Keypoints
from edge.vision.detection.model import OFFLINE_MEDIAPIPE, DetectorModel
from edge.vision.quiet import native_silence

_MOST_PIXELS: Final = 3840 * 2160


class MediaPipeDetector:
    """MediaPipe face detection (BlazeFace, Bazarevsky et al. 2019, arXiv:1907.05047), offline, one frame at a time.

    Args:
        model: For near or far faces.
        min_confidence: Detections with a lower score are dropped, 0..1; MediaPipe itself reports none below 0.5 for
            near faces and 0.6 for far ones.

    Raises:
        BadConfiguration: MediaPipe is not installed, or one without face detection for Python.
    """

    def __init__(self, model: DetectorModel = DetectorModel.NEAR, min_confidence: float = 0.5) -> None:
        self._min_confidence = min_confidence  # MediaPipe 0.10.18 takes one too, and uses the graph's whatever it is
        with native_silence():
            self._detector: Any = _face_detection()(model_selection=1 if model is DetectorModel.FAR else 0)
            self._detector.process(np.zeros((64, 64, 3), np.uint8))  # starts its graph, and its chatter, here

    @property
    def runtime(self) -> str:
        """What runs the network."""
        return f"mediapipe {version('mediapipe')}"

    def __call__(self, rgb: NDArray[np.uint8], tick_s: float | None = None) -> tuple[Detection, ...]:
        """Detect faces; see `FaceDetector`."""
        height, width = rgb.shape[:2]
        found = self._detector.process(_bounded(rgb)).detections or ()
        faces = (_detection(face, width, height) for face in found)
        sure = (face for face in faces if face.confidence >= self._min_confidence)
        return tuple(sorted(sure, key=lambda face: face.box.area, reverse=True))

    def bare(self, rgb: NDArray[np.uint8]) -> object:
        """Run MediaPipe's graph on a frame (h, w, 3), for measuring."""
        return self._detector.process(_bounded(rgb))

    def close(self) -> None:
        """Stop MediaPipe's graph."""
        self._detector.close()


def _bounded(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture, or every n-th of its pixels, since MediaPipe ends the process where it gets no memory for a copy.

    Its graph shrinks it to 128 or 192 pixels, and does not filter it before either; places are shares of the picture.
    """
    step = ceil(sqrt(rgb.shape[0] * rgb.shape[1] / _MOST_PIXELS))
    return rgb if step <= 1 else np.ascontiguousarray(rgb[::step, ::step])


def _detection(found: Any, width: int, height: int) -> Detection:
    place = found.location_data
    box = place.relative_bounding_box
    points = [(point.x * width, point.y * height) for point in place.relative_keypoints]
    return Detection(
        box=Box(box.xmin * width, box.ymin * height, box.width * width, box.height * height),
        keypoints=Keypoints(*points),
        confidence=float(found.score[0]),
    )


# Options in the detector's graph. MediaPipe reads the graph as text and silently drops the options whose
# messages are not imported: then neither the requested confidence nor the suppression of overlapping boxes applies.
_OPTIONS = (
    "tensor.image_to_tensor",
    "tensor.inference",
    "tensor.tensors_to_detections",
    "tflite.ssd_anchors",
    "util.non_max_suppression",
)

_INSTALL: Final = f"Remove detector_runtime, or install mediapipe=={OFFLINE_MEDIAPIPE}."
_COMPILED = "mediapipe.python._framework_bindings"


@cache
def _face_detection() -> Any:
    """MediaPipe's FaceDetection class, without the packages around it unless the program has imported them already."""
    try:
        if sys.modules.get("mediapipe") is not None:
            return _import_face_detection()
        with _stand_ins():
            return _import_face_detection()
    except ImportError as error:
        raise BadConfiguration(f"This MediaPipe cannot be used: {error}.", fix=_INSTALL) from None


def _import_face_detection() -> Any:
    for options in _OPTIONS:
        import_module(f"mediapipe.calculators.{options}_calculator_pb2")
    return import_module("mediapipe.python.solutions.face_detection").FaceDetection


@contextmanager
def _stand_ins() -> Iterator[None]:
    """Replaces the three packages above face detection by empty ones, and removes these again at the end.

    The real ones import every other solution; matplotlib, which writes a font cache into the home folder; and
    TensorFlow where it is installed: 1.4 s and 40 MB, or ten seconds. What was imported below the empty packages is
    removed too, since a later `import mediapipe` expects to import it itself. Only what can be loaded just once in a
    process stays: the compiled library, and the protocol buffers.
    """
    found = find_spec("mediapipe")
    if found is None or not found.submodule_search_locations:
        raise BadConfiguration("MediaPipe is not installed.", fix=_INSTALL)
    folder = Path(found.submodule_search_locations[0])
    for below in ("", "python", "python/solutions"):
        name = ".".join(("mediapipe", *Path(below).parts))
        sys.modules[name] = package = ModuleType(name)
        package.__path__ = [str(folder / below)]
        package.__spec__ = ModuleSpec(name, None, is_package=True)
        package.__spec__.submodule_search_locations = package.__path__  # importlib.resources reads it
    try:
        yield
    finally:
        for name in list(sys.modules):
            if name.split(".")[0] == "mediapipe" and not (name.startswith(_COMPILED) or name.endswith("_pb2")):
                del sys.modules[name]
