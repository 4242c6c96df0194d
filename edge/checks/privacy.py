"""The promises about privacy, checked on this machine; see SECURITY.md."""

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from edge.checks.finding import Finding, attempt
from edge.checks.trial import run_trial
from edge.config import Config
from edge.consent.notices import newest_notice, shipped_notices
from edge.consent.store import ConsentStore, consent_path
from edge.core.choices.retention_clock import RetentionClock
from edge.core.errors import BadModel, CannotWrite, EdgeError, SourceNotFound
from edge.core.sessions import SessionState
from edge.host.boot import clock_synchronised
from edge.journal.reading import JournalReader
from edge.journal.sealing.seal import Seal
from edge.journal.uptime import has_expired
from edge.run.assemble import loaded_models
from edge.run.confine import open_networks
from edge.sources.decoder.trial import rights_left
from edge.vision.manifest import is_shipped

_LATE: Final = timedelta(days=1)  # a service deletes several times a day what has expired


class BrokenPromise(EdgeError):
    """A promise that is not kept on this machine."""


def check_promises(config: Config, journal: Path) -> Iterator[Finding]:
    """Check every promise that can be checked under these settings.

    Args:
        config: The settings of the runs.
        journal: Their journal.

    Yields:
        A finding for each promise, as soon as it is checked; a broken promise raises nothing.
    """
    yield attempt("network", _network)
    yield attempt("decoding", _decoding)
    yield attempt("private files", partial(_private_files, journal, config))
    yield attempt("figures alone", partial(_figures_alone, journal))
    yield _retention(config, journal)
    yield _purpose(config)
    yield _consent(config, journal)
    yield attempt("sealing", partial(_sealing, config))
    yield _swap()
    try:
        with loaded_models(config) as models:
            origin = "that was shipped" if is_shipped(config.models) else "its card describes, and was not shipped"
            yield Finding("models", True, f"every network that is used is the one {origin}, by SHA-256")
            yield from run_trial(config, models)
    except EdgeError as error:
        yield Finding("models" if isinstance(error, BadModel) else "trial", False, error.happened, error.fix)


def _network() -> str:
    if opened := open_networks():
        found = f"edge-run could open sockets here: {', '.join(opened)}."
        raise BrokenPromise(found, fix="Run it as a service, which has no network.")
    return "edge-run is refused every socket that leads out of the machine"


def _decoding() -> str:
    if left := rights_left():
        found = f"What decodes could use {', '.join(left)} here: this kernel has no filter of system calls."
        raise BrokenPromise(found, fix="Read only recordings and streams that you trust.")
    return "what decodes is refused files, other processes and sockets, but for a stream's own"


def _private_files(journal: Path, config: Config) -> str:
    folder = journal.absolute().parent
    try:
        names = [folder / name for name in os.listdir(folder) if name.startswith((journal.name, "consent.sqlite"))]
    except FileNotFoundError:
        return "nothing is kept yet"
    except OSError as error:
        raise CannotWrite(f"{folder} cannot be looked into: {error.strerror}.", fix="Ask as its user.") from None
    lines = [Path(config.jsonl)] if config.jsonl not in (None, "-") else []
    files = [*sorted(names), *lines]
    for place in filter(os.path.lexists, (folder, *files)):
        _refuse_if_open_to_others(place, is_folder=place == folder)
    return f"{folder} and {len(files)} files in it are open to their owner alone"


def _refuse_if_open_to_others(place: Path, *, is_folder: bool) -> None:
    mode = place.lstat().st_mode
    if stat.S_ISLNK(mode):
        raise BrokenPromise(f"{place} is a symbolic link.", fix="Put the file itself there.")
    if mode & 0o077 and not (is_folder and mode & stat.S_ISVTX):
        raise BrokenPromise(f"{place} is open to others ({mode & 0o777:04o}).", fix=f"Run chmod go= {place}.")


def _figures_alone(journal: Path) -> str:
    try:
        with JournalReader.open(journal) as reader:
            found = reader.bytes_columns()
    except SourceNotFound:
        return "there is no journal yet"
    if found:
        raise BrokenPromise(f"{journal} holds bytes in {', '.join(found)}.", fix="See what wrote them.")
    return "the journal has room for figures and labels, and holds nothing else"


def _retention(config: Config, journal: Path) -> Finding:
    if config.retention_days is None:
        return Finding("retention", False, "summaries are kept for ever", "Set retention_days.", essential=False)
    oldest = _oldest_session(journal)
    limit = datetime.now(UTC) - timedelta(days=config.retention_days) - _LATE
    kept = f"kept for {config.retention_days:g} days"
    if oldest is not None and oldest < limit and clock_synchronised():
        found = f"{kept}, but there are some of {oldest:%Y-%m-%d}"
        return Finding("retention", False, found, "Start the service or edge-purge.timer; both delete them.")
    if oldest is not None and not clock_synchronised():
        late = oldest < limit or has_expired(journal, timedelta(days=config.retention_days) + _LATE)
        since = f"the clock is not synchronised; the oldest is of {oldest:%Y-%m-%d}"
        fix = "Let the machine reach a time server, also a local one: see docs/kiosk.md."
        if config.retention_clock is RetentionClock.UPTIME:
            return Finding("retention", not late, f"{kept} of running time, for {since}", fix, essential=late)
        return Finding("retention", False, f"{kept}, but none is deleted while {since}", fix, essential=late)
    return Finding("retention", True, f"summaries are {kept}")


def _oldest_session(journal: Path) -> datetime | None:
    try:
        with JournalReader.open(journal) as reader:
            ended = (record for record in reader.sessions() if record.state is not SessionState.OPEN)
            kept = (record.written_at or (record.started_at if record.ended_at else None) for record in ended)
            return min((date for date in kept if date is not None), default=None)
    except EdgeError:
        return None  # reported by the checks before


def _purpose(config: Config) -> Finding:
    emotions = "computed" if config.purpose.reads_emotions else "not computed"
    return Finding("purpose", True, f"{config.purpose}: emotions are {emotions}", essential=False)


def _consent(config: Config, journal: Path) -> Finding:
    if not config.require_consent:
        return Finding("consent", True, "not required by these settings", essential=False)

    def receipts() -> str:
        notice = newest_notice(config.notices or shipped_notices())
        store = consent_path(journal)
        given = len(ConsentStore(store).receipts()) if os.path.lexists(store) else 0
        return f"required before a camera is opened; notice {notice.version}, {given} receipts"

    return attempt("consent", receipts)


def _sealing(config: Config) -> str:
    if config.seal_to is None:
        return "not required by these settings"
    trial = "a trial of the seal"
    if trial in Seal.to(config.seal_to).close(trial):
        raise BrokenPromise("What is sealed can be read.", fix="Install this program again.")
    return f"summaries are sealed to {len(config.seal_to)} recipients"


def _swap() -> Finding:
    try:
        used = [line.split()[0] for line in Path("/proc/swaps").read_text().splitlines()[1:]]
    except OSError:
        used = []
    open_to_disk = [name for name in used if not Path(name).name.startswith(("zram", "dm-"))]
    if open_to_disk:
        found = f"{', '.join(open_to_disk)} may take pictures from memory; the service takes none of it"
        return Finding("swap", False, found, "Run sudo swapoff -a, or encrypt it.", essential=False)
    return Finding("swap", True, "pictures in memory cannot reach a disk", essential=False)
