"""A trial run of the demo, for the promises that can be seen only in what a run leaves: no pictures, and deletion."""

import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Final

from edge.checks.finding import Finding
from edge.config import Config
from edge.journal.deletion import delete_session
from edge.run.assemble import Models, new_observer
from edge.run.events import FrameRead, SessionEvent
from edge.run.outputs.keeper import KeepSummaries
from edge.run.outputs.keeping import opened_keeping
from edge.run.session import Session, run_session
from edge.sources.choose import recorded_source

_PICTURE_FORMATS: Final = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"WEBPVP8", b"GIF8", b"II*\0", b"MM\0*", b"ftyp")
_TRIAL_S: Final = 4.0  # of the demo, which is read at full speed
_MOST_ROWS: Final = 60


def run_trial(config: Config, models: Models) -> Iterator[Finding]:
    """Watch the demo with these settings, in a temporary folder, and then delete the session.

    Args:
        config: The settings; journal, JSON lines, session and retention are replaced.
        models: The loaded networks.

    Yields:
        Whether a file holds a picture, and whether anything of the session is left once it is deleted.
    """
    name = f"trial-{secrets.token_hex(8)}"
    with tempfile.TemporaryDirectory(prefix="edge-trial-") as place:
        folder = Path(place)
        journal, lines = folder / "journal.sqlite", folder / "summaries.jsonl"
        kept = {"journal": journal, "jsonl": str(lines), "session": name, "retention_days": None}
        rows = _watch_the_demo(config.model_copy(update=kept), models)
        yield check_pictures(folder, rows)
        erased = delete_session(name, journal, lines)
        yield _forgotten(folder, name, erased.summaries + erased.lines)


def _watch_the_demo(config: Config, models: Models) -> tuple[bytes, ...]:
    """Watch the demo; return the pixels of some rows of its frames."""
    rows: list[bytes] = []

    def remember(event: SessionEvent) -> None:
        if isinstance(event, FrameRead) and len(rows) < _MOST_ROWS:
            rgb = event.frame.rgb
            height, width = rgb.shape[:2]
            rows.extend(rgb[row, width // 2 - 16 : width // 2 + 16].tobytes() for row in range(height // 4, height, 99))

    source = recorded_source("demo:fast")
    with opened_keeping(config, source.name) as keeping:
        observe = new_observer(config, models)
        session = Session(keeping.session, source, observe, stop=Event(), window_s=1.0, duration_s=_TRIAL_S)
        run_session(session, [KeepSummaries(keeping, session.clock), remember])
    return tuple(rows)


def check_pictures(folder: Path, rows: tuple[bytes, ...]) -> Finding:
    """Check that no file below a folder holds one of these rows of pixels, or begins as a picture file does."""
    files = [place for place in folder.rglob("*") if place.is_file()]
    for place in files:
        content = place.read_bytes()
        if any(row in content for row in rows) or any(mark in content for mark in _PICTURE_FORMATS):
            return Finding("pictures", False, f"{place.name} holds one after a trial", "Install this program again.")
    return Finding("pictures", True, f"none in the {len(files)} files that a trial left")


def _forgotten(folder: Path, name: str, erased: int) -> Finding:
    left = [place.name for place in folder.rglob("*") if place.is_file() and name.encode() in place.read_bytes()]
    if left or not erased:
        found = f"a trial can still be read in {', '.join(left)}" if left else "a trial kept nothing to erase"
        return Finding("forgetting", False, found, "Install this program again.")
    return Finding("forgetting", True, f"{erased} summaries of a trial erased, and no longer in its files")
