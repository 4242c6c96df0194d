"""Video files: all frames, their times, and files that are none."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from cv2.typing import MatLike

from edge.core.errors import RecordingTruncated, SourceNotFound
from edge.core.frames import Frame
from edge.sources import pixels
from edge.sources.decoder.messages import VideoRequest
from edge.sources.decoder.video import Opened, Picture, decoded
from edge.sources.recorded.container import Container
from edge.sources.recorded.frame_count import FrameCount
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


@pytest.mark.parametrize(
    ("clip", "count", "began"),
    [
        ("single_face.mp4", 72, None),
        ("face_noface.mov", 169, datetime(2023, 2, 3, 21, 48, 14, tzinfo=UTC)),  # its first frame is before 0
        ("no_face.mp4", 95, datetime(2023, 2, 3, 21, 18, 59, tzinfo=UTC)),  # an edit list leaves out 3 of 98
    ],
)
def test_recordings(clip: str, count: int, began: datetime | None) -> None:
    if not (CLIPS / clip).exists():
        pytest.skip("the recordings are not here")
    frames = played(CLIPS / clip)
    assert len(frames) == count
    assert (frames[0].tick_s, frames[0].taken_at) == (0, began)
    assert all(before.tick_s < after.tick_s for before, after in pairwise(frames))


def test_the_date_is_the_containers_unless_another_is_given(tmp_path: Path) -> None:
    path, given = write_video(tmp_path / "clip.mp4", 3), datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert played(path)[0].taken_at is None
    content = bytearray(path.read_bytes())
    at = content.index(b"mvhd") + 8
    content[at : at + 4] = (2_082_844_800 + 1_700_000_000).to_bytes(4)  # since 1904
    path.write_bytes(content)
    assert [frame.taken_at for frame in played(path)] == [
        datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC) + timedelta(seconds=index / 20) for index in range(3)
    ]
    with VideoFile(path, given).open(Event()) as frames:
        assert next(frames).taken_at == given


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


@pytest.mark.parametrize(
    ("suffix", "code", "said"),
    [
        ("avi", "MJPG", r"clip.avi (is damaged: \d+ of|ends after \d+ of) 200 frames"),
        ("mkv", "mp4v", r"clip.mkv is damaged: \d+ of 200 frames can be decoded"),
        ("mp4", "mp4v", r"clip.mp4 (is damaged: \d+ of|ends after \d+ of) 200 frames"),
    ],
)
def test_frames_that_are_lost_on_the_way_are_noticed(tmp_path: Path, suffix: str, code: str, said: str) -> None:
    path = write_video(tmp_path / f"clip.{suffix}", 200, 25, code)
    assert len(played(path)) == 200
    damaged = bytearray(path.read_bytes())
    half, some = len(damaged) // 2, len(damaged) // 20
    damaged[half : half + some] = np.random.default_rng(0).bytes(some)
    path.write_bytes(damaged)
    with VideoFile(path).open(Event()) as frames, pytest.raises(RecordingTruncated, match=said):
        assert len([frame.tick_s for frame in frames]) < 195


def test_a_camera_that_leaves_out_frames_now_and_then_has_not_damaged_anything() -> None:
    """A length and a rate announce 1,000 frames; every hundredth is not there, and sound goes on for 0.4 s."""
    count = FrameCount(Container(), 1010, 0.04)
    for index in range(1000):
        if index % 100 != 50:
            count.add(index * 0.04)
    assert (count.falls_short, count.ends_early) == (False, False)


def test_a_rate_that_changes_announces_no_number() -> None:
    """15 to 60 frames a second, announced as 60."""
    count, tick_s = FrameCount(Container(), 600, 1 / 60), 0.0
    for index in range(300):
        count.add(tick_s)
        tick_s += (1, 2, 4, 1)[index % 4] / 60
    assert not count.falls_short


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


def test_too_large(tmp_path: Path) -> None:
    """A GIF that claims 8,000 x 8,000 pixels, and has one."""
    path = tmp_path / "clip.gif"
    path.write_bytes(b"GIF89a\x40\x1f\x40\x1f\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;")
    with pytest.raises(SourceNotFound, match=r"clip\.gif holds a picture of more than 50 megapixels"):
        played(path)


class Growing:
    """A capture whose frames grow, as another version of FFmpeg may return them."""

    def __init__(self, *words: object) -> None:
        self._capture, self._retrieved = cv2.VideoCapture(*words), 0

    def retrieve(self) -> tuple[bool, MatLike]:  # all but the first frame
        self._retrieved += 1
        found, picture = self._capture.retrieve()
        return found, cv2.resize(picture, (300, 200)) if found and self._retrieved > 1 else picture

    def __getattr__(self, name: str) -> object:
        return getattr(self._capture, name)


def test_a_frame_that_grows_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "clip.mp4", 4)
    grows = SimpleNamespace(**{**vars(cv2), "VideoCapture": Growing})
    monkeypatch.setattr("edge.sources.decoder.video.cv2", grows)
    monkeypatch.setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", "")  # it is put back afterwards

    def sizes() -> list[tuple[int, int]]:
        with path.open("rb") as file:
            found = decoded(file.fileno(), VideoRequest(0.0, 0.0, 1.0, True))
            return [one.size if isinstance(one, Picture) else (0, 0) for one in found if not isinstance(one, Opened)]

    assert sizes() == [(48, 64), (48, 64), (200, 300), (200, 300)]
    monkeypatch.setattr(pixels, "MOST_PIXELS", 64 * 48)
    assert sizes() == [(48, 64), (48, 64), (0, 0)]


def test_colours_do_not_depend_on_the_reader(tmp_path: Path) -> None:
    first, again = (played(write_video(tmp_path / "clip.avi", 3, 20, "MJPG"))[2].rgb for _ in range(2))
    assert np.array_equal(first, again)
