"""Checks of a service: the state of its last run, from its health file and its journal."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from edge.checks.finding import Finding
from edge.core.errors import EdgeError
from edge.core.sessions import SessionState
from edge.core.summaries import Summary
from edge.host.boot import boot_id
from edge.journal.reading import JournalReader
from edge.run.health import Health, State, health_path, read_health

_SILENT: Final = timedelta(minutes=3)  # a run writes its health file once a minute


def check_service(journal: Path, now: datetime | None = None) -> Iterator[Finding]:
    """Check the service that writes a journal.

    Args:
        journal: The journal's file; the health file lies beside it.
        now: The time to compare with the health file's, with a time zone; the current time where it is None.

    Yields:
        The findings; a service that does not run, or was killed, raises nothing.
    """
    path = health_path(journal)
    health = read_health(path)
    if health is None:
        fix = "Start it, or name its journal with --journal; it may take sudo to read it."
        yield Finding("service", False, f"no run is noted in {path}", fix)
        return
    yield _run(health, now or datetime.now(UTC))
    yield _pictures(health)
    yield _restarts(health)
    yield from _summaries(journal)


def _run(health: Health, now: datetime) -> Finding:
    since = f"of {health.source}, started {health.started_at}"
    if health.ended is not None:
        fine = health.exit_code == 0
        found = f"{since}; ended with {health.exit_code}: {health.ended}"
        return Finding("service", fine, found, "" if fine else "Mend that; systemd starts it again.")
    if not _is_alive(health):
        return Finding("service", False, f"{since}; was killed, or the power failed", "See the log, and start it.")
    silent = now - datetime.fromisoformat(health.updated_at)
    if silent > _SILENT:
        found = f"{since}; no update since {health.updated_at}"
        return Finding("service", False, found, "Restart it, and see the log for what hung.")
    return Finding("service", True, f"{since}; {health.status or health.state}")


def _is_alive(health: Health) -> bool:
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
        return Finding("pictures", True, f"none before consent; {away}")
    if health.absent:
        return Finding("pictures", False, f"none when it ended; {away}", "Check the camera and its cable.")
    if health.fps is None:
        return Finding("pictures", True, "none yet", essential=False)
    return Finding("pictures", True, f"{health.fps:g} frames a second; {away}")


def _restarts(health: Health) -> Finding:
    found = f"{health.restarts} in a row; the run before this one: {health.before or 'none is known'}"
    return Finding("restarts", health.restarts == 0, found, "See the log." if health.restarts else "", essential=False)


def _summaries(journal: Path) -> Iterator[Finding]:
    try:
        with JournalReader.open(journal) as reader:
            sessions = reader.sessions()
    except EdgeError as error:
        yield Finding("summaries", False, error.happened, error.fix)
        return
    last = sessions[-1] if sessions else None
    if last is not None and last.summary is not None:
        yield from _last_session(last.state, last.summary)
    elif last is not None and last.sealed:
        found = f"the last session is {last.state}; {last.sealed} summaries, sealed: edge-report --key FILE opens them"
        yield Finding("summaries", True, found)
    else:
        yield Finding("summaries", True, "none yet", essential=False)


def _last_session(state: SessionState, summary: Summary) -> Iterator[Finding]:
    lost = summary.summaries_lost
    frames = f"{summary.frames_read} frames read, {summary.frames_dropped} passed over"
    found = f"the last session is {state}; {frames}; {lost} summaries lost"
    yield Finding("summaries", not lost, found, "Make room on the disk." if lost else "")
    gaps = ", ".join(f"{reason} {lasted_s:.0f} s" for reason, lasted_s in summary.gaps.items())
    yield Finding("gaps", not gaps, gaps or "none", essential=False)
