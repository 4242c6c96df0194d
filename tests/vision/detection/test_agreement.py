"""LiteRT finds MediaPipe's faces: as many, at the same place, with the same score."""

from pathlib import Path

import pytest

from edge.vision.detection.model import DetectorModel
from tests.marks import needs_mediapipe
from tests.vision.detection.agreement import DATA, MEDIAPIPES_LEAST, agreement, clip_pictures, demo_pictures, scenes

pytestmark = needs_mediapipe
both = pytest.mark.parametrize("model", MEDIAPIPES_LEAST)


@both
def test_on_drawn_faces_in_pictures_of_many_sizes(model: DetectorModel) -> None:
    found = agreement(model, demo_pictures())
    assert len(found.box) >= 10
    found.check()


@both
def test_on_clips_of_people(model: DetectorModel, clips: Path) -> None:
    found = agreement(model, clip_pictures(clips, every=8))
    assert len(found.box) >= 15
    found.check()


@pytest.mark.slow
@both
def test_on_every_frame_of_the_clips(model: DetectorModel, clips: Path) -> None:
    agreement(model, clip_pictures(clips)).check()


@pytest.mark.slow
@both
def test_on_thousands_of_faces_set_into_scenes(model: DetectorModel, clips: Path) -> None:
    if not (DATA / "fer2013").is_dir():
        pytest.skip("FER-2013 (../shared/data/fer2013) is not here")
    found = agreement(model, scenes(2000))
    assert len(found.box) >= 1000
    found.check()
