"""What `edge-run` does once its options are known: a session of each recording, or of the one other source."""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

from edge import program
from edge.cli.common.terminal import Terminal
from edge.config import Config, load_config
from edge.core.errors import RecordingTruncated, SourceNotFound, UsageError
from edge.host.logs import logging_to_stderr
from edge.host.signals import stop_on_signals


def record(flags: dict[str, Any], recordings: Sequence[str], config: Path | None) -> None:
    """Record sessions until the last source ends or the process gets a signal.

    Args:
        flags: Settings by name; None stands for a flag that was not given.
        recordings: Files, each a session.
        config: A TOML file of settings, or None.

    Raises:
        EdgeError: What a user can correct, with its exit code.
        SystemExit: Of several recordings some were absent or cut short; each was reported.
    """
    each = [flags | {"source": name} for name in _alone(recordings, flags)] or [flags]
    runs = [load_config(config, one, os.environ) for one in each]
    with logging_to_stderr(runs[0].log_level), stop_on_signals() as stop:
        if len(runs) > 1:
            _run_each(runs, stop)
        else:
            _run(runs[0], stop)


def _run(settings: Config, stop: Event) -> None:
    terminal = Terminal(settings, stop)
    terminal.close(program.run(settings, stop, terminal))


def _run_each(runs: list[Config], stop: Event) -> None:
    """Run several; a recording that is absent or cut short does not keep the next ones from being read."""
    started, exit_code = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}", 0
    for number, settings in enumerate(runs, start=1):
        named = settings.session or settings.require_consent  # short recordings would begin in the same second
        try:
            _run(settings if named else settings.model_copy(update={"session": f"{started}-{number}"}), stop)
        except (RecordingTruncated, SourceNotFound) as error:
            print(f"Error: {error}", file=sys.stderr)
            exit_code = exit_code or error.exit_code
        if stop.is_set():
            break
    if exit_code:
        raise SystemExit(exit_code)


def _alone(recordings: Sequence[str], flags: dict[str, Any]) -> Sequence[str]:
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
