"""`edge-data`: what a data set holds, and the class maps that others' data sets are read with."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.common.app import App
from edge.cli.common.formats import TextOrJson

app = App()
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Neither read nor write the faces of clips that are kept for a week.")
]


@app.callback()
def data() -> None:
    """Look into the data that networks are trained on."""


@app.command()
def describe(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="DATA", help="FER-2013 in any form, class folders, a folder with labels.toml, RecruitView."
        ),
    ],
    plots: Annotated[Path | None, typer.Option(metavar="DIR", help="Draw it too, as PNG files in this folder.")] = None,
    detect: Annotated[
        bool, typer.Option("--detect", help="Count the crops in which the runtime's detector finds no face; minutes.")
    ] = False,
    no_cache: NoCache = False,
    format: Annotated[TextOrJson, typer.Option("--format", help="How to print it.")] = TextOrJson.TEXT,
) -> None:
    """Count classes, scores, duplicates within and between splits, and pictures without a face."""
    from models.datasets import crop_cache
    from models.datasets.description.describe import describe as look
    from models.files import refuse_unwritable

    if plots is not None:
        refuse_unwritable(plots)
    with crop_cache.switched(on=not no_cache):
        described = look(path, detect=detect, progress=_progress)
    if plots is not None:
        from models.datasets.description.drawing import draw

        plots.mkdir(parents=True, exist_ok=True)
        for drawn in draw(described, plots):
            typer.echo(f"Drew {drawn}.", err=True)
    if format is TextOrJson.JSON:
        print(json.dumps(described.as_json(), indent=2))
    else:
        from models.datasets.description.tables import print_description

        print_description(described)


@app.command("map")
def class_map(name: Annotated[str, typer.Argument(help="raf-db, affectnet, mma or dfew.")]) -> None:
    """Print a class map that came with the installation, to be kept as labels.toml beside the data."""
    from models.datasets.class_map import shipped_map

    print(shipped_map(name), end="")


@app.command()
def synthesise(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write.")],
    people: Annotated[int, typer.Option(min=1, max=1000, help="How many people.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Another one gives other recordings.")] = 0,
) -> None:
    """Write recordings by a known rule, for trials of the networks over time; they say nothing about stress."""
    from models.files import refuse_unwritable
    from models.sequences.rule import Trial, synthesise

    refuse_unwritable(out)
    synthesise(out, Trial(people=people, seed=seed))
    typer.echo(f"Wrote {people} people to {out}.")


def _progress(items: Iterable[int], what: str, count: int) -> Iterable[int]:
    """Show how far something that takes long has come, on standard error where that is a terminal."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(items, what, count, console=console, disable=not console.is_terminal, transient=True)


if __name__ == "__main__":
    app()
