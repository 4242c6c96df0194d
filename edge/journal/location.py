"""Where the journal is unless another place is named."""

import os
from pathlib import Path


def default_journal() -> Path:
    """Return `$XDG_STATE_HOME/edge/journal.sqlite`, by default in `~/.local/state`."""
    state = Path(os.environ.get("XDG_STATE_HOME", ""))
    return (state if state.is_absolute() else Path.home() / ".local" / "state") / "edge" / "journal.sqlite"
