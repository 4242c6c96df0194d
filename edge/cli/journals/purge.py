"""`edge-purge`: delete summaries by age or by session, and verify that their bytes are gone."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli.common.app import App
from edge.cli.common.options import settings_options

if TYPE_CHECKING:
    from edge.journal.deletion import Deleted

app = App()


@app.command()
@settings_options("journal", "jsonl")
def purge(
    flags: dict[str, Any],
    before: Annotated[
        str | None,
        typer.Option(metavar="DATE|DAYS", help="What ended before 2026-03-01 (UTC), or more than 30 days ago."),
    ] = None,
    session: Annotated[str | None, typer.Option(metavar="ID", help="Only sessions of this name.")] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A TOML file with journal, jsonl and retention_days.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be deleted, and delete nothing.")] = False,
) -> None:
    """Delete summaries for good, also while edge-run writes the journal.

    Days are counted back from now, which needs a synchronised clock; a date does not. Without --before and --session
    the file of --config says with retention_days how many. A session that is named without a date goes from the JSON
    lines of --jsonl or --config too. Exit codes: 0 done, 2 usage, 66 no such journal or session,
    74 not deleted, 78 bad configuration.
    """
    from edge.config import load_config
    from edge.core.choices.retention_clock import RetentionClock
    from edge.core.errors import UsageError
    from edge.core.sessions import valid_session
    from edge.host.boot import clock_synchronised
    from edge.host.clocks import SystemClock
    from edge.journal.deletion import delete_by_hand, delete_by_uptime
    from edge.journal.file.location import default_journal
    from edge.journal.file.opening import refuse_other_file

    settings = load_config(config, flags, os.environ)
    name = None if session is None else valid_session(session)
    path = settings.journal or default_journal()
    given = before
    if given is None and name is None and settings.retention_days is not None:
        given = str(settings.retention_days)
        if settings.retention_clock is RetentionClock.UPTIME and not clock_synchronised():
            refuse_other_file(path)
            kept = timedelta(days=settings.retention_days)
            _report(path, delete_by_uptime(path, kept, SystemClock().tick_s(), dry_run=dry_run), dry_run=dry_run)
            return
    limit, now = (None, None) if given is None else _moment(given)
    if limit is None and name is None:
        raise UsageError("Nothing to delete was named.", fix="Give --before 30, --before 2026-03-01 or --session ID.")
    refuse_other_file(path)
    lines = None if settings.jsonl in (None, "-") else Path(settings.jsonl or "")
    deleted = delete_by_hand(path, before=limit, session=name, now=now, lines=lines, dry_run=dry_run)
    _report(path, deleted, dry_run=dry_run)


def _report(path: Path, deleted: "Deleted", *, dry_run: bool) -> None:
    from edge.report.text import purged_text

    print(
        purged_text(
            path,
            sessions=deleted.sessions,
            summaries=deleted.summaries,
            json_lines=deleted.lines,
            files=deleted.files,
            dry_run=dry_run,
        )
    )


def _moment(given: str) -> tuple[datetime, datetime | None]:
    """A moment in UTC: a date, a date and time, or so many days ago; then also the moment they are counted from."""
    from edge.core.errors import CannotWrite, UsageError
    from edge.core.summaries import utc_moment
    from edge.host.boot import clock_synchronised

    wrong = UsageError(f"--before {given[:40]} is neither a date nor a number of days.", fix="Give 2026-03-01 or 30.")
    try:
        days = float(given)
    except ValueError:
        try:
            return utc_moment(given), None
        except ValueError:
            raise wrong from None
    if not 0 < days <= 36_500:
        raise wrong
    if not clock_synchronised():
        raise CannotWrite(
            "The clock is not synchronised, so the age of the summaries is not known.",
            fix="Name a date: --before 2026-03-01.",
        )
    now = datetime.now(UTC)
    return now - timedelta(days=days), now


if __name__ == "__main__":
    app()
