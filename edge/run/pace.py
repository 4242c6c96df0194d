"""The pace of a session: how many frames a second it reads, less while the machine is hot or the work is slow."""

import logging
from collections.abc import Callable
from typing import Final

from edge.host.thermal import Heat

log = logging.getLogger(__name__)

_STEPS: Final = (1.0, 5 / 6, 2 / 3, 1 / 2, 1 / 3, 1 / 4, 1 / 6, 1 / 10)  # of the full rate
_USUAL_FPS: Final = 30.0  # the full rate where no limit is set
_EVERY_S: Final = 5.0  # between two looks at heat and work
_CALM_S: Final = 30.0  # so long it must be cool and quick before a step back
_QUICK: Final = 0.8  # of a frame's slot; work that takes longer than the slot itself is slow
_NEWEST: Final = 0.1  # weight of the newest frame in the mean


class Pace:
    """Bounds the frame rate.

    With `measure` the rate is lowered by one step while the machine is hot, and by as many as are needed until a
    frame's work fits between two frames. It is raised again, a step at a time, after 30 s in which neither was so.

    Args:
        most_fps: Most frames per second; None for as many as arrive.
        measure: Reads the machine's temperature; None for a rate that does not change.
    """

    def __init__(self, most_fps: float | None = None, measure: Callable[[], Heat] | None = None) -> None:
        self._most_fps, self._measure = most_fps, measure
        self._step = 0
        self._work_s: float | None = None  # mean over the last frames
        self._next_s: float | None = None
        self._calm_since_s: float | None = None
        self._set()

    @property
    def every_s(self) -> float | None:
        """Least seconds from one frame to the next; None without a limit."""
        return self._every_s

    @property
    def rate_fps(self) -> float | None:
        """Most frames per second at present; None without a limit."""
        return self._rate_fps

    @property
    def slowed(self) -> bool:
        """Whether the rate is lowered at present."""
        return self._step > 0

    def worked(self, work_s: float, tick_s: float) -> None:
        """Take the work of one frame into account.

        Args:
            work_s: Seconds that it took.
            tick_s: When it ended, in seconds on a monotonic clock.
        """
        if self._measure is None:
            return
        self._work_s = work_s if self._work_s is None else self._work_s + _NEWEST * (work_s - self._work_s)
        if self._next_s is None:
            self._next_s = tick_s + _EVERY_S
        elif tick_s >= self._next_s:
            self._next_s = tick_s + _EVERY_S
            self._adapt(self._measure(), self._work_s, tick_s)

    def _adapt(self, heat: Heat, work_s: float, tick_s: float) -> None:
        step = self._step + heat.hot
        while step < len(_STEPS) and work_s * self._full_fps * _STEPS[step] > 1:
            step += 1
        step = min(step, len(_STEPS) - 1)
        if step > self._step:
            reason = _heat_reason(heat) if heat.hot else f"a frame takes {work_s * 1000:.0f} ms"
            self._step, self._calm_since_s = step, None
            self._set()
            log.warning("Reading at most %.3g frames a second: %s.", self._rate_fps, reason)
        elif self._step and heat.cool and work_s * self._full_fps * _STEPS[self._step - 1] < _QUICK:
            self._calm_since_s = tick_s if self._calm_since_s is None else self._calm_since_s
            if tick_s - self._calm_since_s >= _CALM_S:
                self._step, self._calm_since_s = self._step - 1, tick_s
                self._set()
                log.info("Reading at most %s frames a second again.", self._rate_fps or "all")
        else:
            self._calm_since_s = None

    def _set(self) -> None:
        """Apply the chosen step."""
        self._full_fps = self._most_fps or _USUAL_FPS
        unbounded = self._most_fps is None and not self._step
        self._rate_fps = None if unbounded else self._full_fps * _STEPS[self._step]
        self._every_s = None if self._rate_fps is None else 1 / self._rate_fps


def _heat_reason(heat: Heat) -> str:
    if heat.throttled:
        return "the firmware slows the processor down"
    return f"the processor has {heat.temperature_c:.0f} °C, and is slowed down at {heat.limit_c:.0f}"
