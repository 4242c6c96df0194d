"""One summary of a session from those of its windows."""

from collections.abc import Iterable
from dataclasses import replace

from edge.core.summaries import Kind, Summary
from edge.core.windowing.baseline import Baseline
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
    tally, first, last, baseline, count, lost, length_s = Tally(), None, None, None, 0, 0, 0.0
    for window in windows:
        first, last = first or window, window
        tally.absorb(window)
        baseline = _baseline_of(window) or baseline
        count += 1
        lost += window.summaries_lost
        length_s += window.length_s
    if first is None or last is None:
        raise ValueError("there is no window to merge")
    ticks_s = first.started_tick_s, last.ended_tick_s
    whole = tally.summary(Kind.SESSION, first.session, count, first.started_at, length_s, ticks_s, baseline)
    return replace(whole, summaries_lost=lost)


def _baseline_of(window: Summary) -> Baseline | None:
    """The baseline that a window was compared with; it is the same for all windows of a session."""
    if window.score_change is None or window.score_mean is None:
        return None
    means, changes = window.emotion_means, window.emotion_changes
    emotions = None if means is None or changes is None else tuple(means[each] - changes[each] for each in means)
    return Baseline(window.score_mean - window.score_change, emotions)
