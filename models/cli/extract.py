"""`edge-extract`: the landmark features of faces, of a data set or a video, for networks that read no pixels."""

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
    data: Annotated[Path, typer.Argument(metavar="DATA", help="Labelled faces as in docs/data.md, or a video.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The .npz or .parquet file to write, for you alone.")],
    processes: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="How many work at once.  [default: one a core]", show_default=False),
    ] = None,
    pose: Annotated[
        bool, typer.Option("--pose/--no-pose", help="Read the body's pose too, in whole pictures and videos.")
    ] = True,
    fps: Annotated[float, typer.Option(min=0.1, max=240, help="Of a video: frames of a second, at most.")] = 4.0,
) -> None:
    """Find the mesh of every face and write its points as features; a stopped run goes on where it was."""
    mute_native_libraries()
    from edge.core.errors import UsageError
    from models.datasets.load import is_data_set
    from models.files import refuse_unwritable
    from models.landmarks.extraction import extract as run
    from models.landmarks.video import extract_video

    if out.suffix not in (".npz", ".parquet"):
        raise UsageError(f"{out} is neither .npz nor .parquet.", fix="Give a name that ends in one of them.")
    refuse_unwritable(out.parent)
    processes = processes or len(os.sched_getaffinity(0))
    if data.is_file() and not is_data_set(data):
        seen = extract_video(data, out, fps=fps, processes=processes, with_pose=pose, progress=_progress)
        typer.echo(f"{seen.faces:,} frames: {seen.with_mesh:,} have a mesh, {seen.with_pose:,} of them a pose.")
    else:
        for name, found in run(data, out, processes=processes, with_pose=pose, progress=_progress).items():
            typer.echo(
                f"{name}: {found.with_mesh:,} of {found.faces:,} faces have a mesh; {found.faces - found.with_mesh:,} "
                f"have none and are left out.{f' {found.with_pose:,} have a pose.' * bool(found.with_pose)}"
            )
    typer.echo(f"Wrote {out}.")


def _progress(parts: Iterable[int], what: str, count: int | None) -> Iterable[int]:
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(parts, what, count, console=console, disable=not console.is_terminal, transient=True)


if __name__ == "__main__":
    app()
