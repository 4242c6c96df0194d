"""This boot of the machine as the kernel describes it: its id, and whether its clock is synchronised."""

import ctypes
from pathlib import Path
from typing import Final

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_TIMESYNC: Final = Path("/run/systemd/timesync/synchronized")  # systemd-timesyncd touches it after its first answer
_STA_UNSYNC: Final = 0x40  # clock unsynchronised: adjtimex(2)


class _Timex(ctypes.Structure):
    """`struct timex` of <sys/timex.h>, up to the field that is read; the kernel writes into `rest`."""

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
    """Return the random id of this boot, 36 characters; None where a sandbox hides it.

    Args:
        file: The kernel's file of it; see random(4).
    """
    try:
        return file.read_text("ascii").strip() or None
    except (OSError, ValueError):
        return None


def clock_synchronised(file: Path = _TIMESYNC) -> bool | None:
    """Return whether the clock is synchronised, by NTP for example; None where that is not known.

    Args:
        file: What systemd-timesyncd creates once it has synchronised the clock; without it the kernel's status counts.
    """
    if file.exists():
        return True
    status = _kernels_status()
    return None if status is None else not status & _STA_UNSYNC


def _kernels_status() -> int | None:
    """The kernel's clock status, from adjtimex(2) with nothing to change; None where that is refused."""
    timex = _Timex()
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):  # another C library, another system
        return None
    return None if state < 0 else int(timex.status)
