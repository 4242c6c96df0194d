"""Limits that the operating system sets to this process."""

import os
import resource
from pathlib import Path
from typing import Final

from edge.core.errors import LimitReached

_LEAST_FREE: Final = 32  # a run with a screen opens about 20 files, those of its libraries included


def open_descriptors() -> list[int]:
    """The numbers of this process's open files, that of the listing among them.

    Raises:
        LimitReached: /proc is not mounted, as in a bare chroot.
    """
    try:
        return [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:
        raise LimitReached("There is no /proc here.", fix="Mount it: mount -t proc proc /proc.") from None


def need_memory(needed_bytes: int, purpose: str) -> None:
    """Check that so much more address space may be taken.

    Libraries abort the program, or wait without end, where they get none.

    Args:
        needed_bytes: Beside what is taken already.
        purpose: What it is for, as the subject of a sentence.

    Raises:
        LimitReached: It may not.
    """
    most_bytes = resource.getrlimit(resource.RLIMIT_AS)[0]
    if most_bytes == resource.RLIM_INFINITY:
        return
    needed_bytes += int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    if most_bytes < needed_bytes:
        raise LimitReached(
            f"Only {most_bytes // 2**20} MiB of memory may be taken here; {purpose} needs {needed_bytes // 2**20} MiB.",
            fix="Raise the limit: ulimit -v.",
        )


def need_descriptors() -> None:
    """Check that enough files may be opened for a run, after raising the limit as far as this user may.

    Libraries abort the program, or report something else, where they cannot open a file.

    Raises:
        LimitReached: They may not, or /proc is not mounted.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = len(open_descriptors()) + _LEAST_FREE
    if resource.RLIM_INFINITY in (soft, hard) or soft >= needed:
        return
    if hard < needed:
        raise LimitReached(
            f"Only {hard} files may be open at once here, and a run needs {needed}.",
            fix="Raise the limit: ulimit -n 256.",
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
