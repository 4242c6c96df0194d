"""What the words of a command line mean."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import cv2
import numpy as np
import pytest

from edge.config import Config
from edge.core.errors import SourceNotFound, UsageError
from edge.run.assemble import chosen_source
from edge.sources.choose import camera_source, recorded_source
from edge.sources.recorded.demo import DemoSource

from .conftest import write_video


@pytest.mark.parametrize(
    ("words", "name"),
    [("0", "camera 0"), ("02", "camera 2"), ("/dev/video1", "camera 1"), ("pi", "Pi camera 0")],
)
def test_cameras(words: str, name: str) -> None:
    source = camera_source(words)
    assert source.name == name
    assert source.live


@pytest.mark.parametrize("words", ["", "-1", "front", "clip.mp4", "²"])
def test_no_camera(words: str) -> None:
    with pytest.raises(UsageError, match="There is no camera called"):
        camera_source(words)


def test_recordings(tmp_path: Path) -> None:
    video = write_video(tmp_path / "clip.mp4", 2)
    cv2.imwrite(str(tmp_path / "face.JPG"), np.zeros((8, 8), np.uint8))
    for path, name in ((video, "clip.mp4"), (tmp_path / "face.JPG", "face.JPG"), (tmp_path, tmp_path.name)):
        source = recorded_source(str(path))
        assert source.name == name
        assert not source.live


def test_streams_and_the_demo() -> None:
    assert recorded_source("rtsp://camera.local/1").live
    assert recorded_source("demo") == DemoSource(realtime=True)
    assert recorded_source("demo:fast") == DemoSource(realtime=False)
    assert not recorded_source("demo").live


def test_only_a_recording_has_a_date_of_its_own(tmp_path: Path) -> None:
    began = datetime(2026, 3, 1, 9, tzinfo=UTC)
    picture = tmp_path / "face.png"
    cv2.imwrite(str(picture), np.zeros((8, 8), np.uint8))
    for recording in (write_video(tmp_path / "clip.mp4", 3), picture):
        with recorded_source(str(recording), began).open(Event()) as frames:
            for frame in frames:
                assert frame.taken_at == began + timedelta(seconds=frame.tick_s)
    for words in ("demo", "demo:fast", "rtsp://camera.local/1"):
        with pytest.raises(UsageError, match="Only a recording has a date"):
            recorded_source(words, began)
    for live in (Config(recorded_at=began, camera="0"), Config(recorded_at=began, source="0")):
        with pytest.raises(UsageError, match="A camera has no recording's date"):
            chosen_source(live)


@pytest.mark.parametrize("words", ["no/such.mp4", "gopher://host/clip", ""])
def test_nothing_of_the_kind(words: str) -> None:
    with pytest.raises(SourceNotFound) as caught:
        recorded_source(words)
    assert caught.value.fix.endswith(".")
