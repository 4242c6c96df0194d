"""One summary of a session from those of its windows."""

from collections.abc import Iterable
from dataclasses import replace

from edge.core.summaries import Kind, Summary
from edge.core.windowing.tally import Tally


def merge(windows: Iterable[Summary]) -> Summary:
    """Return a session's summary from those of its windows, weighted by time.

    The figures equal those of `Windows.finish`, up to rounding, for the windows that are given. `started_at` is the
    first window's: where the clock was set during the session, `Windows.finish` knows a later, corrected date.

    Args:
        windows: In order; at least one.

    Raises:
        ValueError: There is no window.
    """
    tally, first, last, count, lost, length_s = Tally(), None, None, 0, 0, 0.0
    for window in windows:
        first, last = first or window, window
        tally.absorb(window)
        count += 1
        lost += window.summaries_lost
        length_s += window.length_s
    if first is None or last is None:
        raise ValueError("there is no window to merge")
    ticks_s = first.started_tick_s, last.ended_tick_s
    whole = tally.summary(Kind.SESSION, first.session, count, first.started_at, length_s, ticks_s)
    return replace(whole, summaries_lost=lost)
