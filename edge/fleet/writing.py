"""A fleet as text and as JSON."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Final, TextIO

from rich.console import Console

from edge.core.summaries import utc_text
from edge.fleet.booths import Booth, Fleet
from edge.journal.operation import DayOfWork
from edge.report.cells import duration
from edge.report.text_table import plain, print_table

_MAIN: Final = ("Booth", "Sessions", "Observed", "Readable")
_OMITTED_FIRST: Final = ("Starts", "Lost", "Throttled", "Oldest", "Clock", "Interrupted", "Newest", "Gaps")
_TEXTS: Final = ("Booth", "Day", "Clock", "Oldest", "Newest")


def write_text(fleet: Fleet, out: TextIO, now: datetime, *, terminal: bool) -> None:
    """Write a table of booths, one of their days, and a sentence for each concern.

    Args:
        fleet: The booths.
        out: A text file.
        now: The date to compare retention with (UTC).
        terminal: Whether to draw lines and fit the terminal's width.
    """
    console = Console(file=out, force_terminal=terminal, width=None if terminal else 400, highlight=False, emoji=False)
    if not fleet.booths:
        console.print("No journals yet.")
        return
    _table(console, [_booth_cells(booth) for booth in fleet.booths])
    worked = sorted(
        ((day, booth.name, work) for booth in fleet.booths for day, work in booth.days.items()), key=itemgetter(0, 1)
    )
    if worked:
        console.print()
        _table(console, [{"Day": day or "-", "Booth": name} | _work_cells(work) for day, name, work in worked])
    concerns = [(booth.name, concern) for booth in fleet.booths for concern in booth.concerns(now)]
    if concerns:
        console.print()
    for name, concern in concerns:
        console.print(plain(f"{name}: {concern}"), soft_wrap=True)


def write_json(fleet: Fleet, out: TextIO, now: datetime) -> None:
    """Write an object with `booths`, `unread` and `left_out`; times are seconds, dates UTC."""
    booths = [_booth_as_json(booth, now) for booth in fleet.booths]
    json.dump({"booths": booths, "unread": fleet.unread, "left_out": fleet.left_out}, out, indent=2)
    out.write("\n")


def _table(console: Console, rows: list[dict[str, str]]) -> None:
    print_table(console, rows, main=_MAIN, omitted_first=_OMITTED_FIRST, texts=_TEXTS)


def _booth_cells(booth: Booth) -> dict[str, str]:
    clock = {None: "unknown", True: "synchronised", False: "uncertain"}[booth.clock_synchronised]
    ends = {"Newest": _day(booth.newest), "Oldest": _day(booth.oldest), "Clock": clock}
    return {"Booth": booth.name} | _work_cells(booth.total) | ends


def _work_cells(work: DayOfWork) -> dict[str, str]:
    readable = "-" if work.readable_s is None or not work.observed_s else f"{work.readable_s / work.observed_s:.0%}"
    return {
        "Sessions": str(work.sessions),
        "Interrupted": str(work.interrupted),
        "Observed": duration(work.observed_s),
        "Readable": readable,
        "Gaps": duration(sum(work.gaps.values())),
        "Throttled": duration(work.throttled_s),
        "Lost": str(work.lost),
        "Starts": str(len(work.boots)),
    }


def _day(date: datetime | None) -> str:
    return "-" if date is None else f"{date:%Y-%m-%d}"


def _booth_as_json(booth: Booth, now: datetime) -> dict[str, Any]:
    service = booth.service
    return {
        "booth": booth.name,
        "oldest": None if booth.oldest is None else utc_text(booth.oldest, "seconds"),
        "newest": None if booth.newest is None else utc_text(booth.newest, "seconds"),
        "retention_days": None if booth.retention is None else booth.retention / timedelta(days=1),
        "overdue": booth.overdue(now),
        "clock_synchronised": booth.clock_synchronised,
        "notices": booth.notices,
        "service": None
        if service is None
        else {"state": service.state, "updated_at": service.updated_at, "restarts": service.restarts}
        | {"exit_code": service.exit_code},
        "total": _work_as_json(booth.total),
        "days": {day: _work_as_json(work) for day, work in sorted(booth.days.items())},
        "concerns": list(booth.concerns(now)),
    }


def _work_as_json(work: DayOfWork) -> Mapping[str, Any]:
    return {
        "sessions": work.sessions,
        "interrupted": work.interrupted,
        "uncertain_dates": work.uncertain,
        "observed_s": round(work.observed_s, 3),
        "readable_s": None if work.readable_s is None else round(work.readable_s, 3),
        "throttled_s": round(work.throttled_s, 3),
        "summaries_lost": work.lost,
        "gaps_s": {reason: round(gap_s, 3) for reason, gap_s in sorted(work.gaps.items())},
        "starts": len(work.boots),
    }
