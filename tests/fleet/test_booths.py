"""What edge-fleet finds in journals: by booth and day, and never a reading of a person."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.fleet.booths import read_fleet
from edge.journal.file.copying import copy_journal
from edge.journal.operation import OperationReader
from edge.journal.sealing.seal import Seal
from edge.journal.store import Journal
from edge.run.health import HealthFile, health_path

from .conftest import windows_of

NOW = datetime.now(UTC)
TODAY, LAST_WEEK = f"{NOW:%Y-%m-%d}", f"{NOW - timedelta(days=6):%Y-%m-%d}"


def test_journals_are_merged_by_the_booth_that_their_runs_were_set_to(tmp_path, record):
    for number, booth in enumerate(("hall", "hall", None)):
        record(tmp_path / f"booth-{number}" / "journal.sqlite", "s", settings={"booth": booth})
    record(tmp_path / "window.sqlite", "s")
    fleet = read_fleet([*sorted(tmp_path.glob("*/*.sqlite")), tmp_path / "window.sqlite"])
    assert [(booth.name, booth.total.sessions) for booth in fleet.booths] == [
        ("booth-2", 1),
        ("hall", 2),
        ("window", 1),
    ]
    hall = fleet.booths[1].total
    assert (hall.observed_s, hall.readable_s) == (12, 6)


def test_gaps_slowness_restarts_and_clocks_are_counted_by_day(tmp_path, record):
    path = tmp_path / "journal.sqlite"
    record(path, "s", windows=2, of_window={"gaps": {"camera_lost": 0.5, "suspended": 60.0}, "summaries_lost": 1})
    record(path, "t", boot_id="boot-2", ended=False, of_window={"rate_fps": 5.0, "limited_s": 1.5})
    record(path, "u", boot_id="boot-2", days_ago=1.5, clock_synchronised=False)
    (booth,) = read_fleet([path]).booths
    today, before = booth.days[TODAY], booth.days[min(booth.days)]
    assert (today.gaps, today.lost, len(today.boots)) == ({"camera_lost": 1.0, "suspended": 120.0}, 2, 2)
    assert today.throttled_s == 4.5
    assert (today.sessions, before.sessions, before.uncertain) == (2, 1, 1)
    assert today.interrupted == 1, "the next run found it open"
    assert len(booth.total.boots) == 2
    assert booth.clock_synchronised is False
    assert "not synchronised" in " ".join(booth.concerns(NOW))


def test_a_rate_that_was_asked_for_is_no_slowness(tmp_path, record):
    path = tmp_path / "journal.sqlite"
    record(path, "s", settings={"max_fps": 10.0}, of_window={"rate_fps": 10.0, "limited_s": 2.0})
    assert read_fleet([path]).booths[0].total.throttled_s == 0
    record(path, "t", settings={"max_fps": 10.0}, of_window={"rate_fps": 5.0, "limited_s": 2.0})
    assert read_fleet([path]).booths[0].total.throttled_s == 6


def test_days_before_the_first_that_counts_do_not_count_but_their_age_does(tmp_path, record):
    path = tmp_path / "journal.sqlite"
    record(path, "old", days_ago=40, settings={"retention_days": 30.0})
    record(path, "new")
    (booth,) = read_fleet([path], LAST_WEEK).booths
    assert list(booth.days) == [TODAY]
    assert booth.overdue(NOW)
    assert any("30 days are allowed" in concern for concern in booth.concerns(NOW))
    assert not booth.overdue(NOW - timedelta(days=15))


def test_a_copy_of_a_journal_does_not_count_twice(tmp_path, record):
    path, copied = tmp_path / "a" / "journal.sqlite", tmp_path / "b" / "journal.sqlite"
    record(path, "s", days_ago=0.1)
    copy_journal(path, copied)
    record(path, "t")
    for order in ([path, copied], [copied, path]):
        fleet = read_fleet(order)
        assert [(booth.name, booth.total.sessions) for booth in fleet.booths] == [("a", 2)]
        assert len(fleet.left_out) == 1


def test_a_sealed_journal_has_time_and_no_share_of_it(tmp_path):
    path = tmp_path / "journal.sqlite"
    with Journal.open(path, Seal.to(["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"])) as journal:
        journal.begin("s", started_at=NOW, window_s=2.0, software="0", clock_synchronised=True)
        journal.write(*windows_of("s", 2, NOW))
    total = read_fleet([path]).booths[0].total
    assert (total.sessions, total.observed_s, total.readable_s) == (1, 4, None)


def test_what_the_last_run_noted_is_a_concern_where_it_failed(tmp_path, record):
    path = tmp_path / "journal.sqlite"
    record(path, "s")
    HealthFile(health_path(path), "camera 0").ended("Camera 0 burns.", 69)
    (booth,) = read_fleet([path]).booths
    assert any("69: Camera 0 burns." in concern for concern in booth.concerns(NOW))


@pytest.mark.parametrize(
    "read",
    [
        "SELECT emotions FROM summaries",
        "SELECT avg(score_mean) FROM summaries",
        "SELECT levels, insights FROM summaries",
        "SELECT name FROM sessions",
        "SELECT participant, question FROM sessions",
        "SELECT sealed FROM sealed_summaries",
        "SELECT * FROM kept",
        "DELETE FROM meta",
    ],
)
def test_the_connection_can_read_nothing_of_a_person(tmp_path, record, read):
    record(tmp_path / "journal.sqlite", "s")
    with OperationReader.open(tmp_path / "journal.sqlite") as reader:
        assert reader.operation().days
        with pytest.raises(sqlite3.DatabaseError, match=r"prohibited|not authorized"):
            reader._connection.execute(read)


def test_a_journal_of_an_earlier_version_and_a_damaged_one_stop_no_other(tmp_path: Path, record) -> None:
    record(tmp_path / "good" / "journal.sqlite", "s")
    (tmp_path / "bad.sqlite").write_bytes(b"SQLite format 3\0" + json.dumps({}).encode() * 50)
    fleet = read_fleet([tmp_path / "bad.sqlite", tmp_path / "good" / "journal.sqlite", tmp_path / "absent.sqlite"])
    assert [booth.name for booth in fleet.booths] == ["good"]
    assert len(fleet.unread) == 2
