"""Values of settings as a person writes them: durations, dates, lists of one."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

_UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def as_seconds(value: Any) -> Any:
    """Return `90`, `10m`, `1:30` and `1:02:03` as seconds; what is no text as it is.

    Raises:
        ValueError: The text is no duration.
    """
    if not isinstance(value, str):
        return value
    text = value.strip().lower()
    try:
        if ":" in text:
            hours, minutes, seconds = [0.0, 0.0, *map(float, text.split(":"))][-3:]
            return 3600 * hours + 60 * minutes + seconds
        return float(text[:-1]) * _UNITS_S[text[-1]] if text[-1:] in _UNITS_S else float(text)
    except ValueError:
        raise ValueError(f"{value[:20]!a} is no duration; write 90, 10m or 1:30") from None


def as_utc(value: Any) -> Any:
    """`2026-03-01`, `2026-03-01 09:30` and `2026-03-01T09:30:00+01:00` as a date; UTC where no zone is named."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(f"{value[:30]!a} is no date; write 2026-03-01 09:30, UTC") from None
    elif isinstance(value, date) and not isinstance(value, datetime):  # of TOML
        value = datetime(value.year, value.month, value.day)
    if not isinstance(value, datetime):
        raise ValueError("it is no date; write 2026-03-01 09:30, UTC")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def number_as_text(value: Any) -> Any:
    """`camera = 0` in TOML means what `--camera 0` means."""
    return str(value) if type(value) is int else value


def as_list(value: Any) -> Any:
    """`seal_to = "age1..."` means a list of one."""
    return [value] if isinstance(value, str) else value


Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, BeforeValidator(as_seconds), Field(gt=0, le=366 * 86_400)]
Label = Annotated[str, Field(min_length=1, max_length=100)]
