"""Dates of a session: those from before the clock was synchronised are corrected once, as soon as it is."""

from collections.abc import Callable
from dataclasses import replace

from edge.core.summaries import Kind, Summary, date_of_tick


class SessionDates:
    """Whether a session's dates are certain, and what they have to be where they were not.

    Args:
        synchronised: Whether the clock is synchronised; None where that is not known.
        recorded: Whether the dates are a recording's, which never follow the clock.
    """

    def __init__(self, synchronised: Callable[[], bool | None], *, recorded: bool = False) -> None:
        self._synchronised, self._recorded = synchronised, recorded
        self.certain = self.certain_at_start = False
        self.reference: Summary | None = None  # the first summary with a certain date, where earlier ones had none

    def begin(self) -> None:
        """Note the state of the clock at the session's start."""
        self.certain = self.certain_at_start = bool(self._synchronised())

    def check(self, summary: Summary) -> None:
        """Check the clock once more with a new summary, whose date follows the clock."""
        if not self.certain and self._synchronised():
            self.certain = True
            self.reference = None if self._recorded else summary

    def corrected(self, summary: Summary) -> Summary:
        """The summary with a certain date, where its ticks give one."""
        if self.reference is None or summary.kind is Kind.SESSION:
            return summary
        return replace(summary, started_at=date_of_tick(summary.started_tick_s, summary.started_at, self.reference))
