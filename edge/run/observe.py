"""From a frame to an observation: detect faces, follow the participant, check the crop, read it, smooth it."""

from collections.abc import Callable, Iterator
from threading import Event

import numpy as np
from numpy.typing import NDArray

from edge.core.face.detection import Detection, largest
from edge.core.face.mesh import HeadPose, Mesh
from edge.core.frames import Frame
from edge.core.observing.no_signal import NoSignal
from edge.core.observing.quality import QualityLimits, readable_crop
from edge.core.observing.smoothing import Smoother
from edge.core.observing.tracking import Followed, Tracker
from edge.core.readings import Observation, Reading, Unreadable
from edge.run.ahead import Captured, LookAhead
from edge.run.stress import StressReader

FindFaces = Callable[[NDArray[np.uint8]], tuple[Detection, ...]]
FindFacesInFrame = Callable[[Frame], tuple[Detection, ...]]
ReadFace = Callable[[NDArray[np.uint8]], Reading]
ReadMesh = Callable[[NDArray[np.uint8], Detection], Mesh | None]
ReadWithMesh = Callable[[NDArray[np.uint8], Mesh], Reading]


class Observer:
    """Reads one participant over time.

    Args:
        find_faces: Detects faces in a frame.
        read_face: Reads a grey face crop (48, 48) of uint8.
        limits: Which faces are read at all.
        smoother: Smooths readings over time.
        sure_from: Least probability of a level, 0 to 1; below it a reading is `not_sure`.
        take_from: Least confidence of a face that is not followed yet, 0 to 1; a followed one may have less.
        read_mesh: Reads the mesh of a face in such an RGB array; with None there are no meshes.
        read_with_mesh: Reads such a crop and its mesh, in place of `read_face`; a face without a mesh is `not_sure`.
        read_stress: Reads the participant's meshes over time; with None observations have no stress.
    """

    def __init__(
        self,
        find_faces: FindFacesInFrame,
        read_face: ReadFace,
        *,
        limits: QualityLimits,
        smoother: Smoother,
        sure_from: float = 0.35,
        take_from: float = 0.0,
        read_mesh: ReadMesh | None = None,
        read_with_mesh: ReadWithMesh | None = None,
        read_stress: StressReader | None = None,
    ) -> None:
        self._find_faces, self._read_face, self._read_mesh = find_faces, read_face, read_mesh
        self._look = LookAhead(self._faces_of)
        self._read_with_mesh, self._read_stress = read_with_mesh, read_stress
        self._limits, self._sure_from, self._take_from = limits, sure_from, take_from
        self._tracker, self._smoother, self._no_signal = Tracker(take_from=take_from), smoother, NoSignal()
        self._shape: tuple[int, ...] = ()

    def __call__(self, frame: Frame) -> Observation:
        """Observe a frame, given those before it; their ticks rise."""
        if frame.rgb.shape != self._shape:  # boxes of another picture size mean nothing here
            self._tracker, self._shape = Tracker(take_from=self._take_from), frame.rgb.shape
        faces = self._look(frame)
        tracked = self._tracker.follow(faces or (), frame.tick_s, lambda face: self._is_readable(frame, face))
        if tracked.is_new:
            self._smoother.reset()
            if self._read_stress is not None:
                self._read_stress.forget()
        mesh = _mesh_of(tracked.participant, frame.rgb, self._read_mesh)
        result = Unreadable.NO_SIGNAL if faces is None else self._read(frame, tracked, mesh)
        reading, unreadable = (result, None) if isinstance(result, Reading) else (None, result)
        return Observation(
            tick_s=frame.tick_s,
            taken_at=frame.taken_at,
            participant=tracked.participant,
            others=tracked.others,
            reading=reading,
            unreadable=unreadable,
            dropped_before=frame.dropped_before,
            other_faces=tracked.other_faces,
            stress=None if self._read_stress is None else self._read_stress(frame.tick_s, mesh),
            mesh=mesh,
        )

    def ahead(self, captured: Iterator[Captured], stop: Event) -> Iterator[Captured]:
        """Pass frames of a recording on, while the faces of the next one are detected in a thread of their own.

        Args:
            captured: The frames; each is observed before the next one is taken.
            stop: Ends the iteration.
        """
        return self._look.frames(captured, stop)

    def _faces_of(self, frame: Frame) -> tuple[Detection, ...] | None:
        """The faces of a frame; None where there is no signal."""
        return None if self._no_signal.lasts(frame.rgb, frame.tick_s) else self._find_faces(frame)

    def _is_readable(self, frame: Frame, face: Detection) -> bool:
        return not isinstance(readable_crop(frame.rgb, face, self._limits), Unreadable)

    def _read(self, frame: Frame, tracked: Followed, mesh: Mesh | None) -> Reading | Unreadable:
        if tracked.participant is None:
            return Unreadable.NOT_SURE if tracked.unclear else Unreadable.NO_FACE
        crop = readable_crop(frame.rgb, tracked.participant, self._limits, _head_of(mesh))
        if isinstance(crop, Unreadable):
            return crop
        reading = _reading(crop, mesh, self._read_face, self._read_with_mesh)
        if isinstance(reading, Unreadable):
            return reading
        return _if_sure(self._smoother.update(reading, frame.tick_s), self._sure_from)


def read_picture(
    rgb: NDArray[np.uint8],
    find_faces: FindFaces,
    read_face: ReadFace,
    limits: QualityLimits,
    sure_from: float,
    read_mesh: ReadMesh | None = None,
    read_with_mesh: ReadWithMesh | None = None,
) -> Reading | Unreadable:
    """Read the largest face of one picture on its own, unsmoothed.

    Args:
        rgb: RGB array (height, width, 3) of uint8.
        find_faces: Detects faces in such an array.
        read_face, limits, sure_from, read_mesh, read_with_mesh: As of Observer.

    Returns:
        The reading, or why there is none.
    """
    face = largest(find_faces(rgb))
    if face is None:
        return Unreadable.NO_FACE
    mesh = _mesh_of(face, rgb, read_mesh)
    crop = readable_crop(rgb, face, limits, _head_of(mesh))
    found = crop if isinstance(crop, Unreadable) else _reading(crop, mesh, read_face, read_with_mesh)
    return found if isinstance(found, Unreadable) else _if_sure(found, sure_from)


def _reading(
    crop: NDArray[np.uint8], mesh: Mesh | None, read_face: ReadFace, read_with_mesh: ReadWithMesh | None
) -> Reading | Unreadable:
    if read_with_mesh is None:
        return read_face(crop)
    return Unreadable.NOT_SURE if mesh is None else read_with_mesh(crop, mesh)


def _mesh_of(face: Detection | None, rgb: NDArray[np.uint8], read_mesh: ReadMesh | None) -> Mesh | None:
    return None if face is None or read_mesh is None else read_mesh(rgb, face)


def _head_of(mesh: Mesh | None) -> HeadPose | None:
    return None if mesh is None else mesh.head


def _if_sure(reading: Reading, sure_from: float) -> Reading | Unreadable:
    return reading if reading.confidence >= sure_from else Unreadable.NOT_SURE
