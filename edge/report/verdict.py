"""The first sentence of a report: what a session was like, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from edge.core.labels import Level
from edge.core.summaries import Summary

_THROUGHOUT: Final = 0.95
_MOSTLY: Final = 0.6  # below, the other levels together are no exception
_NAMED: Final = 0.15  # a level with less is not named
_NEARLY: Final = 0.035  # so near a tenth, "about" is truer than "more than"
_NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a summary comes to, before it is put into words.

    Attributes:
        level: The level of most of the readable time; None: it was mixed, or nothing was readable.
        tenths: How many of ten readable seconds had it; with `about` rounded, else rounded down.
        about: Whether the share is near that number of tenths.
        readable_tenths: In how many of ten seconds a face could be read, rounded; 0 only where there was none.
    """

    level: Level | None
    tenths: int
    about: bool
    readable_tenths: int

    @property
    def throughout(self) -> bool:
        """Whether the level was there nearly all the time."""
        return self.tenths == 10


def verdict(summary: Summary) -> Verdict:
    """Return what a summary comes to."""
    readable = summary.readable_share if summary.levels is not None else 0.0
    readable_tenths = max(1, round(10 * readable)) if readable > 0 else 0
    if not readable_tenths or summary.levels is None:
        return Verdict(None, 0, False, 0)
    name = max(summary.levels, key=summary.levels.__getitem__)
    share = summary.levels[name]
    if share < _MOSTLY or name not in tuple(Level):
        return Verdict(None, 0, False, readable_tenths)
    if share >= _THROUGHOUT:
        return Verdict(Level(name), 10, False, readable_tenths)
    tenths = round(10 * share)
    if abs(share - tenths / 10) <= _NEARLY:
        return Verdict(Level(name), tenths, True, readable_tenths)
    return Verdict(Level(name), int(10 * share), False, readable_tenths)


def sentence(summary: Summary) -> str:
    """Return the sentence, such as `Mostly expressive: more than seven of ten seconds.`"""
    found = verdict(summary)
    if not found.readable_tenths:
        return "No face could be read."
    if found.level is None:
        text = _mixed(summary.levels or {})
    elif found.throughout:
        text = f"{found.level.value.capitalize()} nearly all the time."
    else:
        amount = "about" if found.about else "more than"
        text = f"Mostly {found.level.value}: {amount} {_NUMBERS[found.tenths]} of ten seconds."
    if found.readable_tenths <= 5:
        text += f" A face could be read in only {_NUMBERS[found.readable_tenths]} of ten seconds."
    return text


def _mixed(levels: Mapping[str, float]) -> str:
    named = sorted(((share, name) for name, share in levels.items() if share >= _NAMED), reverse=True)
    parts = [f"{name} in about {_NUMBERS[min(round(10 * share), 10)]}" for share, name in named]
    parts[:1] = [f"{part} of ten seconds" for part in parts[:1]]
    return f"Mixed: {', '.join(parts)}."
