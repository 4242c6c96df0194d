"""`edge-convert`: a trained network to INT8 TFLite, with the proof beside it."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from edge.cli.doorway import doorway

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def convert(
    model: Annotated[Path, typer.Argument(metavar="MODEL.keras", help="A network that edge-train made.")],
    calibration: Annotated[
        Path, typer.Option(metavar="DATA", help="FER-2013's folder: train calibrates, test proves.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the .tflite and its card go.")],
    tolerance: Annotated[float, typer.Option(help="Most accuracy that INT8 may lose, as a share.")] = 0.005,
    version: Annotated[str, typer.Option(help="Version to note in the card.")] = "1",
) -> None:
    """Convert to INT8 and compare with the float network on the test set; above the tolerance nothing is written."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with doorway():
        from converter.convert import convert as run
        from converter.convert import write
        from edge.core.errors import SourceNotFound
        from models.datasets import fer2013

        if not model.is_file():
            raise SourceNotFound(f"There is no {model}.", fix="Give the path of a .keras file.")
        recipe_file = model.with_name("recipe.json")
        recipe = json.loads(recipe_file.read_text()) if recipe_file.is_file() else {}
        expressive = recipe.get("network") == "expressiveness"
        train, test = (fer2013.load(calibration, split) for split in ("train", "test"))
        faces = [split.levels() if expressive else split.emotions(0.0) for split in (train, test)]
        conversion = run(model, faces[0], faces[1], version=version, training={"data": "FER-2013", **recipe})
        proof = conversion.proof
        typer.echo(
            f"Accuracy on {proof.int8_quality.n} test faces: {proof.float_quality.accuracy:.4f} float, "
            f"{proof.int8_quality.accuracy:.4f} INT8; agreement {proof.agreement:.4f}."
        )
        if proof.drop > tolerance:
            typer.echo(f"INT8 loses {proof.drop:.4f}, more than {tolerance}: nothing was written.", err=True)
            raise typer.Exit(1)
        write(conversion, out)
        typer.echo(f"Wrote {conversion.model.card.file} and its card to {out}.")
