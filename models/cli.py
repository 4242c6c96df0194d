"""`edge-train`: train one of the two networks, checkpointed and resumable."""

import dataclasses
import json
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from edge.cli.doorway import doorway

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Network(StrEnum):
    """What can be trained."""

    EMOTION = "emotion"
    EXPRESSIVENESS = "expressiveness"


@app.command()
def train(
    network: Network,
    data: Annotated[Path, typer.Option(help="Folder with FER-2013's zips and labels.csv.")],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints, log and the trained network.")],
    init: Annotated[str, typer.Option(help="imagenet, none, or the path of a .weights.h5.")] = "none",
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an earlier run in --out stopped.")] = False,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Epochs at the final size, instead of the recipe's.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of initialisation, order and augmentation.")] = 0,
) -> None:
    """Train a network on FER-2013 and keep the one that does best on the validation split."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with doorway():
        from models.datasets import fer2013
        from models.training import recipe as recipes
        from models.training.calibrate import score_knots
        from models.training.fit import fit

        recipe = recipes.EMOTION if network is Network.EMOTION else recipes.EXPRESSIVENESS
        recipe = dataclasses.replace(recipe, seed=seed)
        if epochs is not None:
            recipe = dataclasses.replace(recipe, stages=((recipe.stages[-1][0], epochs),))
        splits = [fer2013.load(data, split) for split in ("train", "validation")]
        if network is Network.EMOTION:
            train_faces, validation = (split.emotions(recipe.votes_weight) for split in splits)
        else:
            train_faces, validation = (split.levels() for split in splits)
        best = fit(recipe, train_faces, validation, out, init=None if init == "none" else init, resume=resume)
        if network is Network.EXPRESSIVENESS:
            (out / "score_knots.json").write_text(json.dumps(score_knots(best, validation)))
        typer.echo(f"The best network is {best}.")
