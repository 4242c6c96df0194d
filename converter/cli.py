"""`edge-convert`: a trained network to INT8 TFLite, with the proof beside it."""

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
    tolerance: Annotated[float, typer.Option(max=1.0, help="Most accuracy that INT8 may lose, as a share.")] = 0.005,
    version: Annotated[str, typer.Option(help="Version to note in the card.")] = "1",
) -> None:
    """Convert to INT8 and compare with the float network on the test set; above the tolerance nothing is written."""
    with doorway():
        from models.backend import need_keras

        os.environ["KERAS_BACKEND"] = "tensorflow"  # a network trained on another backend loads there as well
        need_keras(("tensorflow",))
        from converter.convert import convert as run
        from converter.convert import write
        from converter.trained import load_trained
        from edge.core.errors import EdgeError
        from models.datasets import fer2013
        from models.files import refuse_unwritable

        trained = load_trained(model)
        refuse_unwritable(out)
        shown, test = (trained.faces(fer2013.load(calibration, split)) for split in ("train", "test"))
        data = {"name": "FER-2013", "split": "test", "n": len(test), "sha256": fer2013.hashes(calibration, "test")}
        conversion = run(trained, shown, test, version=version, data=data)
        proof, card = conversion.proof, conversion.model.card
        typer.echo(
            f"Accuracy on {proof.int8_quality.n} test faces: {proof.float_quality.accuracy:.4f} float, "
            f"{proof.int8_quality.accuracy:.4f} INT8; agreement {proof.agreement:.4f}; {card.size_bytes} bytes; "
            f"loaded by {' and '.join(found.backend for found in proof.interpreters)}."
        )
        if proof.drop > tolerance:
            raise EdgeError(
                f"INT8 loses {proof.drop:.4f} of accuracy, more than {tolerance}: nothing was written.",
                fix="Train longer, or allow more with --tolerance.",
            )
        write(conversion, out)
        typer.echo(f"Wrote {card.file} and its card to {out}.")


if __name__ == "__main__":
    app()
