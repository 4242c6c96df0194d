import json
import os
import stat
import sys
from datetime import UTC, date, datetime
from threading import Event, Thread, Timer

import pytest

from edge.core.errors import BadConfiguration, CannotWrite
from edge.core.summaries import from_json
from edge.journal.lines.jsonl import JsonLines, closed_files


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_is_there_as_soon_as_it_is_written(tmp_path, summaries):
    path = tmp_path / "new" / "out.jsonl"
    before = os.umask(0)
    try:
        with JsonLines.open(str(path)) as lines:
            for count, summary in enumerate(summaries("s", 2), start=1):
                lines.write(summary)
                assert len(lines_of(path)) == count
    finally:
        os.umask(before)
    assert [line["kind"] for line in lines_of(path)] == ["window", "window", "session"]
    assert from_json(lines_of(path)[2]).session == "s"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_lines_are_appended_and_a_torn_one_stays_alone(tmp_path, summaries):
    path = tmp_path / "out.jsonl"
    path.write_text('{"kind": "win')
    with JsonLines.open(str(path)) as lines:
        lines.write(summaries("s", 1)[0])
    with JsonLines.open(str(path)) as lines:
        lines.write(summaries("t", 1)[0])
    torn, first, second = path.read_text().splitlines()
    assert torn == '{"kind": "win'
    assert [json.loads(line)["session"] for line in (first, second)] == ["s", "t"]


def test_standard_output(capsys, summaries):
    with JsonLines.open("-") as lines:
        lines.write(summaries("s", 1)[0])
    assert json.loads(capsys.readouterr().out)["session"] == "s"


def test_a_full_device_is_reported(tmp_path, summaries):
    with JsonLines.open("/dev/full") as lines, pytest.raises(CannotWrite, match="/dev/full is full"):
        lines.write(summaries("s", 1)[0])


@pytest.mark.parametrize(
    ("mode", "said"), [("w", "The disk that holds standard output is full."), ("r", "Standard output is closed.")]
)
def test_standard_output_that_refuses_lines_is_named_as_such(monkeypatch, summaries, mode, said):
    with open("/dev/full", mode) as refusing, JsonLines.open("-") as lines:
        monkeypatch.setattr(sys, "stdout", refusing)
        with pytest.raises(CannotWrite) as refused:
            lines.write(summaries("s", 1)[0])
        monkeypatch.undo()
    assert refused.value.happened == said


def test_no_part_of_a_line_stays_after_a_failure(tmp_path, summaries, monkeypatch):
    path, write = tmp_path / "out.jsonl", os.write

    def half_then_full(descriptor, data):
        if len(data) < 300:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[: len(data) - 250])

    first, second, _ = summaries("s", 2)
    with JsonLines.open(str(path)) as lines:
        lines.write(first)
        monkeypatch.setattr(os, "write", half_then_full)
        with pytest.raises(CannotWrite, match="is full"):
            lines.write(second)
        monkeypatch.undo()
        assert len(lines_of(path)) == 1
        lines.write(second)
    assert [line["sequence"] for line in lines_of(path)] == [0, 1]


def test_the_file_of_another_day_is_closed_and_never_replaces_one_that_was(tmp_path, summaries):
    """Days are UTC, whatever the machine's zone."""
    path, first = tmp_path / "out.jsonl", summaries("s", 1)[0]
    names = ["out.jsonl"]
    for closed in ("out.jsonl.2026-03-02", "out.jsonl.2026-03-02.2", "out.jsonl.2026-03-02.3"):
        with JsonLines.open(str(path)) as lines:
            lines.write(first)
        for hour in (0, 23):  # of the day that is over
            os.utime(path, (0, datetime(2026, 3, 1, hour, 30, tzinfo=UTC).timestamp()))
            with JsonLines.open(str(path)) as lines:
                lines.turn_over(date(2026, 3, 1))
        assert sorted(found.name for found in tmp_path.iterdir()) == sorted(names)
        with JsonLines.open(str(path)) as lines:
            lines.turn_over(date(2026, 3, 2))
            lines.write(first)
            lines.turn_over(date(2026, 3, 2))
        names.append(closed)
        assert sorted(found.name for found in tmp_path.iterdir()) == sorted(names)
        path.unlink()
    (tmp_path / "out.jsonl.2026-02-31").write_text("no date")
    (tmp_path / "out.jsonl.backup").write_text("no date")
    assert [(place.name, day) for place, day in closed_files(path)] == [
        (name, date(2026, 3, 2)) for name in names if name != "out.jsonl"
    ]


def test_a_file_that_is_gone_is_begun_again_with_the_next_day(tmp_path, summaries):
    path = tmp_path / "out.jsonl"
    with JsonLines.open(str(path)) as lines:
        lines.turn_over(date(2026, 3, 1))
        path.unlink()
        lines.turn_over(date(2026, 3, 2))
        lines.write(summaries("s", 1)[0])
    assert len(lines_of(path)) == 1


def test_a_pipe_is_never_closed_for_a_new_day(tmp_path, summaries):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with JsonLines.open(str(pipe)) as lines:
            for day in (1, 2):
                lines.turn_over(date(2026, 3, day))
            lines.write(summaries("s", 1)[0])
        assert json.loads(os.read(reader, 2**16))["session"] == "s"
    finally:
        os.close(reader)
    assert [found.name for found in tmp_path.iterdir()] == ["pipe"]


def test_a_second_writer_a_folder_and_a_link_are_refused(tmp_path):
    path, link = tmp_path / "out.jsonl", tmp_path / "link"
    link.symlink_to(path)
    with JsonLines.open(str(path)):
        for name, match in ((path, "another edge-run"), (tmp_path, "is a folder"), (link, "symbolic link")):
            with pytest.raises((CannotWrite, BadConfiguration), match=match), JsonLines.open(str(name)):
                pass


def test_a_pipe_that_is_not_read_is_given_up_once_the_run_is_to_end(tmp_path, summaries):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    stop = Event()
    with JsonLines.open(str(tmp_path / "pipe"), stop=stop) as lines:
        with pytest.raises(CannotWrite, match="is a pipe that is not read"):
            Timer(0.2, stop.set).start()
            for _ in range(100):
                lines.write(*summaries("s", 2))
        assert len(os.read(reader, 2**20).splitlines()) > 10
        with pytest.raises(CannotWrite, match="not read"):  # nothing is appended to a torn line
            lines.write(summaries("s", 1)[0])
    os.close(reader)


def test_a_slow_reader_gets_every_line(tmp_path, summaries):
    os.mkfifo(tmp_path / "pipe")
    read: list[object] = []

    def slowly():
        with open(tmp_path / "pipe") as pipe:
            read.extend(map(json.loads, pipe))

    reader = Thread(target=slowly)
    reader.start()
    written = 0
    descriptor = os.open(tmp_path / "pipe", os.O_WRONLY)  # waits for the reader
    with JsonLines.open(str(tmp_path / "pipe"), stop=Event()) as lines:
        os.close(descriptor)
        for _ in range(60):
            lines.write(*summaries("s", 2))
            written += 3
    reader.join(240)
    assert len(read) == written
