"""A process of its own decodes a video: the same frames, no rights, and its end is a sentence."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread

import cv2
import numpy as np
import pytest

from edge.core.errors import LimitReached, RecordingTruncated, SourceNotFound
from edge.core.frames import Frame
from edge.run.capture import capture
from edge.sources.decoder import client, started
from edge.sources.decoder.client import Decoder, DecoderDied
from edge.sources.decoder.messages import SLOTS, Kind, Message
from edge.sources.decoder.pictures import PictureDecoder
from edge.sources.decoder.slots import Slots, shared_memory
from edge.sources.recorded.folder import Pictures
from edge.sources.recorded.video import VideoFile
from tests.sources.conftest import scene, write_video
from tests.timing import eventually

from .processes import children, new_server, next_decoder, servers

_PATIENCE_S = 240.0


@pytest.mark.parametrize(("max_fps", "start_s"), [(None, None), (7.0, None), (5.0, 0.5), (None, 0.72)])
def test_a_video_passes_over_the_frames_that_its_reader_would_pass_over(
    tmp_path: Path, max_fps: float | None, start_s: float | None
) -> None:
    path = write_video(tmp_path / "clip.avi", 50, 20, "MJPG")
    stop = Event()
    whole = capture(VideoFile(path), stop, max_fps=max_fps, start_s=start_s)
    sparse = capture(VideoFile(path, None, start_s or 0.0, max_fps), stop, max_fps=max_fps, start_s=start_s)
    expected, found = ([one for one in each if isinstance(one, Frame)] for each in (whole, sparse))
    assert [(one.tick_s, one.dropped_before) for one in found] == [(one.tick_s, one.dropped_before) for one in expected]
    assert all((one.rgb == other.rgb).all() for one, other in zip(found, expected, strict=True))
    assert len(found) < 50 or max_fps is start_s is None


def test_a_program_with_several_threads_is_not_forked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenCV waits for ever in a fork that lacks the threads it had started."""
    path, before = write_video(tmp_path / "clip.avi", 3, 20, "MJPG"), servers()
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked"))
    ended = Event()
    other = Thread(target=ended.wait)
    other.start()
    started._forget()
    started.start_by_fork()
    ended.set()
    other.join()
    assert eventually(lambda: servers() - before)
    with VideoFile(path).open(Event()) as frames:
        assert len(list(frames)) == 3


def test_frames_that_are_kept_stay_as_they_were(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.avi", 3 * SLOTS, 20, "MJPG")
    with VideoFile(path).open(Event()) as frames:
        kept = list(frames)
    for index, one in enumerate(kept):
        assert np.abs(one.rgb.astype(int) - scene(index)[..., ::-1]).mean() < 12, index
    kept[0].rgb[:] = 0  # they are the reader's own


def test_frames_are_the_same_one_by_one_and_ahead(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.avi", 20, 20, "MJPG")
    seen = []
    for ahead in (True, False):
        with VideoFile(path, ahead=ahead).open(Event()) as frames:
            seen.append([(one.tick_s, one.rgb.sum()) for one in frames])
    assert seen[0] == seen[1]
    assert len(seen[0]) == 20


def test_a_decoder_that_crashes_is_a_sentence_and_the_next_recording_is_read(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.avi", 100, 20, "MJPG")
    decoder = next_decoder()
    with VideoFile(path).open(Event()) as frames:
        next(frames)
        os.kill(decoder, signal.SIGSEGV)
        with pytest.raises(
            RecordingTruncated, match=r"clip.avi is damaged: its decoder failed \(SIGSEGV\) after \d+ f"
        ):
            list(frames)
    with VideoFile(path).open(Event()) as frames:
        assert len(list(frames)) == 100


def test_a_decoder_that_crashes_before_the_first_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a file that breaks it."""

    def crashed(request: bytes, memory: int, file: int, *, network: bool) -> socket.socket:
        own, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            theirs.send(Message(Kind.DIED, slot=signal.SIGSEGV).packed())
        return own

    monkeypatch.setattr(client, "split_off", crashed)
    with (
        pytest.raises(SourceNotFound, match=r"clip.avi is not a video: its decoder failed \(SIGSEGV\)"),
        VideoFile(write_video(tmp_path / "clip.avi", 3, 20, "MJPG")).open(Event()),
    ):
        pass


def test_a_picture_that_crashes_its_decoder_cannot_be_decoded_and_the_next_one_is_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for index in range(4):
        cv2.imwrite(str(tmp_path / f"{index}.png"), scene(index))
    decoder = next_decoder()
    with Pictures(tmp_path).open(Event()) as frames:
        seen = [next(frames)]  # others may be decoded already
        os.kill(decoder, signal.SIGSEGV)
        seen += frames
    (message,) = caplog.messages
    lost = re.fullmatch(rf"1 of the 4 pictures in {tmp_path.name} cannot be decoded: ([123])\.png\.", message)
    assert lost is not None
    assert [one.tick_s for one in seen] == pytest.approx([0.04 * index for index in range(4) if str(index) != lost[1]])


def test_of_many_pictures_one_that_crashes_the_decoder_is_none_and_the_others_are_decoded() -> None:
    contents = [(str(index), cv2.imencode(".png", scene(index))[1].tobytes()) for index in range(8)]
    decoder = next_decoder()
    with closing(PictureDecoder(Event())) as decode:
        seen = []
        for name, rgb in decode.in_turn(contents):
            seen.append((name, rgb))
            if name == "1":
                os.kill(decoder, signal.SIGSEGV)
    assert [name for name, _ in seen] == [*map(str, range(8))]
    assert sum(rgb is None for _, rgb in seen) == 1
    assert all(rgb is None or (rgb == scene(int(name))[..., ::-1]).all() for name, rgb in seen)


def test_a_decoder_keeps_the_memory_of_a_picture_for_the_next_one() -> None:
    """Taking it anew for each costs more than decoding."""
    content = cv2.imencode(".jpg", scene(0, 720, 1280))[1].tobytes()
    decoder, pictures = next_decoder(), 20

    def faults() -> int:
        return int(Path(f"/proc/{decoder}/stat").read_text().rpartition(")")[2].split()[7])

    with closing(PictureDecoder(Event())) as decode:
        assert len([*decode.in_turn([("", content)] * pictures)]) == pictures
        before = faults()
        assert len([*decode.in_turn([("", content)] * pictures)]) == pictures
        assert faults() - before < 300 * pictures, "a picture has 675 pages, and was decoded from one and into another"


def test_a_server_that_was_killed_is_started_again(tmp_path: Path) -> None:
    path, former = write_video(tmp_path / "clip.avi", 3, 20, "MJPG"), new_server()
    os.kill(former, signal.SIGKILL)
    os.waitpid(former, 0)
    with VideoFile(path).open(Event()) as frames:
        assert len(list(frames)) == 3
    assert former not in servers()


def test_where_no_process_can_be_started_a_sentence_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(client, "split_off", refused)
    path = write_video(tmp_path / "clip.avi", 3, 20, "MJPG")
    with pytest.raises(LimitReached, match="no process or no memory") as raised, VideoFile(path).open(Event()):
        pass
    assert raised.value.exit_code == 71


def test_no_process_outlives_the_program(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.avi", 100, 20, "MJPG")
    code = (
        "import sys, time; from pathlib import Path; from threading import Event\n"
        "from edge.sources.recorded.video import VideoFile\n"
        "with VideoFile(Path(sys.argv[1])).open(Event()) as frames:\n"
        "    next(frames); print('reading', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"reading\n"
        (started_by_it,) = children(program.pid)
        left = [started_by_it, *children(started_by_it)]
        program.kill()
    assert len(left) >= 2
    until_s = time.monotonic() + _PATIENCE_S
    while any(Path(f"/proc/{one}/cmdline").exists() for one in left) and time.monotonic() < until_s:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{one}/cmdline").exists() for one in left)


def test_the_command_splits_its_decoder_off_itself_and_imports_nothing_twice(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.avi", 10, 20, "MJPG")
    code = "import subprocess; subprocess.Popen.__init__ = None; from edge.cli.run_main import main; main()"
    tmp_path.chmod(0o700)
    command = [sys.executable, "-c", code, str(path), "--quiet", "--journal", str(tmp_path / "j.sqlite")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


@contextmanager
def lent_by(*messages: Message | bytes) -> Iterator[Decoder]:
    """A decoder that sends these, whatever it is given."""
    own, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    decoder = Decoder(own, Slots(shared_memory()), Event(), ahead=True)
    with theirs, closing(decoder):
        for message in messages:
            theirs.send(message if isinstance(message, bytes) else message.packed())
        yield decoder


@pytest.mark.parametrize(
    "message",
    [
        b"anything",
        Message(Kind.FRAME, 0, 8, 8)._replace(kind=99),  # type: ignore[arg-type]
        Message(Kind.FRAME, SLOTS, 8, 8),
        Message(Kind.FRAME, 0, 0, 8),
        Message(Kind.FRAME, 0, 8, 8, seconds=float("nan")),
        Message(Kind.FRAME, 0, 8, 8, seconds=-1.0),
        Message(Kind.FRAME, 0, 8, 8, number=float("inf")),
        Message(Kind.OPENED, seconds=float("inf")),
    ],
)
def test_what_no_decoder_sends_ends_it(message: Message | bytes) -> None:
    with lent_by(message) as decoder, pytest.raises(DecoderDied, match="no decoder sends"):
        decoder.message()


def test_a_picture_that_is_larger_than_its_memory_or_written_over_another_ends_it() -> None:
    large, fits = Message(Kind.FRAME, 0, 2**16, 2**16), Message(Kind.FRAME, 1, 8, 8)
    with lent_by(large, fits, fits) as decoder:
        with pytest.raises(DecoderDied, match="65536x65536"):
            decoder.picture(decoder.message() or fits)
        used = decoder.picture(decoder.message() or large)
        with pytest.raises(DecoderDied, match="wrote over a picture"):
            decoder.picture(decoder.message() or large)
        del used
        assert decoder.picture(fits).shape == (8, 8, 3)
