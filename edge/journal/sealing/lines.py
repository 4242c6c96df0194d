"""Sealed JSON lines and sealed reports, opened again."""

import json
from collections.abc import Iterator
from itertools import chain
from typing import IO, Any

from edge.core.errors import BadConfiguration, NotAsSealed
from edge.core.summaries import Kind, Sealed, as_json, from_json, utc_date
from edge.journal.sealing.seal import AnotherKey, Broken, Keys, is_sealed, open_summary

_WRONG_KEY = BadConfiguration("The key opens nothing of it.", fix="Give the key to whose recipient it was sealed.")


def open_sealed(file: IO[bytes], keys: Keys) -> Iterator[str]:
    """Open a sealed report, or JSON lines of which some may be sealed.

    Args:
        file: The sealed report or the lines.
        keys: The keys to open them with.

    Yields:
        The report's text, or each line; one that is not sealed as it is.

    Raises:
        NotAsSealed: After the last line: some were changed, are missing or cannot be opened.
        BadConfiguration: Nothing can be opened, because it is sealed to other keys.
    """
    first = file.readline()
    if not is_sealed(first):
        yield from _lines(chain((first,), file), keys)
        return
    try:
        yield keys.open(first + file.read()).decode()
    except AnotherKey:
        raise _WRONG_KEY from None
    except (Broken, UnicodeDecodeError):
        raise NotAsSealed("It was changed since it was sealed, or ends too early.", fix="Use a copy.") from None


def _lines(lines: Iterator[bytes], keys: Keys) -> Iterator[str]:
    wrong: list[str] = []
    opened, others, last = False, 0, ("", 0)
    for number, line in enumerate(lines, start=1):
        try:
            values = json.loads(line)
            plain = "sealed" not in values
            summary = from_json(values) if plain else open_summary(_sealed(values), keys)
        except AnotherKey:
            others += 1
            wrong.append(f"line {number} is sealed to another key, or changed")
        except (Broken, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            wrong.append(f"line {number} is torn, or changed since it was sealed")
        else:
            opened = opened or not plain
            gone = summary.sequence - last[1] - 1 - summary.summaries_lost
            if summary.kind is Kind.WINDOW:
                if last[0] == summary.session and gone > 0:
                    wrong.append(f"{gone} windows before line {number} are missing")
                last = summary.session, summary.sequence
            yield json.dumps(as_json(summary)) + "\n"
    if others and others == len(wrong) and not opened:
        raise _WRONG_KEY
    if wrong:
        raise NotAsSealed(f"Not everything is as it was sealed: {'; '.join(wrong)}.", fix="Use a copy of it.")


def _sealed(values: dict[str, Any]) -> Sealed:
    return Sealed(**{**values, "kind": Kind(values["kind"]), "started_at": utc_date(values["started_at"])})
