"""Where meshes are read, the angle of the head decides whether a face is turned away; the key points do otherwise."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.core.face.detection import Detection
from edge.core.face.mesh import HeadPose, Mesh
from edge.core.observing.quality import QualityLimits
from edge.core.observing.smoothing import Smoother
from edge.core.readings import Observation, Unreadable
from edge.run.events import FrameRead
from edge.run.observe import Observer, read_picture
from edge.run.outputs.crops import CropFolder
from tests.fakes import PICTURE, compose, face, frame, reading

LIMITS = QualityLimits()
AHEAD = face(100)
PROFILE = replace(AHEAD, keypoints=replace(AHEAD.keypoints, nose_tip=(180.0, 160.0)))


def mesh(yaw_deg: float = 0.0, pitch_deg: float = 0.0) -> Mesh:
    return Mesh(np.zeros((468, 3), np.float32), 0.9, HeadPose(yaw_deg, pitch_deg, 0), 0.3, 0.3, 0.0, 0.3)


def observed(who: Detection | None, its_mesh: Mesh | None) -> Observation:
    """What an observer reports whose only frame shows this face with this mesh."""

    def read_mesh(rgb: NDArray[np.uint8], detected: Detection) -> Mesh | None:
        assert rgb is PICTURE
        assert detected is who
        return its_mesh

    faces = () if who is None else (who,)
    smoother = Smoother(0, compose)
    watch = Observer(lambda _: faces, lambda _: reading(), limits=LIMITS, smoother=smoother, read_mesh=read_mesh)
    return watch(frame(0))


@pytest.mark.parametrize(
    ("who", "its_mesh", "why"),
    [
        (AHEAD, mesh(yaw_deg=40.1), Unreadable.TURNED_AWAY),
        (AHEAD, mesh(yaw_deg=-40.1), Unreadable.TURNED_AWAY),
        (AHEAD, mesh(pitch_deg=-50), Unreadable.TURNED_AWAY),
        (AHEAD, mesh(yaw_deg=30, pitch_deg=30), Unreadable.TURNED_AWAY),
        (AHEAD, mesh(yaw_deg=39.9), None),
        (PROFILE, mesh(yaw_deg=10), None),
        (PROFILE, None, Unreadable.TURNED_AWAY),
        (AHEAD, None, None),
    ],
)
def test_the_angle_of_the_head_decides_where_it_is_known(
    who: Detection, its_mesh: Mesh | None, why: Unreadable | None
) -> None:
    seen = observed(who, its_mesh)
    assert (seen.unreadable, seen.participant, seen.mesh) == (why, who, its_mesh)
    alone = read_picture(PICTURE, lambda _: (who,), lambda _: reading(), LIMITS, 0.4, lambda *_: its_mesh)
    assert alone == (why or reading())


def test_an_empty_picture_has_no_mesh() -> None:
    seen = observed(None, mesh())
    assert (seen.unreadable, seen.mesh) == (Unreadable.NO_FACE, None)


def test_crops_are_written_of_the_faces_that_were_read(tmp_path: Path) -> None:
    write = CropFolder(tmp_path / "crops", LIMITS)
    for its_mesh in (mesh(), mesh(yaw_deg=50), mesh()):
        write(FrameRead(frame(0), observed(AHEAD, its_mesh)))
    assert len(list((tmp_path / "crops").iterdir())) == 2
