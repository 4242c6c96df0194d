"""`edge-run`: watch a face, show what is read, keep the summaries."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.cli.common.app import App
from edge.cli.common.error_boundary import error_boundary
from edge.cli.common.options import settings_options
from edge.core.errors import UsageError
from edge.vision.quiet import mute_native_libraries

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
    with error_boundary():
        from edge import program
        from edge.cli.common.terminal import Terminal
        from edge.config import load_config
        from edge.host.logs import logging_to_stderr
        from edge.host.signals import stop_on_signals

        each = [flags | {"source": name} for name in _alone(recordings or [], flags)] or [flags]
        runs = [load_config(config, one, os.environ) for one in each]
        with logging_to_stderr(runs[0].log_level), stop_on_signals() as stop:
            for settings in runs:
                terminal = Terminal(settings, stop)
                terminal.close(program.run(settings, stop, terminal))
                if stop.is_set():
                    break


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
