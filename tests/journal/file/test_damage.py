"""A damaged journal is put aside and a new one begun; nothing else ever is."""

import os
import random
import sqlite3
import stat
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.core.errors import BadConfiguration, CannotWrite, EdgeError
from edge.core.sessions import SessionState
from edge.core.summaries import Summary
from edge.journal.file.opening import refuse_other_file
from edge.journal.reading import JournalReader
from edge.journal.rows import insert_summaries
from edge.journal.schema import APPLICATION_ID
from edge.journal.store import Journal
from tests.timing import within

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def begin(journal, name):
    journal.begin(name, started_at=NOON, window_s=2.0, software="0.1")


def record(path, name, written):
    with Journal.open(path) as journal:
        begin(journal, name)
        journal.write(*written)


def aside(path):
    return sorted(place for place in path.parent.glob("*.corrupt.*") if not place.name.endswith(("-wal", "-shm")))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


@dataclass(frozen=True)
class Sound:
    journal: bytes = field(repr=False)
    lock: bytes


@pytest.fixture(scope="module")
def sound(tmp_path_factory, summaries_of):
    """A journal of three sessions and many pages, and its bytes."""
    path = tmp_path_factory.mktemp("sound") / "journal.sqlite"
    for name in ("monday", "tuesday", "wednesday"):
        record(path, name, summaries_of(name, 30))
    return Sound(path.read_bytes(), path.with_name("journal.sqlite.lock").read_bytes())


@dataclass(frozen=True)
class Flipped:
    sound: Sound
    written: list[Summary] = field(repr=False)
    folder: Callable[[], Path] = field(repr=False)


@pytest.fixture(scope="module")
def flipped_in(tmp_path_factory, sound, summaries_of):
    return Flipped(sound, summaries_of("thursday", 3), lambda: tmp_path_factory.mktemp("flipped"))


def put_back(folder, sound, kept):
    path = folder / "journal.sqlite"
    path.write_bytes(kept)
    path.with_name("journal.sqlite.lock").write_bytes(sound.lock)
    return path


def truncated(kept):
    return kept[: len(kept) // 2 + 100]


def without_header(kept):
    return bytes(100) + kept[100:]


def without_first_page(kept):
    return bytes(4096) + kept[4096:]


def page_of_noise(kept):
    return kept[: 4096 * 3] + random.Random(1).randbytes(4096) + kept[4096 * 4 :]


def emptied(_):
    return b""


def of_no_version(kept):
    return kept[:60] + b"\x7f\xff\xff\xff" + kept[64:]


def of_version_one(kept):
    return kept[:60] + b"\0\0\0\1" + kept[64:]


def of_version_zero(kept):
    return kept[:60] + b"\0\0\0\0" + kept[64:]


def of_another_program(kept):
    return kept[:68] + b"abcd" + kept[72:]


def read_only_format(kept):
    return kept[:18] + b"\7" + kept[19:]


def of_another_encoding(kept):
    return kept[:59] + b"\x44" + kept[60:92] + b"\xa5" + kept[93:]


def another_column(kept):
    return kept.replace(b"score_mean REAL", b"scpre_mean REAL")


@pytest.mark.parametrize(
    "damage",
    [
        truncated,
        without_header,
        without_first_page,
        page_of_noise,
        emptied,
        of_no_version,
        of_version_one,
        of_version_zero,
        of_another_program,
        read_only_format,
        of_another_encoding,
        another_column,
    ],
)
def test_a_damaged_journal_is_put_aside_and_a_new_one_begun(tmp_path, sound, summaries, caplog, damage):
    kept = damage(sound.journal)
    path = put_back(tmp_path, sound, kept)
    record(path, "thursday", summaries("thursday", 2))
    (moved,) = aside(path)
    age = datetime.now(UTC) - datetime.strptime(moved.name, "journal.sqlite.corrupt.%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert timedelta(0) <= age < timedelta(minutes=1)
    assert moved.read_bytes()[100:] == kept[100:]
    with JournalReader.open(path) as reader:
        assert [(session.name, session.windows) for session in reader.sessions()] == [("thursday", 2)]
        (notice,) = reader.notices()
    assert moved.name in notice.text
    assert "was damaged" in notice.text
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [notice.text]
    record(path, "friday", summaries("friday", 1))
    assert len(aside(path)) == 1


def test_a_journal_without_its_lock_file_is_known_by_what_is_left_of_it(tmp_path, sound, summaries):
    path = put_back(tmp_path, sound, page_of_noise(sound.journal))
    path.with_name("journal.sqlite.lock").unlink()
    record(path, "thursday", summaries("thursday", 1))
    assert len(aside(path)) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"x" * 68 + APPLICATION_ID.to_bytes(4) + b"x" * 100, "is damaged: its beginning is not SQLite's"),
        (b"x" * (2**16 - 42) + b"CREATE UNIQUE INDEX one_summary_a_session" + b"x" * 100, "is damaged"),
        (b"x" * 2**16 + b"CREATE UNIQUE INDEX one_summary_a_session", "is not a journal"),
        (b"x" * 200, "is not a journal"),
    ],
)
def test_a_file_without_a_lock_file_was_a_journal_if_its_first_64_kib_say_so(tmp_path, content, said):
    path = tmp_path / "journal.sqlite"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises((CannotWrite, BadConfiguration), match=said), Journal.open(path):
        pass
    assert path.read_bytes() == content


def test_a_lock_file_that_is_a_link_or_a_pipe_makes_no_journal_of_another_file(tmp_path, sound):
    path, lock = tmp_path / "journal.sqlite", tmp_path / "journal.sqlite.lock"
    path.write_bytes(b"another file")
    (tmp_path / "elsewhere").write_bytes(sound.lock)
    lock.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadConfiguration, match="is not a journal"):
        refuse_other_file(path)
    lock.unlink()
    os.mkfifo(lock)
    with pytest.raises(BadConfiguration, match="is not a journal"):
        refuse_other_file(path)
    lock.unlink()
    lock.write_bytes(sound.lock)
    refuse_other_file(path)


def test_what_lies_beside_it_goes_with_it(tmp_path, sound, summaries):
    path = put_back(tmp_path, sound, without_header(sound.journal))
    path.with_name("journal.sqlite-wal").write_bytes(b"waiting")
    path.with_name("journal.sqlite-shm").write_bytes(b"shared")
    record(path, "thursday", summaries("thursday", 1))
    (moved,) = aside(path)
    assert moved.with_name(f"{moved.name}-wal").read_bytes() == b"waiting"
    assert moved.with_name(f"{moved.name}-shm").read_bytes() == b"shared"


def test_no_more_than_three_are_kept(tmp_path, sound, summaries):
    for _ in range(5):
        path = put_back(tmp_path, sound, truncated(sound.journal))
        record(path, "s", summaries("s", 1))
    assert len(aside(path)) == 3


def test_journals_put_aside_in_one_second_are_numbered_in_their_order(tmp_path, sound, summaries):
    for _ in range(3):
        path = put_back(tmp_path, sound, truncated(sound.journal))
        os.utime(path, (4070908800, 4070908800))  # 2099: a name is never of before the file was written
        record(path, "s", summaries("s", 1))
    first = "journal.sqlite.corrupt.20990101T000000Z"
    assert [place.name for place in aside(path)] == [first, f"{first}.2", f"{first}.3"]


def test_damage_that_only_writing_finds_is_put_aside_too(tmp_path, sound, summaries, monkeypatch):
    def refused(*given):
        if not aside(path):
            error = sqlite3.DatabaseError("database disk image is malformed")
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise error
        return insert(*given)

    path, insert = put_back(tmp_path, sound, sound.journal), insert_summaries
    monkeypatch.setattr("edge.journal.store.insert_summaries", refused)
    record(path, "thursday", summaries("thursday", 2))
    assert aside(path)[0].read_bytes()[:16] == b"SQLite format 3\0"
    with JournalReader.open(path) as reader:
        assert [(session.name, session.windows) for session in reader.sessions()] == [("thursday", 2)]
        assert "database disk image is malformed" in reader.notices()[0].text
        assert reader.notices()[0].noticed_at.utcoffset() == timedelta(0)


def test_a_journal_that_was_removed_is_no_damage(tmp_path, sound, summaries, caplog):
    path = put_back(tmp_path, sound, sound.journal)
    path.unlink()
    record(path, "s", summaries("s", 1))
    assert (aside(path), caplog.records) == ([], [])


def test_a_locked_journal_is_not_put_aside(tmp_path, sound, monkeypatch):
    monkeypatch.setattr("edge.journal.file.opening._PATIENCE_S", 0.1)
    path = put_back(tmp_path, sound, sound.journal)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CannotWrite, match="held by another program"), Journal.open(path):
            pass
        other.execute("ROLLBACK")
    assert aside(path) == []


def test_a_journal_that_may_not_be_read_is_not_put_aside(ordinary_user, summaries):
    path = ordinary_user / "journal.sqlite"
    record(path, "s", summaries("s", 1))
    path.chmod(0)
    with pytest.raises(CannotWrite, match="may not be written"), Journal.open(path):
        pass
    assert aside(path) == []
    path.chmod(0o600)
    with JournalReader.open(path) as reader:
        assert len(reader.sessions()) == 1


def test_damage_that_shows_while_recording_is_survived_in_the_same_session(path, summaries, caplog):
    *first, last = summaries("s", 40)
    with Journal.open(path) as journal:
        begin(journal, "s")
        journal.write(*first[:20])
        journal.checkpoint()
        pages = path.stat().st_size // 4096
        with path.open("r+b") as file:
            for page in range(1, pages):
                file.seek(page * 4096)
                file.write(b"\xaa" * 4096)
        os.utime(path)
        journal._connection.execute("PRAGMA cache_size = 0")
        journal._connection.execute("PRAGMA shrink_memory")
        journal._file.close()  # as after an I/O error, so that nothing is left in memory
        journal._doubtful = True
        for summary in first[20:]:
            journal.write(summary)
        journal.write(last)
    assert len(aside(path)) == 1
    with JournalReader.open(path) as reader:
        (session,) = reader.sessions()
        assert (session.name, session.state, session.windows) == ("s", SessionState.COMPLETE, 20)
        assert "damaged" in reader.notices()[0].text


def test_a_journal_that_is_removed_while_recording_begins_again(path, summaries):
    first, second, last = summaries("s", 2)
    with Journal.open(path) as journal:
        begin(journal, "s")
        journal.write(first)
        for place in path.parent.glob("journal.sqlite*"):
            if not place.name.endswith(".lock"):
                place.unlink()
        journal.write(second)
        journal.write(last)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with JournalReader.open(path) as reader:
        (session,) = reader.sessions()
        assert [window.sequence for window in reader.windows(session.id)] == [1]
        assert session.state == SessionState.COMPLETE


@given(seed=st.integers(0, 2**32), flips=st.integers(1, 8), cut=st.booleans(), head=st.booleans())
@example(seed=2409128, flips=4, cut=False, head=False)  # a name in the schema is not UTF-8: SQLite's message is not
@settings(max_examples=40)
def test_whatever_is_flipped_a_recording_goes_on_and_nothing_is_thrown_away(flipped_in, seed, flips, cut, head):
    """In the header or anywhere, and perhaps cut off."""
    chance, kept = random.Random(seed), bytearray(flipped_in.sound.journal)
    for _ in range(flips):
        kept[chance.randrange(100 if head else len(kept))] = chance.randrange(256)
    if cut:
        del kept[chance.randrange(1, len(kept)) :]
    path = put_back(flipped_in.folder(), flipped_in.sound, bytes(kept))
    try:
        record(path, "thursday", flipped_in.written)
    except BadConfiguration:  # where the flips make a believable version of it
        assert 2 < int.from_bytes(path.read_bytes()[60:64]) < 1000
        return
    with JournalReader.open(path) as reader:
        names = [row[0] for row in reader._connection.execute("SELECT name FROM sessions ORDER BY id")]
        assert names[-1] == "thursday"
        assert len(reader.notices()) == len(aside(path)) == (0 if len(names) > 1 else 1)


def test_a_large_journal_is_checked_fast_enough(path, summaries):
    """A month of windows, 260,000 of them, would take seconds to examine row by row; some thousands show the rate."""
    record(path, "s", summaries("s", 1500))
    began = time.monotonic()
    with Journal.open(path):
        pass
    assert time.monotonic() - began < within(2)


def test_a_damaged_journal_is_reported_by_a_reader(tmp_path, sound):
    for damage in (truncated, without_header, of_no_version):
        path = put_back(tmp_path, sound, damage(sound.journal))
        with pytest.raises(EdgeError, match=r"damaged|not a journal"), JournalReader.open(path) as reader:
            for session in reader.sessions():
                list(reader.windows(session.id))
