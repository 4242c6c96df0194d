"""`edge-bench`: how fast every stage is on this machine."""

import json
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.error_boundary import error_boundary
from edge.cli.formats import TextOrJson
from edge.core.purpose import Purpose
from edge.vision.classifier import Backend

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def bench(
    source: Annotated[str | None, typer.Option(metavar="PATH|URL|demo:fast", help="What to read.")] = None,
    camera: Annotated[str | None, typer.Option(metavar="0|pi", help="A camera instead.")] = None,
    frames: Annotated[int, typer.Option(min=20, help="How many frames to time.")] = 500,
    models: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the models.  [default: those shipped]")
    ] = None,
    backend: Annotated[Backend, typer.Option(help="Interpreter of the models.")] = Backend.AUTO,
    threads: Annotated[int, typer.Option(metavar="N", help="Threads of each interpreter.")] = 1,
    max_fps: Annotated[
        float | None, typer.Option(metavar="N", help="Measure the processor's share at this rate too.")
    ] = None,
    purpose: Annotated[
        Purpose, typer.Option(help="As edge-run's: for assessment without emotions.")
    ] = Purpose.PRACTICE,
    format: Annotated[TextOrJson, typer.Option("--format", help="How to print it.")] = TextOrJson.TEXT,
) -> None:
    """Time decoding, detection, crop, each network and the whole loop; and the start and memory of a whole run."""
    with error_boundary():
        from edge.checks.bench import bench as measure
        from edge.config import load_config
        from edge.run.assemble import chosen_source
        from edge.run.confine import confine

        flags = {
            "source": source,
            "camera": camera,
            "models": models,
            "backend": backend,
            "threads": threads,
            "max_fps": max_fps,
            "purpose": purpose,
        }
        settings = load_config(None, flags)
        confine(chosen_source(settings))
        figures = measure(settings, frames).as_json()
        if format is TextOrJson.JSON:
            print(json.dumps(figures, indent=2))
        else:
            from edge.report.figures import bench_text

            bench_text(figures)


if __name__ == "__main__":
    app()
