"""The promises about privacy, tried on this machine: each is a finding, kept or broken; see SECURITY.md."""

import os
import secrets
import stat
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Final

from edge.checks.doctor import Finding
from edge.config import Config
from edge.consent.notices import newest_notice, shipped_notices
from edge.consent.store import ConsentStore, consent_path
from edge.core.errors import BadModel, CannotWrite, EdgeError, SourceNotFound
from edge.host.boot import clock_synchronised
from edge.journal.deletion import delete_session
from edge.journal.reading import JournalReader
from edge.journal.sealing.seal import Seal
from edge.run.assemble import Models, loaded_models, new_observer
from edge.run.confine import open_networks
from edge.run.events import FrameRead, SessionEvent
from edge.run.keeper import KeepSummaries
from edge.run.keeping import opened_keeping
from edge.run.session import Session, run_session
from edge.sources.choose import recorded_source

_PICTURE_FORMATS: Final = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"WEBPVP8", b"GIF8", b"II*\0", b"MM\0*", b"ftyp")
_TRIAL_S: Final = 4.0  # of the demo, which is read as fast as it goes
_LATE: Final = timedelta(days=1)  # a service looks several times a day for what expired


def check_promises(config: Config, journal: Path) -> Iterator[Finding]:
    """Try every promise that can be tried here, under these settings; one that is broken is a finding, no exception."""
    yield _tried("network", _network)
    yield _tried("private files", lambda: _private(journal, config))
    yield _tried("figures alone", lambda: _figures(journal))
    yield _retention(config, journal)
    yield Finding("purpose", True, _purpose(config), essential=False)
    yield _consent(config, journal)
    yield _tried("sealing", lambda: _sealing(config))
    yield _swap()
    try:
        with loaded_models(config) as models:
            yield Finding("models", True, "every network that is asked is the one its card describes, by SHA-256")
            yield from _trial(config, models)
    except EdgeError as error:
        yield Finding("models" if isinstance(error, BadModel) else "trial", False, error.happened, error.fix)


def _tried(check: str, work: Callable[[], str]) -> Finding:
    try:
        return Finding(check, True, work())
    except EdgeError as error:
        return Finding(check, False, error.happened, error.fix)


class _Broken(EdgeError):
    """A promise that is not kept here."""


def _network() -> str:
    if opened := open_networks():
        raise _Broken(
            f"edge-run could open sockets here: {', '.join(opened)}.", fix="Run it as a service, which has no network."
        )
    return "edge-run is refused every socket that leads out of the machine"


def _trial(config: Config, models: Models) -> Iterator[Finding]:
    """Watch the demo as these settings say, look for pictures in what that left, erase it, and look for it again."""
    name = f"trial-{secrets.token_hex(8)}"
    with tempfile.TemporaryDirectory(prefix="edge-trial-") as place:
        folder = Path(place)
        journal, lines = folder / "journal.sqlite", folder / "summaries.jsonl"
        kept = {"journal": journal, "jsonl": str(lines), "session": name, "retention_days": None}
        pixels = _watch_the_demo(config.model_copy(update=kept), models)
        yield _pictures(folder, pixels)
        erased = delete_session(name, journal, lines)
        yield _forgotten(folder, name, erased.summaries + erased.lines)


def _watch_the_demo(config: Config, models: Models) -> tuple[bytes, ...]:
    """Rows of pixels of the frames that were watched."""
    rows: list[bytes] = []

    def remember(event: SessionEvent) -> None:
        if isinstance(event, FrameRead) and len(rows) < 60:
            rgb = event.frame.rgb
            height, width = rgb.shape[:2]
            rows.extend(rgb[row, width // 2 - 16 : width // 2 + 16].tobytes() for row in range(height // 4, height, 99))

    source = recorded_source("demo:fast")
    with opened_keeping(config, source.name) as keeping:
        observe = new_observer(config, models)
        session = Session(keeping.session, source, observe, stop=Event(), window_s=1.0, duration_s=_TRIAL_S)
        run_session(session, [KeepSummaries(keeping, session.clock), remember])
    return tuple(rows)


def _pictures(folder: Path, pixels: tuple[bytes, ...]) -> Finding:
    files = [place for place in folder.rglob("*") if place.is_file()]
    for place in files:
        content = place.read_bytes()
        if any(row in content for row in pixels) or any(mark in content for mark in _PICTURE_FORMATS):
            return Finding("pictures", False, f"{place.name} holds one after a trial", "Install this program again.")
    return Finding("pictures", True, f"none in the {len(files)} files that a trial left")


def _forgotten(folder: Path, name: str, erased: int) -> Finding:
    left = [place.name for place in folder.rglob("*") if place.is_file() and name.encode() in place.read_bytes()]
    if left or not erased:
        said = f"a trial can still be read in {', '.join(left)}" if left else "a trial kept nothing to erase"
        return Finding("forgetting", False, said, "Install this program again.")
    return Finding("forgetting", True, f"{erased} summaries of a trial erased, and no longer in its files")


def _private(journal: Path, config: Config) -> str:
    folder, lines = journal.absolute().parent, config.jsonl
    try:
        names = [folder / name for name in os.listdir(folder) if name.startswith((journal.name, "consent.sqlite"))]
    except FileNotFoundError:
        return "nothing is kept yet"
    except OSError as error:
        raise CannotWrite(f"{folder} cannot be looked into: {error.strerror}.", fix="Ask as its user.") from None
    places = [folder, *sorted(names), *([Path(lines)] if lines not in (None, "-") else [])]
    for place in filter(os.path.lexists, places):
        seen = place.lstat()
        if stat.S_ISLNK(seen.st_mode):
            raise _Broken(f"{place} is a symbolic link.", fix="Put the file itself there.")
        if seen.st_mode & 0o077 and not (place == folder and seen.st_mode & stat.S_ISVTX):
            raise _Broken(f"{place} is open to others ({seen.st_mode & 0o777:04o}).", fix=f"Run chmod go= {place}.")
    return f"{folder} and {len(places) - 1} files in it are open to their owner alone"


def _figures(journal: Path) -> str:
    try:
        with JournalReader.open(journal) as reader:
            found = reader.bytes_columns()
    except SourceNotFound:
        return "there is no journal yet"
    if found:
        raise _Broken(f"{journal} holds bytes in {', '.join(found)}.", fix="See what wrote them.")
    return "the journal has room for figures and labels, and holds nothing else"


def _retention(config: Config, journal: Path) -> Finding:
    if config.retention_days is None:
        return Finding("retention", False, "summaries are kept for ever", "Set retention_days.", essential=False)
    oldest = None
    try:
        with JournalReader.open(journal) as reader:
            oldest = min((record.started_at for record in reader.sessions() if record.ended_at), default=None)
    except EdgeError:
        pass  # told by the checks before
    limit = datetime.now(UTC) - timedelta(days=config.retention_days) - _LATE
    if oldest is not None and oldest < limit and clock_synchronised():
        said = f"kept for {config.retention_days:g} days, but there are some of {oldest:%Y-%m-%d}"
        return Finding("retention", False, said, "Start the service or edge-purge.timer; both delete them.")
    return Finding("retention", True, f"summaries are kept for {config.retention_days:g} days")


def _purpose(config: Config) -> str:
    emotions = "computed" if config.purpose.reads_emotions else "not computed"
    return f"{config.purpose}: emotions are {emotions}"


def _consent(config: Config, journal: Path) -> Finding:
    if not config.require_consent:
        return Finding("consent", True, "not asked for by these settings", essential=False)

    def told() -> str:
        notice = newest_notice(config.notices or shipped_notices())
        store = consent_path(journal)
        given = len(ConsentStore(store).receipts()) if os.path.lexists(store) else 0
        return f"asked for before a camera is opened; notice {notice.version}, {given} receipts"

    return _tried("consent", told)


def _sealing(config: Config) -> str:
    if config.seal_to is None:
        return "not asked for by these settings"
    trial = "a trial of the seal"
    if trial in Seal.to(config.seal_to).close(trial):
        raise _Broken("What is sealed can be read.", fix="Install this program again.")
    return f"summaries are sealed to {len(config.seal_to)} recipients"


def _swap() -> Finding:
    try:
        used = [line.split()[0] for line in Path("/proc/swaps").read_text().splitlines()[1:]]
    except OSError:
        used = []
    open_to_disk = [name for name in used if not Path(name).name.startswith(("zram", "dm-"))]
    if open_to_disk:
        said = f"{', '.join(open_to_disk)} may take pictures from memory; the service takes none of it"
        return Finding("swap", False, said, "Run sudo swapoff -a, or encrypt it.", essential=False)
    return Finding("swap", True, "pictures in memory cannot reach a disk", essential=False)
