"""What happens during a session, in order: one stream that journal, heartbeat, screen and library consume."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from edge.core.frames import Frame
from edge.core.gaps import Gap
from edge.core.readings import Observation
from edge.core.summaries import Summary


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """The first frame has arrived; it follows as the next event."""

    at: datetime | None  # UTC, when that frame was taken; None: of a recording without a date


@dataclass(frozen=True, slots=True)
class FrameRead:
    """A frame was read. The windows that it closed came before it."""

    frame: Frame
    observation: Observation


@dataclass(frozen=True, slots=True)
class SourceAway:
    """A live source is away and will be opened again; repeated about twice a second."""

    tick_s: float  # monotonic
    at: datetime  # UTC
    gap: Gap  # the reason, as summaries count it
    message: str  # the reason, for a person
    retry_s: float  # seconds until the next attempt
    hangs: bool  # a call into the driver has not returned; only ending the process releases the device


@dataclass(frozen=True, slots=True)
class Idle:
    """No frame is due yet, because the rate is bounded; repeated about twice a second."""

    tick_s: float  # monotonic


@dataclass(frozen=True, slots=True)
class WindowClosed:
    """A window is complete."""

    summary: Summary


@dataclass(frozen=True, slots=True)
class SegmentClosed:
    """A segment is complete, which a marker began."""

    summary: Summary


@dataclass(frozen=True, slots=True)
class SessionEnding:
    """No further frame will be read; the last windows and the session's summary follow."""


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """The session is complete. Absent where no frame ever arrived."""

    summary: Summary


SessionEvent = (
    SessionStarted | FrameRead | SourceAway | Idle | WindowClosed | SegmentClosed | SessionEnding | SessionEnded
)
Consumer = Callable[[SessionEvent], None]
