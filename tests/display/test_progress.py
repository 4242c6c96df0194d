"""How far a recording was read, on a terminal and in a pipe."""

import io
from dataclasses import replace
from pathlib import Path
from threading import Event

import cv2
import pytest

from edge.display.live_line import LiveLine
from edge.display.progress import counted, pictures_line, recording_line
from edge.run.events import FrameRead, SessionEnding
from edge.sources.base import FrameSource
from edge.sources.recorded.folder import Pictures
from edge.sources.recorded.video import VideoFile
from tests.fakes import Hands, frame, observe
from tests.sources.conftest import scene, write_video


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (recording_line(192, 1200, 25.26), "03:12 / 20:00  16 %  7.6x  2:13 left"),
        (recording_line(1200, 1200, 150), "20:00 / 20:00  100 %  8.0x  0:00 left"),
        (recording_line(3700, 7200, 3700), "1:01:40 / 2:00:00  51 %  1.0x  58:20 left"),
        (recording_line(70, 120, 10, from_s=60), "01:10 / 02:00  58 %  1.0x  0:50 left"),
        (recording_line(0, 1200, 3), "00:00 / 20:00  0 %  0.0x"),
        (pictures_line(1200, 3589, 12.2), "00:12  1,200 / 3,589  33 %  98/s  0:24 left"),
    ],
)
def test_position_share_speed_and_time_left(line: str, text: str) -> None:
    assert line == text


def lines(length_s: float | None, read_s: float, most_s: float | None = None) -> list[str]:
    """What a pipe gets while a recording is read at four times its speed."""
    out, clock = io.StringIO(), Hands()
    show = LiveLine(out, clock, most_s)
    for tick in range(round(read_s * 4)):
        seen = replace(frame(tick / 4), length_s=length_s)
        show(FrameRead(seen, observe(seen)))
        clock.move(1 / 16)
    show(SessionEnding())
    return out.getvalue().splitlines()


def test_each_line_of_a_recording_begins_with_its_time() -> None:
    shown = lines(60, 30)
    assert [line[:36] for line in shown[:2]] == [
        "00:08 / 01:00  13 %  4.0x  0:13 left",
        "00:12 / 01:00  20 %  4.0x  0:12 left",
    ]
    assert "Expressive" in shown[0]
    assert all(line.endswith("fps") for line in shown)
    assert len(shown) == 6
    assert lines(60, 30, most_s=40)[0].startswith("00:08 / 00:40  20 %")


def test_a_terminal_is_shown_once_what_the_numbers_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    shown = "\n".join(lines(None, 7.5))
    assert shown.count("The level and its probability; how many of 100 training faces have a lower score") == 1
    assert shown.count("the most probable emotion and its probability.") == 1


def test_what_ends_within_two_seconds_has_no_line_and_other_sources_are_shown_at_once() -> None:
    assert lines(7.5, 7.5) == []
    assert lines(None, 7.5)[0].startswith("Expressive")


def test_a_recording_says_how_long_it_is(tmp_path: Path) -> None:
    video = write_video(tmp_path / "clip.avi", 30, 20, "MJPG")
    for index in range(5):
        cv2.imwrite(str(tmp_path / f"{index}.png"), scene(index))
    sources: list[tuple[FrameSource, float]] = [(VideoFile(video), 1.5), (Pictures(tmp_path), 0.2)]
    for source, length_s in sources:
        with source.open(Event()) as frames:
            assert next(frames).length_s == pytest.approx(length_s)


@pytest.mark.parametrize("out", [io.StringIO(), Terminal()])
def test_pictures_are_counted_from_the_third_second_on(out: io.StringIO) -> None:
    clock, seen = Hands(), []
    for picture in counted(range(96), 96, out, clock.tick_s):
        seen.append(picture)
        clock.move(1 / 16)
    assert seen == list(range(96))
    written = out.getvalue()
    if out.isatty():
        assert written.startswith("\r00:02  32 / 96  33 %  16/s  0:04 left\x1b[K\r00:02  34 / 96")
        assert written.endswith("\r\x1b[K")
    else:
        assert written.splitlines() == [
            "00:02  32 / 96  33 %  16/s  0:04 left",
            "00:03  48 / 96  50 %  16/s  0:03 left",
            "00:04  64 / 96  67 %  16/s  0:02 left",
            "00:05  80 / 96  83 %  16/s  0:01 left",
        ]
    nothing = io.StringIO()
    assert list(counted(range(9), 9, nothing, clock.tick_s)) == list(range(9))
    assert nothing.getvalue() == ""
