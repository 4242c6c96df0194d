"""edge-journal copy: one consistent private file, also of a journal that is being written."""

import os
import sqlite3
import stat
from contextlib import closing

import pytest

from edge.cli.journals.journal import app
from edge.core.errors import BadConfiguration, CannotWrite, SourceNotFound
from edge.journal.file.copying import copy_journal, journals_in
from edge.journal.reading import JournalReader
from edge.journal.store import Journal
from tests.journal.conftest import NOON


@pytest.fixture
def path(tmp_path, summaries):
    """A journal of one session."""
    path = tmp_path / "journal.sqlite"
    with Journal.open(path) as journal:
        journal.begin("s", started_at=NOON, window_s=2.0, software="0")
        journal.write(*summaries("s", 3))
    return path


def names(path):
    with JournalReader.open(path) as reader:
        return [(session.name, session.windows) for session in reader.sessions()]


def test_a_copy_is_one_private_file_with_everything(path, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        app(["copy", str(path), str(tmp_path / "new" / "copy.sqlite")])
    assert ended.value.code == 0
    copied = tmp_path / "new" / "copy.sqlite"
    assert names(copied) == [("s", 3)]
    assert os.listdir(copied.parent) == ["copy.sqlite"]
    assert stat.S_IMODE(copied.stat().st_mode) == 0o600
    assert "edge-purge --journal" in capsys.readouterr().out


def test_what_a_run_has_committed_is_in_the_copy_and_the_run_goes_on(path, tmp_path, summaries):
    with Journal.open(path) as journal:
        journal.begin("t", started_at=NOON, window_s=2.0, software="0")
        windows = summaries("t", 3)
        journal.write(windows[0])
        copy_journal(path, tmp_path / "copy.sqlite")
        journal.write(*windows[1:])
    assert names(tmp_path / "copy.sqlite") == [("s", 3), ("t", 1)]
    assert names(path) == [("s", 3), ("t", 3)]


def test_an_earlier_copy_is_replaced_only_where_that_is_asked_for(path, tmp_path, summaries):
    copied = tmp_path / "copy.sqlite"
    copy_journal(path, copied)
    with Journal.open(path) as journal:
        journal.begin("t", started_at=NOON, window_s=2.0, software="0")
    with pytest.raises(CannotWrite, match="is there already"):
        copy_journal(path, copied)
    assert names(copied) == [("s", 3)]
    copy_journal(path, copied, again=True)
    assert names(copied) == [("s", 3), ("t", 0)]


def test_neither_the_journal_itself_nor_another_one_is_replaced(path, tmp_path):
    other, text = tmp_path / "other.sqlite", tmp_path / "text"
    with Journal.open(other):
        pass
    text.write_text("mine")
    for place in (path, other, text):
        with pytest.raises(CannotWrite, match="no copy of that journal"):
            copy_journal(path, place, again=True)
    assert names(path) == [("s", 3)]
    assert text.read_text() == "mine"


def test_no_copy_goes_where_others_may_write(path, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(BadConfiguration, match="Other users may write"):
        copy_journal(path, shared / "copy.sqlite")
    (tmp_path / "link.sqlite").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadConfiguration, match="symbolic link"):
        copy_journal(path, tmp_path / "link.sqlite", again=True)
    assert os.listdir(shared) == []


def test_a_damaged_journal_is_not_copied(path, tmp_path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'sessions_by_name'").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 64)
    with pytest.raises(SourceNotFound, match="damaged"):
        copy_journal(path, tmp_path / "copy.sqlite")
    assert not (tmp_path / "copy.sqlite").exists()


def test_of_a_folder_its_journals_are_found_and_a_file_is_what_it_is_named(path, tmp_path):
    folder = tmp_path / "folder"
    (folder / "folder.sqlite").mkdir(parents=True)
    (folder / "link.sqlite").symlink_to(path)
    (folder / "another.sqlite").write_bytes(b"of another program")
    copy_journal(path, folder / "copy.sqlite")
    assert not (folder / "copy.sqlite.lock").exists()
    assert list(journals_in([tmp_path / "any", folder, path])) == [tmp_path / "any", folder / "copy.sqlite", path]
    with pytest.raises(SourceNotFound, match="no journal in"):
        list(journals_in([folder / "folder.sqlite"]))
