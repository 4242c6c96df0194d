"""Why a stretch of time has no pictures."""

from enum import StrEnum


class Gap(StrEnum):
    """The cause of time in which nobody looked; a summary says how many seconds each took."""

    CAMERA_LOST = "camera_lost"  # absent, unplugged, or a stream that does not answer
    CAMERA_BUSY = "camera_busy"  # another program has it
    CAMERA_FORBIDDEN = "camera_forbidden"  # this user may not open it
    CAMERA_STALLED = "camera_stalled"  # connected, but it delivers nothing
    CAMERA_FROZEN = "camera_frozen"  # it repeats one picture
    SUSPENDED = "suspended"  # the machine slept; this time is not part of a summary's length
    UNEXPLAINED = "unexplained"  # frames came too late for a reason that nobody noticed
