"""Poses are those of MediaPipe's Pose with the full network, each picture on its own."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from edge.vision.body.pose import BodyPose
from tests.marks import needs_mediapipe
from tests.vision.body.agreement import agreement, photograph
from tests.vision.detection.agreement import CLIPS
from tests.vision.mesh.agreement import clip

pytestmark = needs_mediapipe


def test_on_a_person_who_leaves(clips: Path) -> None:
    found = agreement([*islice(photograph(), 1), *clip(clips / CLIPS[1], every=34)])
    assert (found.pictures, len(found.apart)) == (6, 4)
    found.check()


def test_a_grey_wall_has_no_pose() -> None:
    assert BodyPose()(np.full((480, 640, 3), 128, np.uint8)) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", CLIPS)
def test_on_every_frame_of_the_clips(name: str, clips: Path) -> None:
    agreement(clip(clips / name)).check()


@pytest.mark.slow
def test_on_a_photograph_however_it_is_held(clips: Path) -> None:
    found = agreement(photograph())
    assert len(found.apart) == 5
    found.check()
