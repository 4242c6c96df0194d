"""How a machine worked, as its journal says: sealed or not, with dates and without any."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.core.summaries import Kind
from edge.journal.operation import DayOfWork, Operation, OperationReader
from edge.journal.sealing.seal import Seal
from edge.journal.store import Journal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEAL = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def record(path: Path, summaries):
    """record("s", at): a session of three windows of 2 s that began then, or at no known time."""

    def recorded(name: str, at: datetime | None, seal: Seal | None = None, **about) -> None:
        with Journal.open(path, seal, now=lambda: NOON + timedelta(days=9)) as journal:
            journal.begin(name, started_at=at, window_s=2.0, software="0", **about)
            for one in summaries(name, 3, NOON if at is None else at):
                gaps = {"camera_lost": 0.5} if one.kind is Kind.WINDOW else {}
                journal.write(replace(one, gaps=gaps, started_at=None if at is None else one.started_at))

    return recorded


def operation(path: Path) -> Operation:
    with OperationReader.open(path) as reader:
        return reader.operation()


def test_days_are_added_figure_by_figure() -> None:
    one = DayOfWork(1, 2, 3, 4.0, None, 6.0, 7, {"a": 1.0, "b": 2.0}, {"first"})
    other = DayOfWork(10, 20, 30, 40.0, 5.0, 60.0, 70, {"b": 3.0}, {"second"})
    both = DayOfWork(11, 22, 33, 44.0, 5.0, 66.0, 77, {"a": 1.0, "b": 5.0}, {"first", "second"})
    assert DayOfWork.sum([one, other]) == both
    assert DayOfWork.sum([both, other]).readable_s == 10.0
    assert (one.gaps, one.boots) == ({"a": 1.0, "b": 2.0}, {"first"})


def test_what_has_no_date_is_counted_all_the_same(path, record) -> None:
    record("dated", NOON, boot_id="one")
    record("undated", None, boot_id="two")
    record("sealed", None, Seal.to([SEAL]))
    days = operation(path).days
    assert list(days) == ["", "2026-03-01"]
    without = days[""]
    assert (without.sessions, without.observed_s, without.boots) == (2, 12.0, {"two"})
    assert without.gaps == days["2026-03-01"].gaps == {"camera_lost": 1.5}


def test_sealed_time_is_added_to_that_of_the_same_day(path, record) -> None:
    record("plain", NOON)
    record("sealed", NOON + timedelta(hours=1), Seal.to([SEAL]))
    days = operation(path).days
    assert [(name, day.sessions, day.observed_s) for name, day in days.items()] == [("2026-03-01", 2, 12.0)]


@pytest.mark.parametrize("sealed_first", [False, True])
def test_the_oldest_and_the_newest_are_found_among_sealed_and_others(path, record, sealed_first: bool) -> None:
    for number, seal in enumerate((Seal.to([SEAL]), None) if sealed_first else (None, Seal.to([SEAL]))):
        record(f"s{number}", NOON + timedelta(hours=number), seal)
    found = operation(path)
    assert (found.oldest, found.newest) == (NOON + timedelta(seconds=2), NOON + timedelta(hours=1, seconds=6))


def test_a_recording_is_as_old_as_its_reading(path, record) -> None:
    record("film", NOON, recorded=True)
    found = operation(path)
    assert (list(found.days), found.oldest, found.clock_synchronised) == (
        ["2026-03-10"],
        NOON + timedelta(days=9),
        None,
    )


def test_without_dates_nothing_is_known_of_the_age(path, record) -> None:
    record("undated", None)
    found = operation(path)
    assert (found.oldest, found.newest, found.clock_synchronised) == (None, None, None)


def test_an_empty_journal_has_no_days(path) -> None:
    with Journal.open(path):
        pass
    found = operation(path)
    assert (found.days, found.oldest, found.newest, found.notices) == ({}, None, None, 0)


@pytest.mark.parametrize("synchronised", [True, False])
def test_the_clock_is_as_certain_as_that_of_the_last_live_session(path, record, synchronised: bool) -> None:
    record("before", NOON, clock_synchronised=not synchronised)
    record("last", NOON, clock_synchronised=synchronised)
    record("film", NOON, recorded=True)
    assert operation(path).clock_synchronised is synchronised
