"""`edge-bench`: how fast every stage is on this machine."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.cli.common.app import App
from edge.cli.common.formats import TextOrJson
from edge.cli.common.options import settings_options
from edge.core.errors import NoConsent

app = App()


@app.command()
@settings_options("source", "camera", "models", "backend", "detector_runtime", "threads", "max_fps", "purpose")
def bench(
    flags: dict[str, Any],
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="A TOML file with settings of edge-run.")] = None,
    frames: Annotated[int, typer.Option(min=20, help="How many frames to time.")] = 500,
    format: Annotated[TextOrJson, typer.Option("--format", help="How to print it.")] = TextOrJson.TEXT,
) -> None:
    """Time decoding, detecting, reading, each network and the whole loop; and the start and memory of a whole run.

    Without --source and --camera the demo is read. With --max-fps the share of a core at that rate is measured too.
    """
    from edge.checks.bench import bench as measure
    from edge.config import load_config
    from edge.run.assemble import chosen_source
    from edge.run.confine import confine

    settings = load_config(config, flags, os.environ)
    if settings.camera is None and settings.source is None:
        settings = settings.model_copy(update={"source": "demo:fast"})
    source = chosen_source(settings)
    if settings.require_consent and source.live:
        raise NoConsent(
            "A measurement is no session to which a person could consent, and the settings require consent.",
            fix="Measure with --source demo, or with a recording.",
        )
    confine(source, promised=settings.require_consent)
    figures = measure(settings, frames).as_json()
    if format is TextOrJson.JSON:
        print(json.dumps(figures, indent=2))
    else:
        from edge.report.figures import bench_text

        bench_text(figures)


if __name__ == "__main__":
    app()
