"""`edge-mark`: mark the present moment in a running session; a segment begins there."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.cli.common.app import App
from edge.cli.common.options import settings_options

app = App()


@app.command()
@settings_options("journal")
def mark(
    flags: dict[str, Any],
    name: Annotated[str, typer.Argument(help="The name of the segment that begins now, such as Q2.")],
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="A TOML file with journal.")] = None,
) -> None:
    """Begin a segment in the session that edge-run records from a camera; the one before it ends.

    Exit codes: 0 done, 2 usage, 66 no such session, 78 bad configuration.
    """
    from edge.config import load_config
    from edge.journal.file.location import default_journal
    from edge.run.markers import send_mark

    send_mark(load_config(config, flags, os.environ).journal or default_journal(), name)


if __name__ == "__main__":
    app()
