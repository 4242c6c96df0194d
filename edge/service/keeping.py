"""Where a session's summaries go: the journal always, JSON lines if asked."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from edge.config import Config
from edge.core.errors import UsageError
from edge.core.sessions import valid_session
from edge.core.summaries import Summary
from edge.journal.jsonl import JsonLines
from edge.journal.store import Journal, default_journal

_BESIDE = ("", "-wal", "-shm", ".lock")  # what a journal consists of


@dataclass(frozen=True, slots=True)
class Keeping:
    """An open journal and, if asked, open JSON lines, for one session of one source."""

    path: Path
    session: str
    source: str
    window_s: float
    journal: Journal
    lines: JsonLines | None

    def begin(self, started_at: datetime) -> None:
        """Note that the session has begun (UTC). Raises CannotWrite."""
        software = f"edge-expressiveness {version('edge-expressiveness')}"
        self.journal.begin(
            self.session, started_at=started_at, window_s=self.window_s, software=software, source=self.source
        )

    def write(self, summary: Summary) -> None:
        """Keep a summary for good before returning. Raises CannotWrite."""
        self.journal.write(summary)
        if self.lines is not None:
            self.lines.write(summary)


@contextmanager
def opened_keeping(config: Config, source: str) -> Iterator[Keeping]:
    """Open what a Config asks for; `source` is the name people call it. Raises UsageError and CannotWrite."""
    session = valid_session(f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}" if config.session is None else config.session)
    path = config.journal or default_journal()
    if config.jsonl and Path(config.jsonl).resolve() in (path.with_name(path.name + end).resolve() for end in _BESIDE):
        raise UsageError("The journal and the JSON lines are one file.", fix="Give --jsonl another name.")
    with ExitStack() as stack:
        journal = stack.enter_context(Journal.open(path))
        lines = stack.enter_context(JsonLines.open(config.jsonl)) if config.jsonl else None
        yield Keeping(path, session, source, config.window, journal, lines)
