"""What is said of an error of SQLite or of the schema, where a journal is written and where it is read."""

import sqlite3
from pathlib import Path

import pytest

from edge.core.errors import BadConfiguration, CannotWrite, EdgeError, SourceNotFound
from edge.host.files.private_files import DiskFull, DiskRefuses
from edge.journal.schema import DamagedJournal, NewerJournal, NotAJournal
from edge.journal.sqlite_errors import Fault, fault_of, is_damage, reading_errors, writing_errors

PLACE = Path("/place/j.sqlite")


def of_sqlite(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("the reason")
    error.sqlite_errorcode = code | 3 << 8  # the upper bits say more, and change nothing
    return error


WRITING = [
    (NotAJournal(), CannotWrite, "/place/j.sqlite is another program's SQLite file."),
    (NewerJournal(), BadConfiguration, "/place/j.sqlite was written by a newer version of edge."),
    (DamagedJournal("torn"), CannotWrite, "/place/j.sqlite is damaged: torn."),
    (of_sqlite(sqlite3.SQLITE_NOTADB), CannotWrite, "/place/j.sqlite is not a journal of edge."),
    (of_sqlite(sqlite3.SQLITE_CORRUPT), CannotWrite, "/place/j.sqlite is damaged."),
    (of_sqlite(sqlite3.SQLITE_READONLY), DiskRefuses, "/place/j.sqlite may not be written here: the reason."),
    (of_sqlite(sqlite3.SQLITE_BUSY), DiskRefuses, "/place/j.sqlite is held by another program."),
    (of_sqlite(sqlite3.SQLITE_IOERR), DiskRefuses, "/place/j.sqlite was not written: the reason."),
    (sqlite3.Error("the reason"), DiskRefuses, "/place/j.sqlite was not written: the reason."),
]
READING = [
    (NotAJournal(), "/place/j.sqlite is not a journal of edge."),
    (NewerJournal(), "/place/j.sqlite was written by a newer version of edge."),
    (DamagedJournal("torn"), "/place/j.sqlite is damaged: torn."),
    (of_sqlite(sqlite3.SQLITE_NOTADB), "/place/j.sqlite is not a journal of edge."),
    (of_sqlite(sqlite3.SQLITE_CORRUPT), "/place/j.sqlite is damaged: the reason."),
    (of_sqlite(sqlite3.SQLITE_ERROR), "/place/j.sqlite is damaged: the reason."),
    (of_sqlite(sqlite3.SQLITE_CANTOPEN), "/place/j.sqlite cannot be read: the reason."),
]


@pytest.mark.parametrize(("error", "kind", "said"), WRITING)
def test_an_error_while_it_is_written(error: Exception, kind: type[EdgeError], said: str) -> None:
    with pytest.raises(EdgeError) as caught, writing_errors(PLACE):
        raise error
    assert type(caught.value) is kind
    assert caught.value.happened == said


def test_a_newer_journal_can_be_brought_back_where_there_is_a_copy_of_before(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    for fix in ("Update, or name another.", f"Update, or go back to its copy of before: edge-journal restore {path}."):
        with pytest.raises(BadConfiguration) as caught, writing_errors(path):
            raise NewerJournal
        assert caught.value.fix == fix
        path.with_name("j.sqlite.before-11.20260301T120000Z").touch()


def test_a_full_disk_is_an_error_of_its_own() -> None:
    with pytest.raises(DiskFull, match="is full"), writing_errors(PLACE):
        raise of_sqlite(sqlite3.SQLITE_FULL)


@pytest.mark.parametrize(("error", "said"), READING)
def test_an_error_while_it_is_read(error: Exception, said: str) -> None:
    with pytest.raises(SourceNotFound) as caught, reading_errors(PLACE):
        raise error
    assert caught.value.happened == said


def test_other_errors_pass() -> None:
    for errors in (reading_errors, writing_errors):
        with pytest.raises(ZeroDivisionError), errors(PLACE):
            1 / 0  # noqa: B018


def test_only_wrong_content_is_damage() -> None:
    assert is_damage(DamagedJournal("torn"))
    assert is_damage(of_sqlite(sqlite3.SQLITE_CORRUPT))
    assert is_damage(of_sqlite(sqlite3.SQLITE_NOTADB))
    assert not is_damage(of_sqlite(sqlite3.SQLITE_IOERR))
    assert fault_of(ValueError("none of SQLite's")) is Fault.OTHER
