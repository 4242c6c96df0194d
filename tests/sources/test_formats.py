"""Kinds of video that OpenCV cannot write: read rightly, or refused with a sentence.

The samples are of the demo's drawn face, made with FFmpeg.
"""

from itertools import pairwise
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from edge.core.errors import SourceNotFound
from edge.core.frames import Frame
from edge.sources.recorded.demo import picture
from edge.sources.recorded.video import VideoFile

SAMPLES = Path(__file__).parent / "samples"


def frames(name: str) -> list[Frame]:
    with VideoFile(SAMPLES / name).open(Event()) as opened:
        return list(opened)


def test_a_variable_rate_has_its_own_times():
    times_s = [frame.tick_s for frame in frames("variable.mp4")]
    steps = [round(later - earlier, 2) for earlier, later in pairwise(times_s)]
    assert steps == [0.04] * 6 + [0.12] * 5


def test_ten_bits_have_the_colours_of_eight():
    read = frames("ten-bit.mp4")
    assert len(read) == 6
    colour = read[0].rgb.mean(axis=(0, 1))
    assert np.abs(colour - picture(30).mean(axis=(0, 1))).max() < 8, colour


def test_a_preview_beside_the_video_is_passed_over():
    read = frames("preview.mp4")
    assert (len(read), read[0].rgb.shape) == (24, (120, 160, 3))


@pytest.mark.parametrize(
    ("name", "reason", "remedy"),
    [
        ("interlaced.mp4", "is interlaced", "ffmpeg -i interlaced.mp4 -vf bwdif"),
        ("two.mp4", "holds 2 videos", "-map 0:v:0"),
        ("two.mkv", "holds 2 videos", "-map 0:v:0"),
    ],
)
def test_what_would_be_read_wrongly_is_refused(name: str, reason: str, remedy: str):
    with pytest.raises(SourceNotFound, match=reason) as refused:
        frames(name)
    assert remedy in refused.value.fix
