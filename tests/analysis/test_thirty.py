"""Thirty recordings of people, five of them damaged, analysed by a command that is killed twice."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest
from cv2.typing import MatLike

BIN = Path(sys.executable).parent
FIGURES = """SELECT sessions.source, kind, sequence, length_s, frames_read, readable_share, unreadable, levels,
emotions, emotion_means, score_mean, score_sd, confidence_mean, level_changes_per_minute, others_share, truncated,
started_tick_s, ended_tick_s FROM summaries JOIN sessions ON sessions.id = session_id
ORDER BY sessions.source, kind, sequence"""
BAD = ("empty.mp4", "half.mp4", "headless.mp4", "letters.mp4", "zeros.avi")
HALF = "half.mp4"  # of which something can be read

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def pictures(path: Path) -> list[MatLike]:
    capture, found = cv2.VideoCapture(str(path)), []
    while (read := capture.read())[0]:
        found.append(cv2.resize(read[1], (480, 270)))
    return found


def written(path: Path, frames: list[MatLike], fps: float, code: str, size: tuple[int, int] = (480, 270)) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), fps, size)
    for each in frames:
        writer.write(each if size == (480, 270) else cv2.resize(each, size))
    writer.release()
    return path


@pytest.fixture(scope="module")
def study(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips that were cut, looped and encoded anew, and five that are damaged, in two folders."""
    folder = tmp_path_factory.mktemp("study") / "recordings"
    (folder / "second").mkdir(parents=True)
    sources = [pictures(clips / name) for name in ("single_face.mp4", "face_noface.mov", "no_face.mp4")]
    forms = [
        ("mp4", "mp4v", (480, 270)),
        ("avi", "MJPG", (480, 270)),
        ("mkv", "mp4v", (640, 360)),
        ("avi", "XVID", (320, 180)),
    ]
    for number in range(25):
        own = sources[number % 3]
        first = (7 * number) % 40
        some = (own[first:] + own)[: 30 + number] if number % 2 else own[first : first + 30 + number]
        ending, code, size = forms[number % 4]
        place = folder / ("second" if number % 5 == 0 else ".") / f"interview-{number:02}.{ending}"
        written(place, some, 25 if number % 3 else 12.5, code, size)
    whole = written(folder / "whole.mp4", sources[0] + sources[1], 25, "mp4v").read_bytes()
    (folder / "whole.mp4").unlink()
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "letters.mp4").write_text("This is no video.\n" * 100)
    (folder / "headless.mp4").write_bytes(whole[: whole.rindex(b"moov")])
    (folder / "zeros.avi").write_bytes(np.zeros(50_000, np.uint8).tobytes())
    (folder / HALF).write_bytes(half(whole))
    return folder


def half(whole: bytes) -> bytes:
    """An MP4 whose second half of pictures is gone, and whose index says that it is there."""
    begin, index = whole.index(b"mdat") + 4, whole.rindex(b"moov") - 4
    gone = (begin + index) // 2
    return whole[:gone] + bytes(index - gone) + whole[index:]


def analyse(study: Path, out: Path, *, kill_after: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command; kill it once so many sessions are in its journal."""
    command: list[str | Path] = [BIN / "edge-analyze", study, "--out", out, "--jobs", "2", "--window", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while kill_after is not None and process.poll() is None:
        if sum(1 for _ in kept(out)) >= kill_after:
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.05)
    said, errors = process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, said, errors)


def kept(out: Path) -> Iterator[tuple[str, str]]:
    if not (out / "journal.sqlite").exists():
        return
    with closing(sqlite3.connect(f"file:{out / 'journal.sqlite'}?mode=ro", uri=True)) as journal:
        try:
            yield from journal.execute("SELECT source, state FROM sessions").fetchall()
        except sqlite3.OperationalError:  # it has no tables yet
            return


def test_killed_twice_it_reads_each_once_with_the_figures_of_single_runs(study: Path, tmp_path: Path) -> None:
    out, counts = tmp_path / "out", []
    for number in (4, 12):
        killed = analyse(study, out, kill_after=number)
        assert killed.returncode == -signal.SIGKILL
        counts.append(len(list(kept(out))))
    assert 4 <= counts[0] < counts[1] < 26
    last = analyse(study, out)
    assert last.returncode == 65, last.stderr
    done = re.match(r"(\d+) of 30 recordings were read, (\d+) were read before", last.stdout)
    assert done
    assert int(done[1]) + int(done[2]) == 26
    assert int(done[2]) == counts[1]
    bad = sorted(re.findall(r"^Not read, or not wholly: (\S+): ", last.stderr, re.MULTILINE))
    assert bad == sorted(BAD)
    sessions = sorted(kept(out))
    assert len(sessions) == len({source for source, _ in sessions}) == 26
    assert {state for _, state in sessions} == {"complete"}

    names = [source for source, _ in sessions]
    alone = tmp_path / "alone.sqlite"
    recordings = [study / name for name in names]
    command: list[str | Path] = [BIN / "edge-run", *recordings, "--window", "1", "--journal", alone, "--quiet"]
    subprocess.run(command, capture_output=True, check=False, env=os.environ)
    with closing(sqlite3.connect(alone)) as one, closing(sqlite3.connect(out / "journal.sqlite")) as many:
        single = one.execute(FIGURES).fetchall()
        together = many.execute(FIGURES).fetchall()
    assert sorted((Path(source).name, *rest) for source, *rest in together) == sorted(
        (source, *rest) for source, *rest in single
    )
    assert any(row[1] == "session" and row[15] == 1 for row in together), "the damaged one was read in part"
