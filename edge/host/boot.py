"""What the kernel says of this boot: its id, and whether the clock was set by somebody who knows the time."""

import ctypes
from pathlib import Path
from typing import Final

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_TIMESYNC: Final = Path("/run/systemd/timesync/synchronized")  # systemd-timesyncd touches it after its first answer
_STA_UNSYNC: Final = 0x40  # clock unsynchronised: adjtimex(2)


class _Timex(ctypes.Structure):
    """`struct timex` of <sys/timex.h>, up to what is read here; the rest is room for the kernel to write in."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    )


def boot_id(file: Path = _BOOT_ID) -> str | None:
    """The id that the kernel drew for this boot, 36 characters; None where it is hidden."""
    try:
        return file.read_text("ascii").strip() or None
    except (OSError, ValueError):
        return None


def clock_synchronised(file: Path = _TIMESYNC) -> bool | None:
    """Whether the clock follows one that knows the time; None where a sandbox hides both the answers there are."""
    if file.exists():
        return True
    status = _kernels_status()
    return None if status is None else not status & _STA_UNSYNC


def _kernels_status() -> int | None:
    """The kernel's clock status (adjtimex(2) with nothing to change); None where it may not be asked."""
    answer = _Timex()
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.byref(answer))
    except (OSError, AttributeError):  # another C library, another system
        return None
    return None if state < 0 else int(answer.status)
