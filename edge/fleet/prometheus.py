"""A fleet in Prometheus' text format, for the textfile collector of its node exporter.

Everything is a gauge: retention takes away what was counted, and a counter never falls. Times are seconds.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, TextIO

from edge.fleet.booths import Booth, Fleet

_HELP: Final = {
    "edge_sessions": "Sessions of the days that count.",
    "edge_interrupted_sessions": "Sessions whose program was killed, or whose machine lost power.",
    "edge_observed_seconds": "Time that windows cover.",
    "edge_readable_seconds": "Time in which a face could be read.",
    "edge_gap_seconds": "Time without frames, by reason.",
    "edge_throttled_seconds": "Time with fewer frames than the settings allow.",
    "edge_lost_summaries": "Summaries that could not be kept.",
    "edge_machine_starts": "Starts of the machine with at least one session.",
    "edge_service_restarts": "Starts in a row after runs that were killed or failed.",
    "edge_service_failed": "Whether the last run ended with an error.",
    "edge_clock_synchronised": "Whether the dates of the last session are certain.",
    "edge_journal_notices": "Events of the journal itself, such as damage.",
    "edge_oldest_row_timestamp_seconds": "When the oldest summary was kept.",
    "edge_newest_row_timestamp_seconds": "When the newest summary was kept.",
    "edge_retention_seconds": "For how long summaries are kept.",
    "edge_retention_overdue": "Whether a summary is there that should have been deleted a day ago.",
}


def write_prometheus(fleet: Fleet, out: TextIO, now: datetime) -> None:
    """Write each figure with its help, and a sample for each booth; what is unknown has none.

    Args:
        fleet: The booths.
        out: A text file.
        now: The date to compare retention with (UTC).
    """
    samples: dict[str, list[str]] = {name: [] for name in _HELP}
    for booth in fleet.booths:
        for name, labels, value in _samples(booth, now):
            if value is not None:
                samples[name].append(f"{name}{_labels({'booth': booth.name, **labels})} {float(value):.15g}\n")
    for name, lines in samples.items():
        if lines:
            out.write(f"# HELP {name} {_HELP[name]}\n# TYPE {name} gauge\n{''.join(lines)}")
    unread = "edge_unread_journals"
    out.write(
        f"# HELP {unread} Journals that could not be read.\n# TYPE {unread} gauge\n{unread} {len(fleet.unread)}\n"
    )


def _samples(booth: Booth, now: datetime) -> Iterator[tuple[str, Mapping[str, str], float | None]]:
    total, service = booth.total, booth.service
    yield "edge_sessions", {}, total.sessions
    yield "edge_interrupted_sessions", {}, total.interrupted
    yield "edge_observed_seconds", {}, total.observed_s
    yield "edge_readable_seconds", {}, total.readable_s
    for reason, gap_s in sorted(total.gaps.items()):
        yield "edge_gap_seconds", {"reason": reason}, gap_s
    yield "edge_throttled_seconds", {}, total.throttled_s
    yield "edge_lost_summaries", {}, total.lost
    yield "edge_machine_starts", {}, len(total.boots)
    yield "edge_service_restarts", {}, None if service is None else service.restarts
    yield "edge_service_failed", {}, None if service is None else bool(service.exit_code)
    yield "edge_clock_synchronised", {}, booth.clock_synchronised
    yield "edge_journal_notices", {}, booth.notices
    yield "edge_oldest_row_timestamp_seconds", {}, None if booth.oldest is None else booth.oldest.timestamp()
    yield "edge_newest_row_timestamp_seconds", {}, None if booth.newest is None else booth.newest.timestamp()
    yield "edge_retention_seconds", {}, None if booth.retention is None else booth.retention.total_seconds()
    yield "edge_retention_overdue", {}, None if booth.retention is None else booth.overdue(now)


def _labels(labels: Mapping[str, str]) -> str:
    """Labels in braces; backslash, quotes and line ends are escaped as the format says."""
    escaped = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
    return "{" + ",".join(f'{name}="{text.translate(escaped)}"' for name, text in labels.items()) + "}"
