"""The checkup of a service: how its last run goes or went, from the health it notes and the journal it writes."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from edge.checks.doctor import Finding
from edge.core.errors import EdgeError
from edge.host.boot import boot_id
from edge.journal.reading import JournalReader
from edge.run.health import Health, State, health_path, read_health

_SILENT: Final = timedelta(minutes=3)  # a run that lives notes its health once a minute


def check_service(journal: Path, now: datetime | None = None) -> Iterator[Finding]:
    """What is known of the service that writes a journal; an unsound service is a finding, never an exception."""
    path = health_path(journal)
    health = read_health(path)
    if health is None:
        fix = "Start it, or name its journal with --journal; it may take sudo to read it."
        yield Finding("service", False, f"no run is noted in {path}", fix)
        return
    yield _run(health, now or datetime.now(UTC))
    yield _pictures(health)
    often = f"{health.restarts} in a row; the run before this one: {health.before or 'none is known'}"
    yield Finding("restarts", health.restarts == 0, often, "See the log." if health.restarts else "", essential=False)
    yield from _summaries(journal)


def _run(health: Health, now: datetime) -> Finding:
    since = f"of {health.source}, started {health.started_at}"
    if health.ended is not None:
        fine = health.exit_code == 0
        said = f"{since}; ended with {health.exit_code}: {health.ended}"
        return Finding("service", fine, said, "" if fine else "Mend that; systemd starts it again.")
    if not _lives(health):
        return Finding("service", False, f"{since}; was killed, or the power failed", "See the log, and start it.")
    silent = now - datetime.fromisoformat(health.updated_at)
    if silent > _SILENT:
        said = f"{since}; says nothing since {health.updated_at}"
        return Finding("service", False, said, "Restart it, and see the log for what hung.")
    return Finding("service", True, f"{since}; {health.status or health.state}")


def _lives(health: Health) -> bool:
    if health.boot_id != boot_id():
        return False
    try:
        os.kill(health.process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _pictures(health: Health) -> Finding:
    away = f"the source went away {health.absences} times"
    if health.state is State.WAITING:
        return Finding("pictures", False, f"none: {health.status}", "Check the camera and its cable.")
    if health.state is State.CONSENT:
        return Finding("pictures", True, f"none before somebody agrees; {away}")
    if health.absent:
        return Finding("pictures", False, f"none when it ended; {away}", "Check the camera and its cable.")
    if health.fps is None:
        return Finding("pictures", True, "none yet", essential=False)
    return Finding("pictures", True, f"{health.fps:g} frames a second; {away}")


def _summaries(journal: Path) -> Iterator[Finding]:
    try:
        with JournalReader.open(journal) as reader:
            sessions = reader.sessions()
    except EdgeError as error:
        yield Finding("summaries", False, error.happened, error.fix)
        return
    last = sessions[-1] if sessions else None
    if last is not None and last.summary is None and last.sealed:
        said = f"the last session is {last.state}; {last.sealed} summaries, sealed: edge-report --key FILE opens them"
        yield Finding("summaries", True, said)
        return
    if last is None or last.summary is None:
        yield Finding("summaries", True, "none yet", essential=False)
        return
    summary = last.summary
    told = f"the last session is {last.state}; {summary.frames_read} frames read, {summary.frames_dropped} passed over"
    lost = summary.summaries_lost
    fix = "Make room on the disk." if lost else ""
    yield Finding("summaries", not lost, f"{told}; {lost} summaries lost", fix)
    gaps = ", ".join(f"{reason} {lasted_s:.0f} s" for reason, lasted_s in summary.gaps.items())
    yield Finding("gaps", not gaps, gaps or "none", essential=False)
