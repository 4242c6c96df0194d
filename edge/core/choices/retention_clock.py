"""The clock by which summaries expire while the machine's date is uncertain."""

from enum import StrEnum


class RetentionClock(StrEnum):
    """What the age of a summary is counted by, while the clock is not synchronised."""

    UTC = "utc"  # dates alone: nothing is deleted then
    UPTIME = "uptime"  # the machine's running time, which is never more than a summary's age
