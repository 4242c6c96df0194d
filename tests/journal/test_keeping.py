"""A run whose disk is full, read-only or failing goes on; what it read is written as soon as that is possible."""

import json
import resource
import signal
import stat
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from edge.config import Config
from edge.core.errors import BadConfiguration, CannotWrite
from edge.core.sessions import SessionState
from edge.journal.file.reserve import Reserve
from edge.journal.reading import JournalReader
from edge.journal.store import Journal
from edge.run.outputs.keeping import opened_keeping

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Hands:
    """A clock whose hands are moved."""

    at: datetime = NOON
    ticks_s: float = 0.0
    synchronised: bool | None = True

    def tick_s(self):
        return self.ticks_s

    def now(self):
        return self.at

    def asleep_s(self):
        return 0.0

    def wait(self, stop, time_s):
        self.pass_s(time_s)
        return stop.is_set()

    def pass_s(self, time_s):
        self.ticks_s += time_s
        self.at += timedelta(seconds=time_s)


@pytest.fixture
def clock():
    return Hands()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "journal.sqlite"


def keeping(path, clock, *, patient=False, **settings):
    config = Config(journal=path, session="s", window=2.0, **settings)
    return opened_keeping(config, "camera 0", patient=patient, clock=clock, synchronised=lambda: clock.synchronised)


def the_session(path):
    with JournalReader.open(path) as reader:
        session = reader.sessions()[-1]
        return session, list(reader.windows(session.id))


def limit_pages(kept, more):
    """SQLite says SQLITE_FULL, as on a full disk, once the journal is so many pages larger."""
    connection = kept._journal._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + more if more is not None else 2**30}")


@contextmanager
def no_file_longer_than(size):
    """Writing beyond answers EFBIG, which SQLite takes for an I/O error."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_session_is_kept_with_its_boot_and_its_clock(path, clock, summaries):
    written = summaries("s", 3)
    with keeping(path, clock) as kept:
        kept.begin(NOON)
        for summary in written:
            kept.write(summary)
        assert str(kept.health) == ""
    session, windows = the_session(path)
    assert [*windows, session.summary] == written
    assert (session.state, session.clock_synchronised, session.source) == (SessionState.COMPLETE, True, "camera 0")
    assert session.boot_id is None or len(session.boot_id) == 36
    assert [(window.started_tick_s, window.ended_tick_s) for window in windows] == [(0, 2), (2, 4), (4, 6)]
    assert [window.sequence for window in windows] == [0, 1, 2]


def test_a_full_disk_stops_nothing_and_everything_is_there_in_the_end(path, clock, summaries, caplog):
    written = summaries("s", 60)
    with keeping(path, clock) as kept:
        kept.begin(NOON)
        limit_pages(kept, 1)
        for summary in written[:40]:
            kept.write(summary)
            clock.pass_s(2)
        assert kept.health.queued > 20
        assert "is full" in str(kept.health)
        limit_pages(kept, None)
        clock.pass_s(5)
        kept.catch_up()
        assert str(kept.health) == ""
        for summary in written[40:]:
            kept.write(summary)
    session, windows = the_session(path)
    assert [*windows, session.summary] == written
    assert sum("wait until" in record.getMessage() for record in caplog.records) == 1


def test_too_many_on_a_full_disk_are_lost_and_counted(path, clock, summaries):
    written = summaries("s", 30)
    with keeping(path, clock) as kept:
        kept._queues[0]._most = 5
        kept.begin(NOON)
        kept.write(written[0])
        limit_pages(kept, 0)
        for summary in written[1:25]:
            kept.write(summary)
        lost = kept.health.dropped
        assert lost > 0
        assert f"{lost} lost" in str(kept.health)
        limit_pages(kept, None)
        clock.pass_s(5)
        for summary in written[25:]:
            kept.write(summary)
    session, windows = the_session(path)
    assert session.summary is not None
    assert session.summary.summaries_lost == sum(window.summaries_lost for window in windows) == lost
    assert len(windows) == 30 - lost
    gaps = [after.sequence - before.sequence - 1 for before, after in pairwise(windows)]
    assert gaps == [window.summaries_lost for window in windows[1:]]


def test_what_cannot_be_written_to_the_end_is_reported(path, clock, summaries):
    written = summaries("s", 40)
    with pytest.raises(CannotWrite, match=r"\d+ summaries were not kept: The disk that holds .* is full"):  # noqa: SIM117
        with keeping(path, clock) as kept:
            kept.begin(NOON)
            limit_pages(kept, 0)
            for summary in written:
                kept.write(summary)
    with Journal.open(path) as journal:
        assert journal.sessions()[0].state == SessionState.INTERRUPTED


def test_an_input_output_error_stops_nothing_and_everything_is_there_in_the_end(path, clock, summaries):
    written = summaries("s", 60)
    with keeping(path, clock, jsonl=str(path.parent / "lines.jsonl")) as kept:
        kept.begin(NOON)
        kept.write(written[0])
        with no_file_longer_than(4096):
            for summary in written[1:40]:
                kept.write(summary)
                clock.pass_s(2)
            assert kept.health.queued > 20
        clock.pass_s(5)
        kept.catch_up()
        assert str(kept.health) == ""
        for summary in written[40:]:
            kept.write(summary)
    session, windows = the_session(path)
    assert [*windows, session.summary] == written
    lines = [json.loads(line) for line in (path.parent / "lines.jsonl").read_text().splitlines()]
    assert [line["sequence"] for line in lines] == [*range(60), 60]


def test_the_session_begins_later_where_it_could_not_at_once(path, clock, summaries):
    written = summaries("s", 3)
    with keeping(path, clock) as kept:
        with no_file_longer_than(100):
            kept.begin(NOON)
            kept.write(written[0])
        clock.pass_s(5)
        for summary in written[1:]:
            kept.write(summary)
    session, windows = the_session(path)
    assert [*windows, session.summary] == written
    assert session.started_at == NOON


def test_the_reserve_lets_the_end_of_a_session_be_written(path, clock, summaries, monkeypatch):
    written = summaries("s", 40)
    with keeping(path, clock) as kept:
        assert kept.reserve.held
        assert stat.S_IMODE(kept.reserve.path.stat().st_mode) == 0o600
        kept.begin(NOON)
        limit_pages(kept, 0)
        give_back = Reserve.give_back

        def room(self):
            limit_pages(kept, None)  # the disk has room again as soon as the reserve is given back
            return give_back(self)

        monkeypatch.setattr(Reserve, "give_back", room)
        for summary in written:
            kept.write(summary)
        assert kept.reserve.held
        assert kept.health.queued > 20
    session, windows = the_session(path)
    assert [*windows, session.summary] == written
    assert kept.reserve.held


def test_a_patient_run_waits_for_a_disk_that_is_not_there_yet(path, clock, summaries, caplog):
    with no_file_longer_than(10):
        with pytest.raises(CannotWrite), keeping(path, clock):
            pass
        with keeping(path, clock, patient=True) as kept:
            kept.begin(NOON)
            first, second, last = summaries("s", 2)
            kept.write(first)
            assert kept.health.queued == 1
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            clock.pass_s(5)
            kept.write(second)
            assert str(kept.health) == ""
            kept.write(last)
    session, windows = the_session(path)
    assert (session.state, len(windows)) == (SessionState.COMPLETE, 2)


def test_a_patient_run_does_not_wait_for_what_will_never_be(tmp_path, clock):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "notes").write_text("mine")
    for place, error in ((tmp_path / "link", BadConfiguration), (tmp_path / "notes", BadConfiguration)):
        with pytest.raises(error), keeping(place, clock, patient=True):
            pass


def test_dates_from_before_the_clock_was_set_are_corrected(path, clock, summaries):
    """A small computer without a clock of its own wakes up in the past, and gets the time minutes later."""
    clock.synchronised = False
    *windows, last = summaries("s", 6)
    late = timedelta(days=200)

    def moved(summary):
        return replace(summary, started_at=summary.started_at + late)

    with keeping(path, clock) as kept:
        kept.begin(NOON)
        for window in windows[:3]:
            kept.write(window)
        session, _ = the_session(path)
        assert (session.clock_synchronised, session.started_at) == (False, NOON)
        clock.at += late
        clock.synchronised = True
        for window in windows[3:]:
            kept.write(moved(window))
        kept.write(moved(last))
    session, written = the_session(path)
    assert session.clock_synchronised
    assert session.started_at == NOON + late
    assert [window.started_at for window in written] == [NOON + late + timedelta(seconds=2 * n) for n in range(6)]
    assert [window.length_s for window in written] == [2.0] * 6


def test_expired_summaries_go_while_a_session_is_recorded(path, clock, summaries):
    written = summaries("s", 60)
    with keeping(path, clock, retention_days=40 / 86_400) as kept:  # 40 s
        kept.begin(NOON)
        for summary in written[:-1]:
            clock.pass_s(2)
            kept.write(summary)
        _, windows = the_session(path)
        oldest = min(window.started_at for window in windows)
        assert clock.at - timedelta(seconds=60) < oldest < clock.at - timedelta(seconds=30)
        assert [window.sequence for window in windows] == list(range(60 - len(windows), 60))


def test_expired_summaries_make_room_on_a_full_disk(path, clock, summaries):
    windows = summaries("s", 120)[:-1]
    with keeping(path, clock, retention_days=1) as kept:
        kept.begin(NOON)
        for window in windows[:100]:
            kept.write(window)
        limit_pages(kept, 0)
        clock.pass_s(2 * 86_400)
        for window in windows[100:]:
            kept._queues[0].add(replace(window, started_at=clock.at))
            assert kept.health.queued == 0
    assert [window.sequence for window in the_session(path)[1]] == list(range(100, 120))


def test_nothing_expires_while_the_clock_is_not_synchronised(path, clock, summaries):
    with keeping(path, clock) as kept:
        kept.begin(NOON)
        for summary in summaries("s", 3):
            kept.write(summary)
    clock.pass_s(60 * 86_400)
    for clock.synchronised in (False, None):
        with keeping(path, clock, retention_days=1) as kept:
            kept.begin(clock.at)
            for summary in summaries("s", 3):
                clock.pass_s(3600)
                kept.write(replace(summary, started_at=clock.at))
    with JournalReader.open(path) as reader:
        assert [session.windows for session in reader.sessions()] == [3, 3, 3]


def test_json_lines_are_turned_over_daily_and_deleted_whole(path, clock, summaries):
    lines = path.parent / "lines.jsonl"
    with keeping(path, clock, retention_days=2, jsonl=str(lines)) as kept:
        kept.begin(NOON)
        for summary in summaries("s", 10)[:-1]:
            kept.write(summary)
            clock.pass_s(12 * 3600)
        names = sorted(place.name for place in path.parent.glob("lines.jsonl*"))
    assert names == ["lines.jsonl", "lines.jsonl.2026-03-05", "lines.jsonl.2026-03-06"]
    assert {stat.S_IMODE(place.stat().st_mode) for place in path.parent.glob("lines.jsonl*")} == {0o600}


def test_without_retention_json_lines_stay_one_file(path, clock, summaries):
    lines = path.parent / "lines.jsonl"
    with keeping(path, clock, jsonl=str(lines)) as kept:
        kept.begin(NOON)
        for summary in summaries("s", 6):
            kept.write(summary)
            clock.pass_s(86_400)
    assert [place.name for place in path.parent.glob("lines.jsonl*")] == ["lines.jsonl"]
    assert len(lines.read_text().splitlines()) == 7


def test_a_second_service_with_the_same_lines_is_a_matter_of_settings(path, clock, tmp_path):
    """Exit code 78 is not restarted; by hand it is a file that another run writes."""
    lines = str(tmp_path / "lines.jsonl")
    other = tmp_path / "other" / "journal.sqlite"
    with keeping(path, clock, jsonl=lines):
        with pytest.raises(BadConfiguration, match="written for another camera already"):  # noqa: SIM117
            with keeping(other, clock, jsonl=lines, service=True):
                pass
        with pytest.raises(CannotWrite, match="another edge-run"), keeping(other, clock, jsonl=lines):
            pass
