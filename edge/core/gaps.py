"""Reasons for time without frames."""

from enum import StrEnum


class Gap(StrEnum):
    """The cause of time without frames; a summary holds the seconds of each."""

    CAMERA_LOST = "camera_lost"  # absent, unplugged, or a stream that does not answer
    CAMERA_BUSY = "camera_busy"  # another program uses it
    CAMERA_FORBIDDEN = "camera_forbidden"  # this user may not open it
    CAMERA_STALLED = "camera_stalled"  # connected, but it delivers nothing
    CAMERA_FROZEN = "camera_frozen"  # it repeats one picture
    SUSPENDED = "suspended"  # the machine slept; this time is not part of a summary's length
    UNEXPLAINED = "unexplained"  # frames came too late for an unknown reason
