"""Summaries that cannot be written wait their turn: in order, bounded, counted, and tried again within five seconds."""

from dataclasses import dataclass, field, replace

import pytest

from edge.core.errors import CannotWrite
from edge.core.summaries import Kind, Summary
from edge.journal.waiting import JournalHealth, Waiting


@dataclass
class Disk:
    """Takes summaries, or none while it is full; and the time."""

    full: bool = False
    tick_s: float = 0.0
    tries: int = 0
    kept: list[Summary] = field(default_factory=list)

    def write(self, summaries):
        self.tries += 1
        if self.full:
            raise CannotWrite("The disk is full.", fix="Make room.")
        self.kept += summaries

    @property
    def sequences(self):
        return [summary.sequence for summary in self.kept if summary.kind is Kind.WINDOW]


@pytest.fixture
def disk():
    return Disk()


def waiting(disk, most=1000):
    return Waiting(disk.write, most=most, tick_s=lambda: disk.tick_s)


def test_a_summary_is_written_before_add_returns(disk, summaries):
    queue = waiting(disk)
    written = summaries("s", 3)
    for count, summary in enumerate(written, start=1):
        queue.add(summary)
        assert len(disk.kept) == count
    assert disk.kept == written
    assert (queue.health, str(queue.health)) == (JournalHealth(), "")


def test_what_waits_keeps_its_order_and_is_reported(disk, summaries, caplog):
    queue, written = waiting(disk), summaries("s", 6)
    queue.add(written[0])
    disk.full = True
    for summary in written[1:4]:
        queue.add(summary)
        disk.tick_s += 2
    assert queue.health == JournalHealth(3, 0, "The disk is full.")
    assert str(queue.health) == "3 summaries wait, The disk is full."
    disk.full, disk.tick_s = False, disk.tick_s + 5
    for summary in written[4:]:
        queue.add(summary)
    assert disk.kept == written
    assert queue.health == JournalHealth()
    assert [record.getMessage() for record in caplog.records] == [
        "The disk is full. Summaries wait until they can be written.",
        "Summaries are written again; 0 were lost.",
    ]


def test_room_is_noticed_within_five_seconds_however_long_there_was_none(disk, summaries):
    queue = waiting(disk)
    disk.full = True
    queue.add(summaries("s", 1)[0])
    while disk.tick_s < 3600:
        disk.tick_s += 1
        queue.catch_up()
    assert 700 < disk.tries < 1000
    room_s, disk.full = disk.tick_s, False
    while queue.health.queued:
        disk.tick_s += 1
        queue.catch_up()
    assert disk.tick_s - room_s <= 5


def test_the_oldest_are_lost_first_and_the_next_row_says_how_many(disk, summaries):
    queue, written = waiting(disk, most=3), summaries("s", 10)
    queue.add(written[0])
    disk.full = True
    for summary in written[1:7]:
        queue.add(summary)
    assert (queue.health.queued, queue.health.dropped) == (3, 3)
    disk.full = False
    disk.tick_s += 5
    for summary in written[7:]:
        queue.add(summary)
    assert disk.sequences == [0, 4, 5, 6, 7, 8, 9]
    assert [summary.summaries_lost for summary in disk.kept] == [0, 3, 0, 0, 0, 0, 0, 3]
    assert replace(disk.kept[-1], summaries_lost=0) == written[-1]
    for before, after in zip(disk.kept, disk.kept[1:-1], strict=False):
        assert after.sequence - before.sequence - 1 == after.summaries_lost


def test_many_that_waited_are_committed_a_hundred_at_a_time(disk, summaries):
    queue, disk.full = waiting(disk), True
    for summary in summaries("s", 250):
        queue.add(summary)
    disk.full, tries = False, disk.tries
    assert queue.catch_up(now=True) is None
    assert disk.tries - tries == 3
    assert len(disk.kept) == 251


def test_that_the_oldest_are_lost_is_logged_once(disk, summaries, caplog):
    queue, disk.full = waiting(disk, most=2), True
    for summary in summaries("s", 5):
        queue.add(summary)
    assert queue.health.dropped == 4
    assert caplog.text.count("Too many summaries wait") == 1


def test_the_next_attempt_is_made_as_soon_as_it_is_due(disk, summaries):
    queue, disk.full = waiting(disk), True
    written = summaries("s", 3)
    queue.add(written[0])
    queue.add(written[1])
    assert disk.tries == 1
    disk.tick_s = 0.5
    queue.add(written[2])
    assert disk.tries == 2


def test_the_last_attempt_does_not_wait(disk, summaries):
    queue = waiting(disk)
    disk.full = True
    queue.add(summaries("s", 1)[0])
    for _ in range(5):
        queue.catch_up()
    assert disk.tries == 1
    disk.full = False
    assert queue.catch_up(now=True) is None
    assert len(disk.kept) == 1


def test_a_bug_is_not_mistaken_for_a_full_disk(summaries):
    def broken(_):
        raise ValueError("no session s is open")

    with pytest.raises(ValueError, match="no session"):
        Waiting(broken).add(summaries("s", 1)[0])
