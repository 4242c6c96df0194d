"""What the tests of files share."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

Synchronised = list[tuple[str, object]]


@pytest.fixture
def synchronised(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Synchronised]:
    """synchronised(path): from now on, each fsync as "file" or "folder" and what `path` holds at that moment."""

    def noted(path: Path) -> Synchronised:
        seen: Synchronised = []
        fsync = os.fsync

        def note(descriptor: int) -> None:
            kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
            seen.append((kind, path.read_bytes() if path.exists() else None))
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", note)
        return seen

    return noted
