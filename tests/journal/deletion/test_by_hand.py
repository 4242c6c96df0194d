"""Deletion by hand: a trial deletes nothing, a date limits what goes of a session, and what fails is an error."""

import fcntl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.core.errors import CannotWrite
from edge.host.files.erasing import remove_overwritten
from edge.journal.deletion import delete_by_hand
from edge.journal.reading import JournalReader

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """A file of JSON lines, and one that was closed before."""
    for name in ("l.jsonl", "l.jsonl.2026-03-01"):
        (tmp_path / name).write_text('{"session": "kim"}\n')
    return tmp_path / "l.jsonl"


@pytest.fixture
def journal(journal: Path) -> Path:
    """A session of three windows, and two damaged journals that were put aside earlier."""
    for second in (1, 2):
        journal.with_name(f"j.sqlite.corrupt.20260301T00000{second}Z").write_text("damaged")
    return journal


def files(journal: Path) -> dict[str, bytes]:
    """Every file that holds figures or lines, with what is in it."""
    return {place.name: place.read_bytes() for place in journal.parent.glob("[jl].*") if place.suffix != ".lock"}


def test_a_trial_names_every_file_and_deletes_none(journal: Path, lines: Path) -> None:
    before = files(journal)
    tried = delete_by_hand(journal, before=LATER, lines=lines, dry_run=True)
    assert files(journal) == before
    done = delete_by_hand(journal, before=LATER, lines=lines)
    assert tried == done
    assert (done.sessions, done.summaries, done.lines) == (1, 4, 0)
    assert {place.name for place in done.files} == before.keys() - files(journal).keys()
    assert files(journal).keys() == {"j.sqlite", "l.jsonl"}


def test_a_date_and_a_name_delete_rows_alone(journal: Path, lines: Path) -> None:
    before = files(journal)
    deleted = delete_by_hand(journal, before=NOON + timedelta(seconds=4), session="kim", lines=lines)
    assert (deleted.summaries, deleted.lines, deleted.files) == (2, 0, ())
    assert {**files(journal), "j.sqlite": b""} == {**before, "j.sqlite": b""}
    with JournalReader.open(journal) as reader:
        assert [session.windows for session in reader.sessions()] == [1]


def test_a_damaged_journal_that_stays_is_an_error_and_keeps_no_other(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(place: Path) -> None:
        if "T000001Z" in place.name:
            raise PermissionError(13, "Permission denied")
        remove_overwritten(place)

    monkeypatch.setattr("edge.journal.file.damage.remove_overwritten", refused)
    with pytest.raises(CannotWrite, match="T000001Z"):
        delete_by_hand(journal, before=LATER)
    assert [name for name in files(journal) if "corrupt" in name] == ["j.sqlite.corrupt.20260301T000001Z"]


def test_lines_that_another_program_writes_are_an_error_after_the_rows_are_gone(journal: Path, lines: Path) -> None:
    with open(lines) as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(CannotWrite, match=r"l\.jsonl is being written"):
            delete_by_hand(journal, session="kim", lines=lines)
    with JournalReader.open(journal) as reader:
        assert reader.sessions() == []
    assert lines.read_text() == '{"session": "kim"}\n'
