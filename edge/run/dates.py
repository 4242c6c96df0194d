"""A session's dates: those told before the clock was set are corrected once, as soon as it is."""

from collections.abc import Callable
from dataclasses import replace

from edge.core.summaries import Kind, Summary, date_of_tick


class SessionDates:
    """Whether a session's dates are certain, and what they have to be where they were not."""

    def __init__(self, synchronised: Callable[[], bool | None]) -> None:
        self._synchronised = synchronised
        self.certain = self.certain_at_start = False
        self.reference: Summary | None = None  # the first summary with a certain date, where earlier ones had none

    def begin(self) -> None:
        """The session begins."""
        self.certain = self.certain_at_start = bool(self._synchronised())

    def see(self, summary: Summary) -> None:
        """Look whether the clock has been set since, when a summary is new: its dates followed the clock."""
        if not self.certain and self._synchronised():
            self.certain, self.reference = True, summary

    def of(self, summary: Summary) -> Summary:
        """The summary with a certain date, if it has ticks to tell it from."""
        if self.reference is None or summary.kind is Kind.SESSION:
            return summary
        return replace(summary, started_at=date_of_tick(summary.started_tick_s, summary.started_at, self.reference))
