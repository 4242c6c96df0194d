"""`edge-extract`: the landmark features of a data set's faces, for networks that read no pixels."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.common.app import App
from edge.vision.quiet import mute_native_libraries

app = App()


@app.command()
def extract(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="Labelled faces, of any form in docs/data.md.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The .npz or .parquet file to write, for you alone.")],
    processes: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="How many work at once.  [default: one a core]", show_default=False),
    ] = None,
) -> None:
    """Find the mesh of every face and write its points as features; a stopped run goes on where it was."""
    mute_native_libraries()
    from edge.core.errors import UsageError
    from models.files import refuse_unwritable
    from models.landmarks.extraction import extract as run

    if out.suffix not in (".npz", ".parquet"):
        raise UsageError(f"{out} is neither .npz nor .parquet.", fix="Give a name that ends in one of them.")
    refuse_unwritable(out.parent)
    cores = len(os.sched_getaffinity(0))
    for name, found in run(data, out, processes=processes or cores, progress=_progress).items():
        typer.echo(
            f"{name}: {found.with_mesh:,} of {found.faces:,} faces have a mesh; {found.faces - found.with_mesh:,} have "
            "none and are left out."
        )
    typer.echo(f"Wrote {out}.")


def _progress(parts: Iterable[int], what: str, count: int) -> Iterable[int]:
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(parts, what, count, console=console, disable=not console.is_terminal, transient=True)


if __name__ == "__main__":
    app()
