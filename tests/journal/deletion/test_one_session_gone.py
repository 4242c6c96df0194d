"""Erasing one session from everything: the journal, the JSON lines, and journals that were put aside."""

import fcntl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.core.errors import CannotWrite
from edge.journal.deletion import delete_session, is_kept
from edge.journal.reading import JournalReader
from edge.journal.store import Journal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path: Path, summaries) -> Path:
    """Two sessions of kim, one of ann."""
    path = tmp_path / "j.sqlite"
    for name, count in (("kim", 2), ("ann", 1), ("kim", 3)):
        with Journal.open(path) as opened:
            opened.begin(name, started_at=NOON, window_s=2.0, software="0.1", source="camera 0")
            for summary in summaries(name, count):
                opened.write(summary)
    return path


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """Lines of both, one torn, and a file that was closed at the end of a day."""
    path = tmp_path / "l.jsonl"
    path.write_text('{"session": "kim"}\n{"session": "ann", "note": "kim"}\n{"session": "kim", "torn\n["kim"]\n')
    path.with_name("l.jsonl.2026-02-28").write_text('{"session": "kim"}\n')
    return path


def names(journal: Path) -> list[str]:
    with JournalReader.open(journal) as reader:
        return [session.name for session in reader.sessions()]


def test_what_was_deleted_is_counted(journal: Path, lines: Path) -> None:
    aside = journal.with_name("j.sqlite.corrupt.20260301T000000Z")
    aside.write_text("damaged")
    deleted = delete_session("kim", journal, lines)
    assert (deleted.sessions, deleted.summaries) == (2, 7), "five windows, and a summary of each session"
    assert deleted.lines == 4, "a line that cannot be read and names it counts as its own"
    assert deleted.files == (aside,)
    assert not aside.exists()
    assert names(journal) == ["ann"]
    assert lines.read_text() == '{"session": "ann", "note": "kim"}\n'
    assert not is_kept("kim", journal, lines)
    assert is_kept("ann", journal, lines)


def test_what_is_not_there_is_nothing(tmp_path: Path, journal: Path, lines: Path) -> None:
    before = lines.read_bytes()
    for place in (journal, tmp_path / "none"):
        deleted = delete_session("bob", place, lines)
        assert (deleted.sessions, deleted.summaries, deleted.lines, deleted.files) == (0, 0, 0, ())
    assert lines.read_bytes() == before
    assert names(journal) == ["kim", "ann", "kim"]


def test_one_that_fails_does_not_keep_the_others(journal: Path, lines: Path) -> None:
    with open(lines) as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(CannotWrite, match=r"l\.jsonl is being written"):
            delete_session("kim", journal, lines)
    assert "torn" in lines.read_text()
    assert names(journal) == ["ann"]
    assert lines.with_name("l.jsonl.2026-02-28").read_text() == ""


def test_a_line_nested_too_deep_to_be_read_goes_as_a_torn_one_does(tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    lines.write_text(f'{{"session": "kim", "x": {"[" * 100_000}\n{{"session": "ann"}}\n')
    assert delete_session("kim", tmp_path / "no-journal", lines).lines == 1
    assert lines.read_text() == '{"session": "ann"}\n'


@pytest.mark.parametrize("kept", ["journal", "line", "closed line", "torn line"])
def test_something_of_it_is_enough_to_be_kept(tmp_path: Path, journal: Path, kept: str) -> None:
    lines = tmp_path / "l.jsonl"
    if kept != "journal":
        delete_session("kim", journal, None)
        assert not is_kept("kim", journal, lines)
        place = lines.with_name("l.jsonl.2026-02-28") if kept == "closed line" else lines
        place.write_text('{"session": "kim", "torn' if kept == "torn line" else '{"session": "kim"}\n')
    assert is_kept("kim", journal, lines)
    assert not is_kept("ki", journal, lines)


def test_a_journal_that_cannot_be_deleted_from_is_an_error_after_the_lines_are_erased(
    journal: Path, lines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise CannotWrite("The disk is gone.", fix="Find it.")

    monkeypatch.setattr("edge.journal.deletion.by_session.delete_by_hand", refused)
    with pytest.raises(CannotWrite, match="The disk is gone"):
        delete_session("kim", journal, lines)
    assert "torn" not in lines.read_text()
