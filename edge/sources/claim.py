"""One process a camera: a lock that is held for a whole run, also while its camera is away."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from edge.core.errors import CannotWrite, DeviceUnavailable
from edge.core.gaps import Gap
from edge.core.text import capitalised
from edge.host.files.folders import home_folder
from edge.host.files.locks import try_lock
from edge.sources.base import FrameSource


@contextmanager
def sole_watcher(source: FrameSource, environ: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Hold the lock of a camera; other sources have none. The kernel releases it when the process ends.

    Args:
        source: The source of the run.
        environ: The environment, which names the folder of the locks.

    Raises:
        DeviceUnavailable: Another process holds the lock; the message names it.
        CannotWrite: The lock file cannot be created or locked.
    """
    device = _device(source)
    if device is None:
        yield
        return
    file = lock_folder(environ) / f"{re.sub(r'[^A-Za-z0-9_-]+', '-', device).strip('-')}.lock"
    try:
        _make_private(file.parent)
        held = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotWrite(f"{file} cannot be made: {error.strerror}.", fix="Check who may write there.") from error
    try:
        try:
            free = try_lock(held)
        except OSError as error:
            raise CannotWrite(f"{file} cannot be locked: {error.strerror}.", fix="Use a local disk.") from error
        if not free:
            holder = os.pread(held, 20, 0).decode("ascii", "replace").strip()
            raise DeviceUnavailable(
                f"{capitalised(source.name)} is being watched by another edge-run (process {holder}).",
                fix="End that one first.",
                gap=Gap.CAMERA_BUSY,
            )
        os.truncate(held, 0)
        os.pwrite(held, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(held)


def lock_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of the locks: the service's state (systemd.exec(5)), or the user's runtime or state folder."""
    if folder := environ.get("STATE_DIRECTORY", "").partition(":")[0]:  # the first one: all cameras' services share it
        return Path(folder) / "locks"
    state = Path(environ.get("XDG_RUNTIME_DIR", "") or environ.get("XDG_STATE_HOME", ""))
    return (state if state.is_absolute() else home_folder("locks") / ".local" / "state") / "edge" / "locks"


def _make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for this user alone, whatever the umask is."""
    if not folder.is_dir():
        _make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _device(source: FrameSource) -> str | None:
    """Return a name that is the same for all names of one camera; None for other sources."""
    if not source.live:
        return None
    from edge.sources.live.camera import Camera  # here: the run of a recording starts sooner
    from edge.sources.live.picamera import PiCamera

    match source:
        case Camera(device=device):
            return os.path.realpath(device)
        case PiCamera(number=number):
            return f"pi-{number}"
        case _:
            return None
