"""The machine's temperature, and whether its processor is throttled."""

import logging
import re
import shutil
import subprocess
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

_PROCESSOR: Final = re.compile(r"cpu|soc|pkg|acpitz", re.IGNORECASE)  # zones that the analysis itself warms
_SLOWS_DOWN: Final = ("passive", "hot")  # the trip points at which a kernel slows the processor down
_USUAL_LIMIT_C: Final = 80.0  # where a Raspberry Pi's firmware begins to slow it down
_BELOW_CRITICAL_C: Final = 15.0
_HOT_C: Final = 5.0  # so near to the limit it is hot
_COOL_C: Final = 12.0  # so far below it is cool again

# Bits of the firmware's flags about this very moment: undervoltage, frequency capped, throttled, soft temperature
# limit; https://www.raspberrypi.com/documentation/computers/os.html#vcgencmd, get_throttled.
_NOW: Final = 0b1111


@dataclass(frozen=True, slots=True)
class Heat:
    """The temperature of the zone that is nearest to its limit, in degrees Celsius, where a zone is known."""

    temperature_c: float | None = None
    limit_c: float = _USUAL_LIMIT_C
    throttled: bool = False

    @property
    def hot(self) -> bool:
        """Whether the work should be reduced."""
        return self.throttled or (self.temperature_c is not None and self.temperature_c >= self.limit_c - _HOT_C)

    @property
    def cool(self) -> bool:
        """Whether the work may be increased again; between hot and cool it stays as it is."""
        return not self.throttled and (self.temperature_c is None or self.temperature_c < self.limit_c - _COOL_C)


class Thermometer:
    """Reads the kernel's thermal zones, and a Raspberry Pi's firmware where there is one.

    Args:
        root: Where sysfs is mounted.
        vcgencmd: The firmware's command, used where the kernel does not publish its flags; None where there is none.
    """

    def __init__(self, root: Path = Path("/sys"), vcgencmd: str | None = shutil.which("vcgencmd")) -> None:
        self._zones = [
            (zone / "temp", _limit_c(zone))
            for zone in sorted((root / "class" / "thermal").glob("thermal_zone*"))
            if _PROCESSOR.search(_text(zone / "type"))
        ]
        self._firmware = root / "devices" / "platform" / "soc" / "soc:firmware" / "get_throttled"
        self._vcgencmd = vcgencmd

    def __call__(self) -> Heat:
        """Return the present heat."""
        nearest, throttled = Heat(), self._throttled()
        headroom_c = inf
        for file, limit_c in self._zones:
            temperature_c = _degrees(file)
            if temperature_c is not None and limit_c - temperature_c < headroom_c:
                headroom_c = limit_c - temperature_c
                nearest = Heat(temperature_c, limit_c)
        return Heat(nearest.temperature_c, nearest.limit_c, throttled)

    def _throttled(self) -> bool:
        flags = _text(self._firmware)
        if not flags and self._vcgencmd is not None:
            flags = self._flags_by(self._vcgencmd)
        try:
            return bool(int(flags.rpartition("=")[2], 16) & _NOW)
        except ValueError:
            return False

    def _flags_by(self, vcgencmd: str) -> str:
        try:
            done = subprocess.run([vcgencmd, "get_throttled"], capture_output=True, text=True, timeout=1, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            log.debug("vcgencmd does not work and is not run again: %s", error)
            self._vcgencmd = None
            return ""
        return done.stdout.strip()


def _limit_c(zone: Path) -> float:
    """Where a zone's processor is slowed down: its lowest such trip point, or well below where it is switched off."""
    limits = []
    for kind in zone.glob("trip_point_*_type"):
        trip_c = _degrees(kind.with_name(kind.name.replace("_type", "_temp")))
        if trip_c is not None and trip_c > 0:  # 0 and below: not set
            if _text(kind) in _SLOWS_DOWN:
                limits.append(trip_c)
            elif _text(kind) == "critical":
                limits.append(min(trip_c - _BELOW_CRITICAL_C, _USUAL_LIMIT_C))
    return min(limits, default=_USUAL_LIMIT_C)


def _degrees(file: Path) -> float | None:
    """A file of thousandths of a degree Celsius."""
    try:
        return int(_text(file)) / 1000
    except ValueError:
        return None


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
