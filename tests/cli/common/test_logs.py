"""What is logged: with a priority where systemd's journal listens, and not the same thing all day."""

import io
import logging
import os
from pathlib import Path

import pytest

from edge.host.logs import SeldomTheSame, logging_to_stderr

from ..conftest import Ask


def test_a_person_reads_the_message_alone_from_the_level_on() -> None:
    out = io.StringIO()
    with logging_to_stderr("info", out):
        log = logging.getLogger("edge.test")
        log.debug("not this")
        log.info("Camera %d is back.", 0)
        log.error("The disk is full.")
    assert out.getvalue() == "Camera 0 is back.\nThe disk is full.\n"


def test_systemds_journal_gets_the_priority_of_each_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(tmp_path / "journal", "w+") as out:
        status = os.fstat(out.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        log = logging.getLogger("edge.test")
        with logging_to_stderr("debug", out):
            for say, words in ((log.debug, "a"), (log.info, "b"), (log.warning, "c\nd"), (log.error, "e")):
                say(words)
        out.seek(0)
        assert out.read() == "<7>a\n<6>b\n<4>c\n<4>d\n<3>e\n"
    with open(tmp_path / "elsewhere", "w+") as out:
        with logging_to_stderr("info", out):
            logging.getLogger("edge.test").warning("c")
        out.seek(0)
        assert out.read() == "c\n", "standard error leads elsewhere"


def test_the_same_is_said_once_and_then_once_a_minute_with_a_count() -> None:
    now_s = 0.0
    seldom = SeldomTheSame(lambda: now_s)

    def said(words: str, *args: object) -> str | None:
        record = seldom(logging.LogRecord("edge", logging.WARNING, "", 0, words, args, None))
        return None if record is None else record.getMessage()

    assert said("/dev/video0 is gone. Trying again in %g s.", 1) == "/dev/video0 is gone. Trying again in 1 s."
    for now_s in (1.0, 3.0, 7.0, 59.0):
        assert said("/dev/video0 is gone. Trying again in %g s.", now_s) is None
    assert said("/dev/video0 is in use.") == "/dev/video0 is in use.", "another message"
    now_s = 60.0
    reported = said("/dev/video0 is gone. Trying again in %g s.", 30)
    assert reported == "/dev/video0 is gone. Trying again in 30 s. (4 more like it in between)"
    now_s = 61.0
    assert said("/dev/video0 is gone. Trying again in %g s.", 30) is None


def test_remembering_messages_takes_no_room_without_end() -> None:
    seldom = SeldomTheSame()
    for number in range(1000):
        words = "".join(chr(97 + int(digit)) for digit in str(number))
        seldom(logging.LogRecord("edge", logging.WARNING, "", 0, words, (), None))
    assert len(seldom._held) <= 200


def test_a_count_is_added_for_standard_error_alone() -> None:
    now_s = 0.0
    seldom = SeldomTheSame(lambda: now_s)

    def record() -> logging.LogRecord:
        return logging.LogRecord("edge", logging.WARNING, "", 0, "The disk is full.", (), None)

    seldom(record())
    seldom(record())
    now_s = 60.0
    later = record()
    written = seldom(later)
    assert written is not None
    assert written.getMessage() == "The disk is full. (1 more like it in between)"
    assert later.getMessage() == "The disk is full.", "other handlers read this one"


def test_a_command_restores_the_log_of_its_process(ask: Ask) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    assert ask("edge-run", "--source", "demo:fast", "--duration", 0.2, "--log-level", "debug").exit_code == 0
    assert ask("edge-run", "--source", "none.mp4", "--log-level", "error").exit_code != 0
    assert (root.handlers, root.level) == before


def test_what_is_logged_goes_to_standard_error_as_it_is_at_that_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stderr", first)
    with logging_to_stderr("info"):
        monkeypatch.setattr("sys.stderr", second)
        first.close()
        logging.getLogger("edge.test").warning("The disk is full.")
    assert second.getvalue() == "The disk is full.\n"


def test_a_level_that_is_none_is_refused(ask: Ask) -> None:
    result = ask("edge-run", "--source", "demo:fast", "--log-level", "loud")
    assert result.exit_code == 2
    assert "log_level" in result.stderr


def test_no_session_name_reaches_the_log(ask: Ask) -> None:
    result = ask(
        "edge-run", "--source", "demo:fast", "--duration", 1, "--session", "kim-2", "--log-level", "debug", "--quiet"
    )
    assert "kim" not in result.output
