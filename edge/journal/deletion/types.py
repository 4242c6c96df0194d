"""What a deletion reports."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Deleted:
    """What was deleted, or with a dry run would be."""

    sessions: int = 0  # of the journal, with their last summary
    summaries: int = 0  # of the journal
    lines: int = 0  # of files of JSON lines that stay
    files: tuple[Path, ...] = ()  # whole ones: damaged journals that were put aside, and closed JSON lines
