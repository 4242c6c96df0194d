"""`edge-analyze`: read many recordings into one journal and tidy tables, several at once."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.cli.common.app import App
from edge.cli.common.options import settings_options
from edge.config import Group, named_settings
from edge.vision.quiet import mute_native_libraries

app = App()

_SETTINGS = (
    *("duration", "start", "max_fps", "recorded_at", "participant", "question", "window", "baseline", "purpose"),
    *("insights", "segments", "dialect", *named_settings(Group.READING, Group.MODELS)),
)


class Form(StrEnum):
    """The format of tables."""

    CSV = "csv"
    PARQUET = "parquet"


@app.command()
@settings_options(*_SETTINGS)
def analyze(
    flags: dict[str, Any],
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Recordings, folders, patterns, or lists (CSV).")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the journal and the tables.")],
    jobs: Annotated[
        int, typer.Option(metavar="N", min=1, max=256, help="Recordings read at once; by default one a core.")
    ] = os.cpu_count() or 1,
    format: Annotated[Form, typer.Option(help="Of the tables.")] = Form.CSV,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Read on the workers of this Dask scheduler, as tcp://10.0.0.1:8786."),
    ] = None,
    hangs: Annotated[
        float,
        typer.Option(
            "--hangs-after", metavar="S", min=1, help="Seconds without progress that end a process or worker."
        ),
    ] = 300.0,
    frames: Annotated[bool, typer.Option("--frames", help="A table of every frame's figures too.")] = False,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="A TOML file of settings.")] = None,
) -> None:
    """Read recordings, each a session of DIR/journal.sqlite, and write DIR/sessions.csv and DIR/windows.csv.

    Started again it goes on: what was read with the same settings and models is not read twice. A list is a CSV file
    with columns path, participant, question, segment, start, end. Exit codes: 0 done, 2 usage, 65 some recordings could
    not be read, or not wholly, 66 no such path, 74 cannot write, 78 bad configuration, 130 stopped.
    """
    mute_native_libraries()
    from edge.analysis.analysis import JOURNAL, PARTS, run_analysis
    from edge.analysis.cluster.client import Cluster
    from edge.analysis.jobs import found_jobs
    from edge.analysis.pool import Processes
    from edge.config import load_config
    from edge.host.logs import logging_to_stderr
    from edge.host.signals import stop_on_signals

    settings = load_config(config, flags, os.environ)
    found = found_jobs(paths, settings)
    with logging_to_stderr(settings.log_level), stop_on_signals() as stop:
        executor = Cluster(scheduler, hangs) if scheduler else Processes(jobs, out / PARTS, hangs)
        result = run_analysis(
            found, settings, out, executor=executor, form=f".{format.value}", frames=frames, stop=stop
        )
    before = f", {result.before:,} were read before" if result.before else ""
    print(f"{result.done:,} of {len(found):,} recordings were read{before}: edge-report {out / JOURNAL} shows them.")
    for name, note in result.notes:
        print(f"{name}: {note}", file=sys.stderr)
    for name, why in result.bad:
        print(f"Not read, or not wholly: {name}: {why}", file=sys.stderr)
    if result.stopped:
        print("Stopped. The same command goes on.", file=sys.stderr)
        raise typer.Exit(130)
    if result.bad:
        raise typer.Exit(65)


if __name__ == "__main__":
    app()
