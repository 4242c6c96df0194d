"""`edge-train`: train one of the two networks, checkpointed and resumable."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.doorway import doorway

if TYPE_CHECKING:
    from models.training.checkpoints import Epoch

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Network(StrEnum):
    """What can be trained."""

    EMOTION = "emotion"
    EXPRESSIVENESS = "expressiveness"


@app.command()
def train(
    network: Annotated[Network, typer.Argument(help="Which network to train.")],
    data: Annotated[Path, typer.Option(help="Folder with FER-2013's zips and labels.csv.")],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints, log and the trained network.")],
    init: Annotated[str, typer.Option(help="imagenet, none, or the path of a .weights.h5.")] = "none",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where an earlier run in --out stopped, by the recipe kept there.")
    ] = False,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Epochs at the final input size.  [default: the recipe's]")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of initialisation, order and augmentation.  [default: 0]")
    ] = None,
) -> None:
    """Train a network on FER-2013 and keep the one that does best on the validation split, as OUT/best.keras."""
    with doorway():
        from models.backend import need_keras

        need_keras()
        from models.training.calibrate import keep_score_knots
        from models.training.fit import fit
        from models.training.start import prepare

        start = prepare(network, data, out, init=init, resume=resume, epochs=epochs, seed=seed)
        recipe = start.recipe

        def tell(done: "Epoch", is_best: bool) -> None:
            typer.echo(
                f"Epoch {done.epoch + 1} of {recipe.epochs} at {done.size_px} px: loss {done.loss:.4f}, accuracy "
                f"{done.accuracy:.4f}; validation {done.validation_accuracy:.4f}{', the best so far' * is_best}."
            )

        try:
            best = fit(
                recipe,
                start.train,
                start.validation,
                out,
                init=start.init,
                resume=resume,
                bar=sys.stdout.isatty(),
                tell=tell,
            )
        except KeyboardInterrupt:
            typer.echo("Stopped; the same command with --resume goes on after the last whole epoch.", err=True)
            raise typer.Exit(130) from None
        if network is Network.EXPRESSIVENESS:
            keep_score_knots(best, start.validation)
        typer.echo(f"The best network is {best}.")


if __name__ == "__main__":
    app()
