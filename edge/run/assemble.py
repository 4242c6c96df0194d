"""The parts of a session, made from a configuration: source, models, observer and pace."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge.config import Config
from edge.core.choices.camera_mode import CameraMode
from edge.core.errors import UsageError
from edge.core.labels import STRESS
from edge.core.observing.smoothing import Smoother
from edge.host.limits import need_descriptors, need_memory
from edge.host.thermal import Thermometer
from edge.run.observe import Observer, ReadMesh, ReadWithMesh
from edge.run.pace import Pace
from edge.run.stress import StressReader
from edge.sources.base import FrameSource
from edge.sources.choose import camera_source, recorded_source
from edge.vision.card import load_model, shipped_models
from edge.vision.classifier import SequenceClassifier
from edge.vision.detection.base import FaceDetector
from edge.vision.detection.choose import face_detector
from edge.vision.detection.model import DetectorRuntime
from edge.vision.expression import ExpressionReader
from edge.vision.model_folder import emotion_card, sequence_card

if TYPE_CHECKING:
    from edge.vision.mesh.network import MeshNetwork

_MEDIAPIPE_BYTES: Final = 512 * 2**20  # of address space: with less it aborts the program, or does not return
_HELD_WITH_LESS: Final = 0.1  # so much less confidence keeps a face that is followed, and is enough in a single picture


@dataclass(frozen=True, slots=True)
class Models:
    """The face detector and the networks, loaded."""

    find_faces: FaceDetector
    read_face: ExpressionReader
    mesh: "MeshNetwork | None" = None
    over_time: SequenceClassifier | None = None

    @property
    def read_with_mesh(self) -> ReadWithMesh | None:
        """What reads a face and its mesh; None where the crop is enough."""
        return None if self.read_face.by_landmarks is None else self.read_face.with_mesh

    def new_mesh_reader(self) -> ReadMesh | None:
        """What reads the mesh of one face from frame to frame; None where the network is not loaded."""
        if self.mesh is None:
            return None
        from edge.vision.mesh.follow import FaceMesh  # imported only where it is used

        return FaceMesh(self.mesh)

    def new_stress_reader(self) -> StressReader | None:
        """What reads the stress of one participant; None where no network for it is loaded."""
        return None if self.over_time is None else StressReader(self.over_time, self.over_time.card.input.grid)


def chosen_source(config: Config) -> FrameSource:
    """The source that a configuration names; nothing is opened yet. A number as source is a camera's.

    Raises:
        UsageError: It names none, or gives what is no recording a recording's date.
    """
    number = config.source is not None and config.source.isdecimal() and not Path(config.source).exists()
    camera = config.source if number else config.camera
    if camera is not None:
        if config.recorded_at is not None:
            raise UsageError("A camera has no recording's date.", fix="Leave out --recorded-at.")
        if config.start is not None:
            raise UsageError("A camera has no time to begin at.", fix="Leave out --start.")
        if config.segments is not None:
            raise UsageError("Only a recording has a list of segments.", fix="Mark a camera's with edge-mark NAME.")
        mode = CameraMode.of(config.camera_size, config.camera_fps, config.camera_format)
        return camera_source(camera, mode)
    if config.source is not None:
        return recorded_source(config.source, config.recorded_at, start_s=config.start or 0.0, max_fps=config.max_fps)
    raise UsageError("Nothing to watch was named.", fix="Give --camera 0, --source PATH or --source demo.")


@contextmanager
def loaded_models(config: Config) -> Iterator[Models]:
    """Load the networks, checked against their cards, and the face detector; they are released at the end.

    Args:
        config: The settings. Where the purpose forbids emotions, no network for them is opened.

    Raises:
        BadModel: A network is missing, or is not what its card says.
        UsageError: The folder has a network over time, and purpose or notice do not allow it; or it has several.
        LimitReached: Too few files may be open, or too little memory be taken.
    """
    need_descriptors()
    over_time = _network_over_time(config)
    folder = config.models or shipped_models()
    emotion = emotion_card(folder, config.emotion_model) if config.purpose.reads_emotions else None
    read_face = ExpressionReader(folder, config.backend, config.threads, emotion, flip=config.flip)
    with chosen_detector(config) as find_faces:
        with_mesh = config.mesh or over_time is not None or read_face.by_landmarks is not None
        yield Models(find_faces, read_face, _mesh_network(config) if with_mesh else None, over_time)


@contextmanager
def chosen_detector(config: Config) -> Iterator[FaceDetector]:
    """Open the face detector that a configuration names; it reports faces that may be held or are alone in a picture.

    Raises:
        BadModel: Its network is missing, or is not what its card says.
        BadConfiguration: It needs a package that is not installed.
        LimitReached: It needs more memory than may be taken.
    """
    if config.detector_runtime is DetectorRuntime.MEDIAPIPE:
        need_memory(_MEDIAPIPE_BYTES, "MediaPipe")
    least = max(config.face_confidence - _HELD_WITH_LESS, 0.0)
    with face_detector(
        config.detector,
        least,
        config.detector_runtime,
        config.backend,
        config.threads,
        config.face_confidence,
        config.detect_every,
    ) as detector:
        yield detector


def new_observer(config: Config, models: Models) -> Observer:
    """An observer without a participant yet."""
    return Observer(
        lambda frame: models.find_faces(frame.rgb, frame.tick_s),
        models.read_face,
        limits=config.limits,
        smoother=Smoother(config.smoothing, models.read_face.reading),
        sure_from=config.sure_from,
        take_from=config.face_confidence,
        read_mesh=models.new_mesh_reader(),
        read_with_mesh=models.read_with_mesh,
        read_stress=models.new_stress_reader(),
    )


def _network_over_time(config: Config) -> SequenceClassifier | None:
    """The network over sequences of the folder that a configuration names; the shipped folder has none."""
    name = None if config.models is None else sequence_card(config.models)
    if config.models is None or name is None:
        return None
    if not config.purpose.reads_emotions:
        raise UsageError(
            f"{config.models} holds {name}: stress is not inferred where the purpose is assessment.",
            fix="Take another folder of models, or another purpose.",
        )
    if config.require_consent and config.notices is None:
        raise UsageError(
            f"{config.models} holds {name}, and the shipped notice says nothing of stress.",
            fix="Give notices that do, or take another folder of models.",
        )
    return SequenceClassifier(load_model(config.models, name, STRESS), config.backend, config.threads)


def _mesh_network(config: Config) -> "MeshNetwork":
    from edge.vision.mesh.network import MeshNetwork  # imported only where it is used

    return MeshNetwork(config.backend, config.threads)


def new_pace(config: Config, source: FrameSource) -> Pace:
    """How fast a source is read: a live one slows down with heat and slow work, a recorded one is read in full."""
    return Pace(config.max_fps, Thermometer() if source.live else None)


def may_look_ahead(source: FrameSource) -> bool:
    """Whether a frame may wait until the next one has arrived: of a recording that takes no real time, on two cores."""
    in_real_time = source.live or getattr(source, "realtime", False)  # of the demo
    return not in_real_time and len(os.sched_getaffinity(0)) > 1
