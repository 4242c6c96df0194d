"""Limits that the operating system sets to this process."""

import os
import resource
from typing import Final

from edge.core.errors import LimitReached

_LEAST_FREE: Final = 32  # a run with a screen opens about 20 files, those of its libraries included


def need_descriptors() -> None:
    """Check that enough files may be opened for a run, after raising the limit as far as this user may.

    Libraries abort the program, or report something else, where they cannot open a file.

    Raises:
        LimitReached: They may not.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = len(os.listdir("/proc/self/fd")) + _LEAST_FREE
    if resource.RLIM_INFINITY in (soft, hard) or soft >= needed:
        return
    if hard < needed:
        raise LimitReached(
            f"Only {hard} files may be open at once here, and a run needs {needed}.",
            fix="Raise the limit: ulimit -n 256.",
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
