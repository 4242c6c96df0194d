"""What a consent does that is given while another one holds."""

from enum import StrEnum


class SecondConsent(StrEnum):
    """One person is recorded at a time: either the second consent is refused, or it ends the first session."""

    REFUSE = "refuse"
    ENDS_FIRST = "ends_first"
