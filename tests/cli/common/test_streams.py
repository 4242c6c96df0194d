"""Standard output that is full, closed, a pipe without a reader, or unable to show a character: a sentence, a code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge.cli import doctor, run
from edge.cli.booth import keys
from edge.cli.common.app import App
from edge.cli.journals import report
from edge.display.live_line import LiveLine
from edge.journal.reading import JournalReader
from models.cli import data

from .conftest import Enter

FULL = "Error: The disk that holds standard output is full. Make room; what was committed before is safe.\n"
DEMO = ("--source", "demo:fast", "--duration", "0.5")


@pytest.mark.parametrize(
    ("app", "words"),
    [
        (run.app, ("--help",)),
        (run.app, ("--version",)),
        (doctor.app, ()),
        (doctor.app, ("--format", "json")),
        (keys.app, ("new", "key")),
        (data.app, ("map", "raf-db")),
    ],
)
def test_a_full_output_is_one_sentence_and_leaves_nothing(
    enter: Enter, home: Path, app: App, words: tuple[str, ...]
) -> None:
    ended = enter(app, *words, device="/dev/full")
    assert (ended.code, ended.err) == (74, FULL)
    assert not (home / "key").exists()


def test_a_run_whose_output_is_full_keeps_its_session(enter: Enter, home: Path) -> None:
    ended = enter(run.app, *DEMO, device="/dev/full")
    assert (ended.code, ended.err) == (74, FULL)
    with JournalReader.open(home / "state/edge/journal.sqlite") as reader:
        (session,) = reader.sessions()
    assert session.summary is not None
    assert (session.state, session.summary.frames_read) == ("complete", 13)


def test_a_pipe_without_a_reader_ends_a_command_in_silence(enter: Enter, home: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    for app, words in ((doctor.app, ()), (run.app, DEMO), (run.app, ("--help",)), (data.app, ("map", "raf-db"))):
        ended = enter(app, *words, device=f"/dev/fd/{writer}")
        assert (ended.code, ended.err) == (0, ""), words
    os.close(writer)
    with JournalReader.open(home / "state/edge/journal.sqlite") as journal:
        assert [session.state for session in journal.sessions()] == ["complete"]


def test_a_closed_output_is_one_sentence_and_no_file_takes_its_number(home: Path) -> None:
    program = f"{sys.executable} -m edge.cli.booth.keys new key"
    ended = subprocess.run(f"{program} >&- <&-", shell=True, cwd=home, capture_output=True, text=True, check=False)
    assert ended.returncode == 74
    assert ended.stderr == "Error: Standard output is closed. Send it to a file, or to /dev/null.\n"
    assert not (home / "key").exists()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_an_output_that_lacks_characters_gets_others(enter: Enter, encoding: str) -> None:
    ended = enter(run.app, *DEMO, "--journal", "caf\udce9.sqlite", encoding=encoding)
    assert (ended.code, ended.err) == (0, "")
    assert {"ascii": b"+/-", "latin-1": b"\xb1", "utf-8": "±".encode()}[encoding] in ended.out
    assert b"The summaries are in caf\\xe9.sqlite" in ended.out
    shown = enter(report.app, "caf\udce9.sqlite", encoding=encoding)
    assert (shown.code, shown.out.count(b"complete")) == (0, 1)


def test_the_live_line_is_given_up_where_it_cannot_be_written() -> None:
    class Full:
        written = 0

        def write(self, text: str) -> int:
            self.written += 1
            raise OSError(28, "No space left on device")

        def flush(self) -> None: ...

    from edge.run.events import FrameRead
    from tests.fakes import frame, observe

    out = Full()
    with LiveLine(out) as line:  # type: ignore[arg-type]
        for second in range(3):
            line(FrameRead(frame(second), observe(frame(second))))
    assert out.written == 1
