"""Where the journal is unless another place is named."""

import os
from pathlib import Path

from edge.host.files.folders import home_folder


def default_journal() -> Path:
    """Return `$EDGE_JOURNAL`, else `$XDG_STATE_HOME/edge/journal.sqlite`, by default in `~/.local/state`.

    Raises:
        BadConfiguration: There is no home folder.
    """
    if named := os.environ.get("EDGE_JOURNAL"):
        return Path(named)
    state = Path(os.environ.get("XDG_STATE_HOME", ""))
    return (state if state.is_absolute() else home_folder("the journal") / ".local" / "state") / "edge/journal.sqlite"
