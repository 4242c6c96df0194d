"""Meshes are those of MediaPipe's FaceMesh without refinement."""

from itertools import islice
from pathlib import Path

import pytest

from edge.sources.recorded.demo import picture
from edge.vision.detection.choose import face_detector
from edge.vision.detection.model import DetectorModel
from edge.vision.mesh.region import region_of_detection, region_of_mesh
from edge.vision.region import Region
from tests.marks import needs_mediapipe
from tests.vision.detection.agreement import DATA, scenes
from tests.vision.mesh.agreement import MediaPipeMesh, agreement, clip

pytestmark = needs_mediapipe

CLIPS = ("single_face.mp4", "face_noface.mov")
ways = pytest.mark.parametrize("video", [False, True], ids=["alone", "video"])


def near(region: Region) -> tuple[object, ...]:
    most = 0.01 * region.side
    place = (pytest.approx(value, abs=most) for value in (region.centre_x, region.centre_y, region.side))
    return (*place, pytest.approx(region.roll_rad, abs=0.01))


@pytest.mark.parametrize("index", [30, 150, 250])
def test_regions_are_those_of_its_graph(index: int) -> None:
    rgb = picture(index)
    points, around_detection, around_mesh = MediaPipeMesh(video=False)(rgb)
    with face_detector(DetectorModel.NEAR) as detect:
        ours = region_of_detection(detect(rgb)[0])
    assert around_detection is not None
    assert (ours.centre_x, ours.centre_y, ours.side, ours.roll_rad) == near(around_detection)
    assert around_mesh is not None
    assert points is not None
    after = region_of_mesh(points.astype("float32"))
    assert (after.centre_x, after.centre_y, after.side, after.roll_rad) == near(around_mesh)


@ways
def test_on_a_drawn_face_that_leaves_and_returns(video: bool) -> None:
    found = agreement(map(picture, [*range(30, 40), *range(150, 160), 350, 351, *range(30, 34)]), video)
    assert len(found.apart) == 24
    found.check()


@ways
def test_on_a_person(video: bool, clips: Path) -> None:
    found = agreement(islice(clip(clips / CLIPS[0]), 20), video)
    assert len(found.apart) == 20
    found.check()


@pytest.mark.slow
@ways
@pytest.mark.parametrize("name", CLIPS)
def test_on_every_frame_of_the_clips(name: str, video: bool, clips: Path) -> None:
    agreement(clip(clips / name), video).check()


@pytest.mark.slow
def test_on_thousands_of_faces_set_into_scenes(clips: Path) -> None:
    if not (DATA / "fer2013").is_dir():
        pytest.skip("FER-2013 (../shared/data/fer2013) is not here")
    found = agreement(scenes(2000), video=False)
    assert len(found.apart) >= 1000
    found.check()
