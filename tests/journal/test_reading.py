"""What a reader gives back of a session beside its summaries, and several journals read as one."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from edge.core.choices.purpose import Purpose
from edge.core.sessions import Chosen, SessionRecord, StudyLabels
from edge.core.summaries import Kind, Summary, utc_date
from edge.host.boot import boot_id
from edge.journal.deletion import delete_session
from edge.journal.one_session import last_tick_s
from edge.journal.reading import JournalReader
from edge.journal.sealing.seal import Keys, Seal, new_key
from edge.journal.several import Journals
from edge.journal.store import Journal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)
KIM = StudyLabels("kim", "why", "first part")


@pytest.fixture
def sealing(tmp_path):
    recipient = new_key(tmp_path / "key")
    return Seal.to([recipient]), Keys.of([str(tmp_path / "key")])


def keep(path, names, summaries, *, seal=None, started_at=NOON, recorded=False, labels=KIM):
    """A journal with a session of three windows of each name."""
    with Journal.open(path, seal) as journal:
        for name in names:
            journal.begin(
                name,
                started_at=started_at,
                window_s=2.0,
                software="0.1",
                recorded=recorded,
                labels=labels,
                fingerprint=f"of {name}",
            )
            for summary in summaries(name, 3):
                journal.write(summary if started_at else replace(summary, started_at=None))
    return path


def only(path: Path, keys: Keys | None = None) -> SessionRecord:
    with JournalReader.open(path) as reader:
        if keys is not None:
            reader.unlock(keys)
        (session,) = reader.sessions()
    return session


def emotions_of(session: SessionRecord) -> list[str]:
    assert session.summary is not None
    assert session.summary.emotions is not None
    return list(session.summary.emotions)


def test_what_a_session_is_about_is_read_back(tmp_path, summaries):
    session = only(keep(tmp_path / "j", ["s"], summaries))
    assert session.labels == KIM
    assert session.fingerprint == "of s"


@pytest.mark.parametrize("recorded", [False, True])
def test_the_length_of_a_sealed_session_is_that_of_its_windows(tmp_path, summaries, sealing, recorded):
    seal, keys = sealing
    path = keep(tmp_path / "j", ["s"], summaries, seal=seal, started_at=None if recorded else NOON, recorded=recorded)
    sealed, opened = only(path), only(path, keys)
    assert sealed.sealed_length_s == 6.0
    assert opened.sealed_length_s is None
    assert sealed.ended_at == opened.ended_at == (None if recorded else NOON + timedelta(seconds=6))


def test_a_sealed_session_begins_with_its_first_window_that_is_kept(tmp_path, summaries, sealing):
    """The time before the first window counts, where dates say that there was any."""
    path = tmp_path / "j"
    with Journal.open(path, sealing[0]) as journal:
        journal.begin("s", started_at=NOON - timedelta(seconds=1), window_s=2.0, software="0.1")
        journal.write(*summaries("s", 3))
    assert only(path).sealed_length_s == 7.0


def test_sessions_are_counted_and_chosen(tmp_path, summaries):
    path = keep(tmp_path / "j", ["a", "b"], summaries)
    with JournalReader.open(path) as reader:
        assert reader.count() == 2
        for chosen, found in (
            (Chosen(name="a"), 1),
            (Chosen(participant="kim"), 2),
            (Chosen(participant="why"), 0),
            (Chosen(since=NOON), 2),
            (Chosen(since=NOON + timedelta(microseconds=1)), 0),
            (Chosen(since=NOON.astimezone(timezone(timedelta(hours=9)))), 2),
        ):
            assert (reader.count(chosen), len(list(reader.each_session(chosen)))) == (found, found), chosen


@pytest.mark.parametrize("sealed", [False, True])
def test_the_labels_of_emotions(tmp_path, summaries, sealing, sealed):
    path = keep(tmp_path / "j", ["s"], summaries, seal=sealing[0] if sealed else None)
    with JournalReader.open(path) as reader:
        if sealed:
            assert reader.emotion_labels() == []
            reader.unlock(sealing[1])
        assert reader.emotion_labels() == emotions_of(only(path, sealing[1]))


def test_a_journal_that_is_still_empty(tmp_path):
    (tmp_path / "j").touch(0o600)
    with JournalReader.open(tmp_path / "j") as reader:
        assert (reader.count(), reader.sessions(), reader.emotion_labels(), reader.notices()) == (0, [], [], [])


def test_one_journal_keeps_its_numbers(tmp_path, summaries):
    path = keep(tmp_path / "j", ["a", "b"], summaries)
    delete_session("a", path, None)
    with Journals.open([path]) as journals, JournalReader.open(path) as reader:
        assert list(journals.each_session()) == reader.sessions()
        assert [session.id for session in reader.sessions()] == [2]


def test_one_key_opens_several_journals(tmp_path, summaries, sealing):
    seal, keys = sealing
    paths = [keep(tmp_path / name, [name], summaries, seal=seal) for name in ("a", "b")]
    with Journals.open(paths) as journals:
        assert all(session.summary is None for session in journals.each_session())
        journals.unlock(keys)
        assert [session.summary is None for session in journals.each_session()] == [False, False]


def test_windows_that_a_full_disk_lost_are_not_missing(tmp_path, summaries, sealing):
    windows = summaries("s", 5)[:-1]
    with Journal.open(tmp_path / "j", sealing[0]) as journal:
        journal.begin("s", started_at=NOON, window_s=2.0, software="0.1")
        journal.write(windows[0], replace(windows[3], summaries_lost=2))
    with JournalReader.open(tmp_path / "j") as reader:
        reader.unlock(sealing[1])
        assert [window.sequence for window in reader.windows(1)] == [0, 3]
        assert list(reader.unopened) == []


def test_dates_are_kept_to_the_microsecond(tmp_path, summaries):
    at = NOON + timedelta(microseconds=1)
    written = [replace(window, started_at=at + timedelta(seconds=2 * window.sequence)) for window in summaries("s", 3)]
    with Journal.open(tmp_path / "j", now=lambda: at) as journal:
        journal.begin("s", started_at=at, window_s=2.0, software="0.1", recorded=True)
        journal.write(*written[:-1])
        assert [window.started_at for window in journal.windows(1)] == [window.started_at for window in written[:-1]]
    session = only(tmp_path / "j")
    assert (session.started_at, session.written_at) == (at, at)
    with closing(sqlite3.connect(tmp_path / "j")) as connection:
        kept = [utc_date(date) for (date,) in connection.execute("SELECT written_at FROM summaries ORDER BY id")]
    assert kept == [at + timedelta(microseconds=place) for place in range(3)], "each after the one before"


def test_several_journals_are_read_as_one(tmp_path, summaries):
    first = keep(tmp_path / "first", ["a", "b"], summaries)
    second = keep(tmp_path / "second", ["c"], summaries, labels=StudyLabels("bo"))
    with Journals.open([first, second]) as journals:
        sessions = list(journals.each_session())
        assert [(session.id, session.name, session.labels.participant) for session in sessions] == [
            (1, "a", "kim"),
            (2, "b", "kim"),
            (3, "c", "bo"),
        ]
        for session in sessions:
            assert {window.session for window in journals.rows(session.id)} == {session.name}
        assert journals.count() == 3
        assert journals.count(Chosen(participant="bo")) == 1
        assert journals.emotion_labels() == emotions_of(sessions[0])


def test_segments_are_counted_and_read_from_several_journals(tmp_path, summaries):
    for name, questions in (("a", ()), ("b", ("Q1", "Q2"))):
        *windows, whole = summaries(name, 3)
        segments = [
            replace(one, kind=Kind.SEGMENT, segment=segment) for one, segment in zip(windows, questions, strict=False)
        ]
        with Journal.open(tmp_path / name) as journal:
            journal.begin(name, started_at=NOON, window_s=2.0, software="0.1")
            journal.write(*windows, *segments, whole)
    with Journals.open([tmp_path / "a", tmp_path / "b"]) as journals:
        first, second = journals.each_session()
        assert [(one.windows, one.segments) for one in (first, second)] == [(3, 0), (3, 2)]
        assert [*journals.rows(first.id, Kind.SEGMENT)] == []
        assert [isinstance(one, Summary) and one.segment for one in journals.rows(second.id, Kind.SEGMENT)] == [
            "Q1",
            "Q2",
        ]


def test_a_session_has_its_own_summary_also_where_its_windows_are_gone(tmp_path, summaries):
    path = keep(tmp_path / "j", ["a", "b", "c"], summaries)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM summaries WHERE kind = 'window'")
        connection.execute("DELETE FROM summaries WHERE session_id = 1")
    with JournalReader.open(path) as reader:
        own = [session.summary and session.summary.session for session in reader.sessions()]
    assert own == [None, "b", "c"]


def test_a_session_that_is_kept_whole_is_the_same_in_another_journal(tmp_path, summaries):
    source = keep(tmp_path / "source", ["s"], summaries, recorded=True)
    with JournalReader.open(source) as reader, Journal.open(tmp_path / "copy", now=lambda: LATER) as journal:
        (session,) = reader.sessions()
        assert session.summary is not None
        written = [*reader.windows(session.id), session.summary]
        journal.keep(session, written)
    with JournalReader.open(tmp_path / "copy") as reader:
        (kept,) = reader.sessions()
        assert [*reader.windows(kept.id), kept.summary] == written
    assert kept.written_at == LATER
    assert replace(kept, written_at=None) == replace(session, written_at=None)


def test_when_the_last_window_of_a_session_ended(tmp_path, summaries):
    path = tmp_path / "j"
    assert last_tick_s("s", path) is None
    with Journal.open(path) as journal:
        journal.begin("s", started_at=NOON, window_s=2.0, software="0.1", boot_id="an earlier start")
        journal.write(*summaries("s", 5))
        assert last_tick_s("s", path) is None
        for name, count in (("s", 3), ("other", 4)):
            journal.begin(name, started_at=NOON, window_s=2.0, software="0.1", boot_id=boot_id())
            journal.write(*summaries(name, count))
        journal.begin("empty", started_at=NOON, window_s=2.0, software="0.1", boot_id=boot_id())
    assert [last_tick_s(name, path) for name in ("s", "other", "empty", "absent")] == [6.0, 8.0, None, None]


def test_an_assessment_takes_neither_emotions_nor_insights(tmp_path, summaries):
    (window, session) = summaries("s", 1)
    without = replace(window, emotions=None, emotion_means=None)
    with Journal.open(tmp_path / "j") as journal:
        journal.begin("s", started_at=NOON, window_s=2.0, software="0.1", purpose=Purpose.ASSESSMENT)
        for refused in (window, replace(without, emotion_means=window.emotion_means), session):
            with pytest.raises(ValueError, match="do not belong"):
                journal.write(refused)
        with pytest.raises(ValueError, match="no session"):
            journal.write(replace(without, session="another"))
        journal.write(without)
    assert only(tmp_path / "j").windows == 1


def test_a_reader_opens_what_others_may_only_read(ordinary_user, summaries):
    path = keep(ordinary_user / "j", ["s"], summaries)
    for place in ordinary_user.glob("j-*"):
        place.unlink()
    path.chmod(0o400)
    ordinary_user.chmod(0o500)
    assert only(path).windows == 3
