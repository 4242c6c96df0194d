"""How far a recording was read, or pictures were: `03:12 / 20:00  16 %  7.6x  2:10 left`."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Final, TextIO, TypeVar

QUIET_S: Final = 2.0  # what ends within this time shows no progress
_EVERY_S: Final = 0.125
_EVERY_IN_PIPE_S: Final = 1.0

One = TypeVar("One")


def recording_line(position_s: float, length_s: float, spent_s: float, from_s: float = 0.0) -> str:
    """Return position, share, speed and time left.

    Args:
        position_s: The media time that was reached, in seconds.
        length_s: Where it ends, in seconds of media time.
        spent_s: Real time since the start, in seconds, > 0.
        from_s: The media time at which it started, in seconds.
    """
    speed = (position_s - from_s) / spent_s
    share = min(position_s / length_s, 1.0) if length_s > 0 else 1.0
    return f"{clock(position_s)} / {clock(length_s)}  {share:.0%}".replace("%", " %") + _rest(
        f"{speed:.1f}x", length_s - position_s, speed
    )


def pictures_line(count: int, total: int, spent_s: float) -> str:
    """Return real time, count, share, speed and time left, as `00:12  1,200 / 3,589  33 %  98/s  0:24 left`.

    Args:
        count: Pictures that were read.
        total: All of them.
        spent_s: Real time since the start, in seconds, > 0.
    """
    speed = count / spent_s
    share = f"{count / total:.0%}".replace("%", " %")
    return f"{clock(spent_s)}  {count:,} / {total:,}  {share}" + _rest(f"{speed:.0f}/s", total - count, speed)


def clock(time_s: float) -> str:
    """Return seconds as `03:12`, or `1:03:12` from an hour on."""
    minutes, seconds = divmod(int(max(time_s, 0.0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def _rest(speed: str, left: float, left_a_second: float) -> str:
    if left_a_second <= 0:
        return f"  {speed}"
    time_left = clock(left / left_a_second + 0.5)
    return f"  {speed}  {time_left.removeprefix('0')} left"


def counted(
    pictures: Iterable[One], total: int, out: TextIO, tick_s: Callable[[], float] = time.monotonic
) -> Iterator[One]:
    """Yield pictures, and show how many there were: a terminal's line is replaced, elsewhere there are more.

    Nothing is shown in the first 2 s. A stream that cannot be written gets no more lines.

    Args:
        pictures: What is read.
        total: How many there are.
        out: Where the lines are written.
        tick_s: Monotonic seconds.
    """
    terminal, began_s = out.isatty(), tick_s()
    due_s, shown = began_s + QUIET_S, False
    for count, picture in enumerate(pictures):
        now_s = tick_s()
        if now_s >= due_s:
            line = pictures_line(count, total, now_s - began_s)
            try:
                out.write(f"\r{line}\x1b[K" if terminal else f"{line}\n")
                out.flush()
                due_s, shown = now_s + (_EVERY_S if terminal else _EVERY_IN_PIPE_S), True
            except OSError:
                due_s = float("inf")
        yield picture
    if shown and terminal:
        with suppress(OSError):
            out.write("\r\x1b[K")
            out.flush()
