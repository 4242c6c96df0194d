"""Booths: how their machines worked, from journals that are merged by the booth's name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from edge.core.errors import EdgeError
from edge.journal.meta import BOOTH, ID, RETENTION_DAYS
from edge.journal.operation import DayOfWork, Operation, OperationReader
from edge.run.health import Health, health_path, read_health

_LATE: Final = timedelta(days=1)  # a service deletes several times a day what has expired
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Booth:
    """One booth with all its journals.

    Attributes:
        days: By date (UTC), of the days that count.
        oldest: When the oldest summary that it still has was kept (UTC), on whatever day.
        newest: When the newest one was kept.
        clock_synchronised: Whether the dates of the last session are certain; None: unknown.
        retention: For how long summaries are kept; None: for ever, or unknown.
        notices: How many events its journals had, such as damage.
        service: What the last run noted of itself; None where the journal is a copy.
    """

    name: str
    days: dict[str, DayOfWork] = field(default_factory=dict)
    oldest: datetime | None = None
    newest: datetime | None = None
    clock_synchronised: bool | None = None
    retention: timedelta | None = None
    notices: int = 0
    service: Health | None = None

    @property
    def total(self) -> DayOfWork:
        """All of its days together."""
        return DayOfWork.sum(self.days.values())

    def overdue(self, now: datetime) -> bool:
        """Return whether a summary is still there that should have been deleted a day before `now`, or earlier."""
        return self.retention is not None and self.oldest is not None and self.oldest < now - self.retention - _LATE

    def concerns(self, now: datetime) -> Iterator[str]:
        """Yield what needs attention, a sentence each."""
        total, service = self.total, self.service
        if self.retention is not None and self.oldest is not None and self.overdue(now):
            days = self.retention / timedelta(days=1)
            yield f"Summaries of {self.oldest:%Y-%m-%d} are still there, and {days:g} days are allowed."
        if self.clock_synchronised is False:
            yield "Its clock is not synchronised, so its dates are uncertain."
        if service is not None and service.exit_code:
            yield f"Its service ended with {service.exit_code}: {service.ended}"
        if total.interrupted:
            yield f"Interrupted sessions: {total.interrupted}; the program was killed, or the power failed."
        if total.lost:
            yield f"Summaries that could not be kept: {total.lost}; make room on its disk."
        if self.notices:
            yield f"Notices in its journal: {self.notices}; edge-report shows them."


@dataclass(frozen=True, slots=True)
class Fleet:
    """Booths by name, and what could not be read or does not count, as sentences."""

    booths: tuple[Booth, ...]
    unread: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def read_fleet(journals: Sequence[Path], since: str = "") -> Fleet:
    """Read how the machines of some journals worked.

    A journal's booth is the one that its last run was set to; else the name of its folder where the file is called
    journal.sqlite, else the file's. Of copies of one journal, only the one with the newest summary counts.

    Args:
        journals: The files.
        since: The first day that counts, as `2026-03-01`; empty for all.

    Returns:
        The booths; a journal that cannot be read stops no other.
    """
    read: dict[str, tuple[Path, Operation]] = {}
    unread, left_out = list[str](), list[str]()
    for path in journals:
        try:
            with OperationReader.open(path) as reader:
                found = (path, reader.operation(since))
        except EdgeError as error:
            unread.append(f"{error.happened} {error.fix}")
            continue
        key = found[1].meta.get(ID, str(path))
        if key in read:
            older, found = sorted((read[key], found), key=lambda one: one[1].newest or _NEVER)
            left_out.append(f"{older[0]} is a copy of {found[0]}, and counts once.")
        read[key] = found
    booths: dict[str, Booth] = {}
    for path, work in read.values():
        name = work.meta.get(BOOTH) or (path.absolute().parent.name if path.name == "journal.sqlite" else path.stem)
        _add(booths.setdefault(name, Booth(name)), work, read_health(health_path(path)))
    return Fleet(tuple(booths[name] for name in sorted(booths)), tuple(unread), tuple(left_out))


def _add(booth: Booth, work: Operation, service: Health | None) -> None:
    """Add a journal to its booth; of clock, retention and service, the worst or strictest holds."""
    for day, done in work.days.items():
        booth.days[day] = DayOfWork.sum((booth.days.get(day, DayOfWork()), done))
    booth.oldest = min((date for date in (booth.oldest, work.oldest) if date is not None), default=None)
    booth.newest = max((date for date in (booth.newest, work.newest) if date is not None), default=None)
    if booth.clock_synchronised is not False:
        booth.clock_synchronised = work.clock_synchronised
    if RETENTION_DAYS in work.meta:
        retention = timedelta(days=float(work.meta[RETENTION_DAYS]))
        booth.retention = retention if booth.retention is None else min(booth.retention, retention)
    booth.notices += work.notices
    if service is not None and (booth.service is None or not booth.service.exit_code):
        booth.service = service
