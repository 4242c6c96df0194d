"""`edge-run`: watch a face, show what is read, keep the summaries."""

from pathlib import Path
from typing import Annotated, Any

import typer

from edge.cli.common.app import App
from edge.cli.common.options import settings_options
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
    from edge.cli.common.recording import record

    record(flags, recordings or [], config)


if __name__ == "__main__":
    app()
