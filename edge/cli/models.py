"""`edge-models`: the networks of a folder side by side."""

import json
import os
from typing import Annotated, Any

import typer

from edge.cli.common.app import App
from edge.cli.common.formats import TextOrJson
from edge.cli.common.options import settings_options

app = App()


@app.command()
@settings_options("models")
def models(
    flags: dict[str, Any],
    format: Annotated[TextOrJson, typer.Option("--format", help="How to print it.")] = TextOrJson.TEXT,
) -> None:
    """List networks by their cards: what each reads, its size, accuracy in float and INT8, agreement and time."""
    from edge.config import load_config
    from edge.core.errors import UsageError
    from edge.vision.card import shipped_models
    from edge.vision.comparison import networks_of

    folder = load_config(None, flags, os.environ).models or shipped_models()
    rows = networks_of(folder)
    if not rows:
        raise UsageError(f"{folder} holds no card.", fix="Give a folder of models, as edge-convert writes it.")
    if format is TextOrJson.JSON:
        print(json.dumps(rows, indent=2))
    else:
        from edge.report.figures import networks_text

        networks_text(rows)


if __name__ == "__main__":
    app()
