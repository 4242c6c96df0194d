"""`edge-models`: the networks of folders side by side."""

import json
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.cli.common.app import App
from edge.cli.common.options import settings_options

app = App()


class TableFormat(StrEnum):
    """How the table is printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


@app.command()
@settings_options("models")
def models(
    flags: dict[str, Any],
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[DIR]...", help="Folders of cards, in place of --models.", show_default=False),
    ] = None,
    format: Annotated[TableFormat, typer.Option("--format", help="How to print it.")] = TableFormat.TEXT,
) -> None:
    """List networks by their cards: what each reads, its size, accuracy in float and INT8, agreement and time."""
    from edge.config import load_config
    from edge.core.errors import UsageError
    from edge.vision.card import shipped_models
    from edge.vision.comparison import networks_of

    rows = []
    for folder in folders or [load_config(None, flags, os.environ).models or shipped_models()]:
        found = networks_of(folder)
        if not found:
            raise UsageError(f"{folder} holds no card.", fix="Give a folder of models, as edge-convert writes it.")
        rows += found
    if format is TableFormat.JSON:
        print(json.dumps(rows, indent=2))
        return
    from edge.report.figures import networks_markdown, networks_text

    if format is TableFormat.MARKDOWN:
        print(networks_markdown(rows), end="")
    else:
        networks_text(rows)


if __name__ == "__main__":
    app()
