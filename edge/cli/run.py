"""`edge-run`: watch a face, show what is read, keep the summaries."""

from pathlib import Path
from typing import Annotated, Any

import typer

from edge.cli.error_boundary import error_boundary
from edge.cli.options import settings_options
from edge.vision.quiet import mute_native_libraries

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
@settings_options()
def run(
    flags: dict[str, Any],
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="A TOML file with any of these settings.")] = None,
) -> None:
    """Watch a face and keep summaries of how expressive it was; pictures are forgotten at once.

    Exit codes: 0 done, 2 usage, 65 the recording is cut short, 66 no such source, 69 camera unavailable, 74 cannot
    write, 77 no consent, 78 bad configuration or model.
    """
    mute_native_libraries()
    with error_boundary():
        from edge import program
        from edge.cli.terminal import Terminal
        from edge.config import load_config
        from edge.host.logs import logging_to_stderr
        from edge.host.signals import stop_on_signals

        settings = load_config(config, flags)
        with logging_to_stderr(settings.log_level), stop_on_signals() as stop:
            terminal = Terminal(settings, stop)
            result = program.run(settings, stop, terminal)
        terminal.close(result)


if __name__ == "__main__":
    app()
