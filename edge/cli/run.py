"""`edge-run`: watch a face, show what is read, keep the summaries."""

import os
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli.common.app import App
from edge.cli.common.options import settings_options
from edge.core.errors import RecordingTruncated, SourceNotFound, UsageError
from edge.vision.quiet import mute_native_libraries

if TYPE_CHECKING:
    from edge.config import Config

app = App()


@app.command()
@settings_options()
def run(
    flags: dict[str, Any],
    recordings: Annotated[
        list[str] | None, typer.Argument(metavar="FILE", help="Recordings, each a session.", show_default=False)
    ] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="A TOML file with any of these settings.")] = None,
) -> None:
    """Watch a face and keep summaries of how expressive it was; pictures are forgotten at once.

    Exit codes: 0 done, 2 usage, 65 the recording is cut short, 66 no such source, 69 camera unavailable, 74 cannot
    write, 77 no consent, 78 bad configuration or model.
    """
    mute_native_libraries()
    from edge.config import load_config
    from edge.host.logs import logging_to_stderr
    from edge.host.signals import stop_on_signals

    each = [flags | {"source": name} for name in _alone(recordings or [], flags)] or [flags]
    runs = [load_config(config, one, os.environ) for one in each]
    with logging_to_stderr(runs[0].log_level), stop_on_signals() as stop:
        if len(runs) > 1:
            _run_each(runs, stop)
        else:
            _run(runs[0], stop)


def _run(settings: "Config", stop: Event) -> None:
    from edge import program
    from edge.cli.common.terminal import Terminal

    terminal = Terminal(settings, stop)
    terminal.close(program.run(settings, stop, terminal))


def _run_each(runs: list["Config"], stop: Event) -> None:
    """Run several; a recording that is absent or cut short does not keep the next ones from being read.

    Raises:
        typer.Exit: Some were absent or cut short; each was reported.
    """
    started, exit_code = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}", 0
    for number, settings in enumerate(runs, start=1):
        named = settings.session or settings.require_consent  # short recordings would begin in the same second
        try:
            _run(settings if named else settings.model_copy(update={"session": f"{started}-{number}"}), stop)
        except (RecordingTruncated, SourceNotFound) as error:
            typer.echo(f"Error: {error}", err=True)
            exit_code = exit_code or error.exit_code
        if stop.is_set():
            break
    if exit_code:
        raise typer.Exit(exit_code)


def _alone(recordings: list[str], flags: dict[str, Any]) -> list[str]:
    """The recordings.

    Raises:
        UsageError: Another source, or one name for several sessions, is given beside them.
    """
    if recordings and (flags["camera"] or flags["source"]):
        raise UsageError(f"{recordings[0]} and another source are given.", fix="Leave one of them out.")
    if len(recordings) > 1 and flags["session"]:
        raise UsageError("One name cannot be that of several sessions.", fix="Leave out --session.")
    if len(recordings) > 1 and flags["recorded_at"]:
        raise UsageError("One date cannot be that of several recordings.", fix="Leave out --recorded-at.")
    return recordings


if __name__ == "__main__":
    app()
