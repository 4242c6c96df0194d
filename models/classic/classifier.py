"""`FacialExpressionClassifier`: faces cropped and named, a batch of frames at a time, as an earlier system did."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.choices.purpose import Purpose
from edge.core.errors import BadModel, CannotWrite, UsageError
from edge.core.face.detection import largest
from edge.core.face.preprocess import face_crop
from edge.vision.detection.base import FaceDetector
from edge.vision.detection.choose import face_detector
from edge.vision.detection.model import DetectorModel
from models.classic.expression import expression_model, labels_of

if TYPE_CHECKING:
    import keras

_DETECTORS: Final = {"short": DetectorModel.NEAR, "full": DetectorModel.FAR}  # by a part of MediaPipe's file names


class FacialExpressionClassifier:
    """Names the expression of the largest face in each frame.

    It reads what the project's other programs read: the same detector, crop and networks. Use it as a context manager,
    or call `close`.

    Args:
        expression_weights_path: A `.tflite` file with its card beside it, or a `.keras` file.
        face_detection_path: `auto`, `near` or `far`, or the name of MediaPipe's short-range or full-range file: the
            shipped copy of that network is used.
        expression_decoder_path: The labels, as JSON or a text with one a line; None for those of the network.
        purpose: Assessment is refused: expressions are not computed for it.
        threads: Threads that crop faces.

    Raises:
        UsageError: The purpose is assessment.
        SourceNotFound, BadModel: A file is missing or cannot be used.
    """

    def __init__(
        self,
        expression_weights_path: str | Path,
        face_detection_path: str | Path = "auto",
        expression_decoder_path: str | Path | None = None,
        *,
        purpose: Purpose = Purpose.PRACTICE,
        threads: int = 4,
    ) -> None:
        if not Purpose(purpose).reads_emotions:
            raise UsageError(
                "For assessment no expressions are named: see docs/responsible-use.md.", fix="Use edge.Watcher."
            )
        self._stack, self._own, self._lock = ExitStack(), threading.local(), threading.Lock()
        self.models = self.load_models(expression_weights_path, expression_decoder_path, face_detection_path)
        self._pool = self._stack.enter_context(ThreadPoolExecutor(threads))  # its threads keep their detectors

    def load_models(
        self,
        expression_model_weights_path: str | Path,
        expression_decoder_path: str | Path | None,
        face_detection_path: str | Path,
    ) -> dict[str, Any]:
        """Load network, labels and detector.

        Returns:
            `expression_model`, called with crops (n, 48, 48) for probabilities (n, labels); `decoder`, the labels;
            `face_detector`, the detector's name.

        Raises:
            SourceNotFound, BadModel: A file is missing or cannot be used, or the labels are not the network's.
        """
        predict, own = expression_model(Path(expression_model_weights_path))
        given = labels_of(None if expression_decoder_path is None else Path(expression_decoder_path))
        labels = given or own
        if not labels or (own and len(labels) != len(own)):
            raise BadModel(
                f"{expression_model_weights_path} needs {len(own) or 'its'} labels, and {len(given)} are given.",
                fix="Give a decoder with one label for each output.",
            )
        return {
            "expression_model": predict,
            "decoder": labels,
            "face_detector": _detector_of(str(face_detection_path)),
        }

    def create_facial_expresion_model(self, input_shape: tuple[int, int, int], output_shape: int) -> "keras.Model":
        """Build MobileNetV2 with global average pooling and a dense softmax, compiled and untrained.

        The name is spelt as it was documented; `create_facial_expression_model` is the same.

        Args:
            input_shape: (height, width, 3) of pixels 0 to 255, which the model scales itself.
            output_shape: Number of classes.
        """
        from models.backend import need_keras

        need_keras()
        import keras

        face = keras.Input(input_shape)
        scaled = keras.layers.Rescaling(1 / 127.5, offset=-1)(face)
        base = keras.applications.MobileNetV2(input_shape=input_shape, include_top=False, weights=None, pooling="avg")
        output = keras.layers.Dense(output_shape, activation="softmax")(base(scaled))
        model = keras.Model(face, output, name="facial_expression")
        model.compile("adam", loss="categorical_crossentropy", metrics=["accuracy"])
        return model

    create_facial_expression_model = create_facial_expresion_model

    def crop_face(self, frame_np: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
        """Cut the largest face out of a frame (height, width, 3) RGB: (48, 48) grey, or None without a face."""
        face = largest(self._detector()(frame_np))
        return None if face is None else face_crop(frame_np, face)

    def predict_facial_expression_batch(self, image_batch: Sequence[NDArray[np.uint8]]) -> dict[str, Any]:
        """Name the expression in each frame.

        Args:
            image_batch: Frames (height, width, 3), RGB.

        Returns:
            `facial_expressions`, a label for each frame with a face, in the frames' order; `frames`, the indexes of
            these; `no_face_count`, how many have none.
        """
        cut = list(self._pool.map(self.crop_face, image_batch))
        crops = {index: crop for index, crop in enumerate(cut) if crop is not None}
        shares = self.models["expression_model"](np.stack([*crops.values()])) if crops else []
        return {
            "facial_expressions": [self.models["decoder"][int(np.argmax(row))] for row in shares],
            "frames": [*crops],
            "no_face_count": len(cut) - len(crops),
        }

    def write_frame_to_disk(self, face_frame: NDArray[np.uint8], file_name: str, write_path: str | Path) -> None:
        """Write a picture of a face, grey or RGB; nothing else of this project calls it.

        Raises:
            CannotWrite: The folder or the file's form is refused.
        """
        picture = face_frame if face_frame.ndim == 2 else cv2.cvtColor(face_frame, cv2.COLOR_RGB2BGR)
        path = Path(write_path) / Path(file_name).name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            written = cv2.imwrite(str(path), picture)
        except (OSError, cv2.error) as error:
            raise CannotWrite(f"{path} cannot be written ({type(error).__name__}).", fix="Give a .png name.") from None
        if not written:
            raise CannotWrite(f"{path} cannot be written.", fix="Give another folder.")

    def close(self) -> None:
        """Release the detectors."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _detector(self) -> FaceDetector:
        """The detector of this thread: one is not for two threads at once."""
        found: FaceDetector | None = getattr(self._own, "detector", None)
        if found is None:
            with self._lock:
                found = self._stack.enter_context(face_detector(self.models["face_detector"]))
            self._own.detector = found
        return found


def _detector_of(given: str) -> DetectorModel:
    if given in tuple(DetectorModel):
        return DetectorModel(given)
    for part, model in _DETECTORS.items():
        if part in Path(given).name:
            return model
    raise BadModel(
        f"{given} is none of the detectors that this program has.", fix="Give auto, near or far as face_detection_path."
    )
