"""What is old by the machine's running time is deleted where no clock is right, and nothing younger."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from edge.config import Config
from edge.core.choices.retention_clock import RetentionClock
from edge.journal.deletion import Deleted, delete_by_uptime
from edge.journal.file.former import former_copies, keep_former
from edge.journal.reading import JournalReader
from edge.journal.schema import MIGRATIONS
from edge.journal.store import Journal
from edge.journal.uptime import has_expired
from edge.run.outputs.keeping import opened_keeping
from tests.fakes import Hands

HOUR, NOON = timedelta(hours=1), datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


@pytest.fixture
def boot(monkeypatch):
    """boot("b"): the machine was started as b."""

    def started(name):
        for module in ("edge.journal.deletion.by_uptime", "edge.journal.uptime", "edge.run.outputs.keeping"):
            monkeypatch.setattr(f"{module}.boot_id", lambda: name)

    return started


@pytest.fixture
def recorded(path, summaries):
    """recorded("s", "b", hours=3): a session of three windows, three hours after start b of the machine."""

    def record(name, boot, hours, **about):
        with Journal.open(path) as journal:
            journal.begin(name, started_at=NOON, window_s=2.0, software="0", boot_id=boot, **about)
            journal.write(
                *(
                    replace(one, started_tick_s=one.started_tick_s + hours * 3600, ended_tick_s=None)
                    for one in summaries(name, 3)
                )
            )

    return record


def names(path):
    with JournalReader.open(path) as reader:
        return [session.name for session in reader.sessions()]


def test_the_time_that_the_machine_ran_since_counts_over_its_starts(path, boot, recorded):
    boot("now")
    recorded("first", "one", 1)
    recorded("later", "one", 20)
    recorded("second", "two", 10)
    recorded("third", "now", 1)
    # first: 19 h of its own start, 10 of the next, 5 until now; later: 10 and 5; second: 5.
    delete_by_uptime(path, 36 * HOUR, 5 * 3600)
    assert names(path) == ["first", "later", "second", "third"]
    delete_by_uptime(path, 30 * HOUR, 5 * 3600, dry_run=True)
    assert len(names(path)) == 4
    deleted = delete_by_uptime(path, 30 * HOUR, 5 * 3600)
    assert (deleted.sessions, names(path)) == (1, ["later", "second", "third"])
    delete_by_uptime(path, 14 * HOUR, 5 * 3600)
    assert names(path) == ["second", "third"]
    delete_by_uptime(path, 4.9 * HOUR, 5 * 3600)
    assert names(path) == ["third"]


def test_one_deletion_reaches_over_the_starts_also_before_anything_was_kept_in_the_present_one(path, boot, recorded):
    boot("now")
    recorded("first", "one", 1)
    recorded("second", "two", 1)
    recorded("third", "two", 50)
    deleted = delete_by_uptime(path, 40 * HOUR, 3600)
    assert (deleted.sessions, names(path)) == (2, ["third"])


def test_a_summary_is_old_from_its_end_to_the_second(path, boot, recorded):
    boot("now")
    recorded("s", "now", 1)  # the windows end 3602, 3604 and 3606 s after the start
    age = timedelta(seconds=36_000 - 3604)
    assert delete_by_uptime(path, age, 36_000, dry_run=True).summaries == 1
    assert delete_by_uptime(path, age - timedelta(seconds=0.5), 36_000).summaries == 2


def test_ticks_of_recordings_and_of_unknown_starts_prove_nothing(path, boot, recorded):
    boot("now")
    recorded("film", None, 1, recorded=True)
    recorded("old", None, 1)
    recorded("new", "now", 99)
    delete_by_uptime(path, 10 * HOUR, 100 * 3600)
    assert names(path) == ["film", "old", "new"]
    boot(None)
    assert delete_by_uptime(path, HOUR, 200 * 3600) == Deleted(0, 0)


def test_what_was_kept_before_something_old_is_older(path, boot, recorded):
    boot("now")
    recorded("film", None, 1, recorded=True)
    recorded("old", "now", 1)
    recorded("new", "now", 99)
    delete_by_uptime(path, 10 * HOUR, 100 * 3600)
    assert names(path) == ["new"]


@pytest.mark.parametrize(("clock", "left"), [(RetentionClock.UPTIME, ["now"]), (RetentionClock.UTC, ["old", "now"])])
def test_a_run_goes_by_it_where_the_settings_say_so(path, boot, recorded, clock, left):
    boot("b")
    recorded("old", "b", 1)
    hands = Hands()
    hands.move(60 * 3600)
    config = Config(journal=path, session="now", retention_days=1, retention_clock=clock)
    with opened_keeping(config, "camera 0", clock=hands, synchronised=lambda: False) as kept:
        kept.begin(NOON)
    assert names(path) == left


def test_a_checker_sees_it_whatever_the_dates_are(path, boot, recorded, monkeypatch):
    boot("b")
    recorded("old", "b", 1)
    monkeypatch.setattr("edge.host.clocks.SystemClock.tick_s", lambda self: 60 * 3600.0)
    assert has_expired(path, 50 * HOUR)
    assert not has_expired(path, 70 * HOUR)


def test_the_copy_of_before_an_update_loses_it_too(path, boot, recorded):
    boot("now")
    recorded("old", "now", 1)
    recorded("new", "now", 99)
    with closing(sqlite3.connect(path)) as connection:
        keep_former(connection, path, len(MIGRATIONS), len(MIGRATIONS) + 1)
    ((copy, _),) = former_copies(path)
    delete_by_uptime(path, 10 * HOUR, 100 * 3600)
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT name FROM sessions").fetchall() == [("new",)]
