"""Markers: of a list, and through the pipe beside a journal."""

import json
import os
import stat
from pathlib import Path

import pytest

from edge.core.errors import SourceNotFound, UsageError
from edge.core.windowing.segments import Mark
from edge.run.markers import ListedMarkers, marks_path, received_markers, send_mark


def test_a_list_gives_each_marker_once_it_is_due(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("start,end,name\n0,0:10,a\n10,,b\n1:00,70,c\n")
    markers = ListedMarkers(tmp_path / "list.csv")
    assert markers(0.0) == [Mark(0.0, "a")]
    assert markers(9.9) == []
    assert markers(60.0) == [Mark(10.0, "b"), Mark(60.0, "c")]
    assert markers(1000.0) == [Mark(70.0, None)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("start,name\nsoon,a\n", "line 2"),
        ("start,end,name\n0,10,a\n5,20,b\n", "line 3: it begins before the segment above it ends"),
        ("start,end,name\n10,5,a\n", "line 2: the end is not after the start"),
        ("start,who\n1,a\n", "the columns are start, end and name"),
        ("start,name\n1,\n", "a segment's name has 1 to 100 letters"),
    ],
)
def test_a_list_that_cannot_be_used(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(UsageError, match=message):
        ListedMarkers(tmp_path / "list.csv")


def test_a_mark_arrives_with_its_tick_while_a_session_runs(tmp_path: Path) -> None:
    journal = tmp_path / "journal.sqlite"
    with pytest.raises(SourceNotFound, match="No session of a camera"):
        send_mark(journal, "Q1")
    with received_markers(journal) as markers:
        status = marks_path(journal).stat()
        assert (stat.S_ISFIFO(status.st_mode), status.st_mode & 0o777) == (True, 0o600)
        assert markers(5.0) == ()
        send_mark(journal, " Q1 ", tick_s=lambda: 7.0)
        send_mark(journal, "Q2", tick_s=lambda: 9.0)
        assert markers(8.5) == [Mark(7.0, "Q1"), Mark(8.5, "Q2")]
        assert markers(9.5) == ()
        with pytest.raises(UsageError, match="is no name"):
            send_mark(journal, "\n")
        pipe = os.open(marks_path(journal), os.O_WRONLY | os.O_NONBLOCK)
        os.write(pipe, b"[]\nnonsense\n" + json.dumps({"tick_s": 9, "name": "Q3"}).encode() + b"\n")
        os.close(pipe)
        assert markers(10.0) == [Mark(9.0, "Q3")]
    assert not marks_path(journal).exists()
    with pytest.raises(SourceNotFound):
        send_mark(journal, "Q4")


def test_a_file_in_the_place_of_the_pipe_is_not_written(tmp_path: Path) -> None:
    marks_path(tmp_path / "j").write_text("")
    with pytest.raises(SourceNotFound):
        send_mark(tmp_path / "j", "Q1")
    assert marks_path(tmp_path / "j").read_text() == ""
