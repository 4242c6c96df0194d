"""Video files: all frames, their times, and files that are none."""

from itertools import pairwise
from pathlib import Path
from threading import Event

import cv2
import numpy as np
import pytest

from edge.core.errors import RecordingTruncated, SourceNotFound
from edge.core.frames import Frame
from edge.sources import pixels
from edge.sources.recorded.video import VideoFile

from .conftest import scene, write_video

CLIPS = Path(__file__).parents[3] / "shared" / "data" / "clips"


def played(path: Path) -> list[Frame]:
    with VideoFile(path).open(Event()) as frames:
        return list(frames)


@pytest.mark.parametrize(("suffix", "code"), [("mp4", "mp4v"), ("avi", "MJPG")])
def test_every_frame_at_its_time(tmp_path: Path, suffix: str, code: str) -> None:
    frames = played(write_video(tmp_path / f"clip.{suffix}", 30, 20, code))
    assert [frame.tick_s for frame in frames] == pytest.approx([index / 20 for index in range(30)])
    assert not any(frame.dropped_before for frame in frames)


@pytest.mark.parametrize(("clip", "count"), [("single_face.mp4", 72), ("face_noface.mov", 169), ("no_face.mp4", 95)])
def test_recordings(clip: str, count: int) -> None:
    if not (CLIPS / clip).exists():
        pytest.skip("the recordings are not here")
    frames = played(CLIPS / clip)
    assert len(frames) == count
    assert all(before.tick_s < after.tick_s for before, after in pairwise(frames))


def test_time_rises_where_the_file_says_none(tmp_path: Path) -> None:
    """JPEG pictures one after the other, with nothing around them."""
    path = tmp_path / "clip.mjpeg"
    path.write_bytes(b"".join(cv2.imencode(".jpg", scene(index))[1].tobytes() for index in range(12)))
    assert [frame.tick_s for frame in played(path)] == pytest.approx([index / 25 for index in range(12)])


def test_upright(tmp_path: Path) -> None:
    """A telephone held upright records lying pictures and says so in the track's matrix."""
    path = write_video(tmp_path / "clip.mp4")
    data = bytearray(path.read_bytes())
    matrix = data.index(b"tkhd") + 44
    quarter_turn = [0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000]
    data[matrix : matrix + 36] = b"".join(value.to_bytes(4, "big", signed=True) for value in quarter_turn)
    path.write_bytes(data)
    rgb = played(path)[0].rgb
    assert rgb.shape == (64, 48, 3)
    assert rgb[10:20, 20:40, 2].mean() > 180, "what was left is on top: turned by 90 degrees clockwise"


@pytest.mark.parametrize(("suffix", "code"), [("avi", "MJPG"), ("mkv", "MJPG")])
def test_a_truncated_recording_gives_its_frames_and_then_an_error(tmp_path: Path, suffix: str, code: str) -> None:
    whole = write_video(tmp_path / f"whole.{suffix}", 40, 20, code).read_bytes()
    cut = tmp_path / f"cut.{suffix}"
    cut.write_bytes(whole[: len(whole) // 2])
    read = 0
    with VideoFile(cut).open(Event()) as frames, pytest.raises(RecordingTruncated) as raised:
        for _ in frames:
            read += 1
    assert 5 <= read < 40
    assert raised.value.exit_code == 65
    assert raised.value.happened == f"cut.{suffix} ends after {read} of 40 frames: it was cut, or is damaged."


def test_a_recording_that_is_stopped_early_is_not_called_truncated(tmp_path: Path) -> None:
    stop = Event()
    with VideoFile(write_video(tmp_path / "clip.avi", 40, 20, "MJPG")).open(stop) as frames:
        next(frames)
        stop.set()
        assert list(frames) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"Dear diary\n" * 300, "is text"),
        (b"#EXTM3U\nhttp://127.0.0.1/other.mp4\n", "is text"),
        (bytes(range(256)) * 40, "no picture"),
    ],
    ids=["zero bytes", "text", "playlist", "noise"],
)
def test_no_video(tmp_path: Path, content: bytes, reason: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(SourceNotFound, match=reason) as caught:
        played(path)
    assert str(path) in caught.value.happened
    assert capfd.readouterr() == ("", "")


def test_a_video_cut_before_its_index(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4")
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"moov")])
    with pytest.raises(SourceNotFound, match="no picture in it can be decoded"):
        played(path)


def test_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "MOST_PIXELS", 1000)
    with pytest.raises(SourceNotFound, match=r"clip\.mp4 holds a picture of more than"):
        played(write_video(tmp_path / "clip.mp4"))


def test_colours_do_not_depend_on_the_reader(tmp_path: Path) -> None:
    first, again = (played(write_video(tmp_path / "clip.avi", 3, 20, "MJPG"))[2].rgb for _ in range(2))
    assert np.array_equal(first, again)
