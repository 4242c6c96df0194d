"""`edge-convert`: a trained network to INT8 TFLite, with the proof beside it, or to ONNX."""

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.common.app import App

if TYPE_CHECKING:
    from converter.recipe import Recipe
    from converter.trained import Trained

app = App()


class Form(StrEnum):
    """What can be written."""

    TFLITE = "tflite"
    ONNX = "onnx"


@app.command()
def convert(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL",
            help="A network that edge-train made (.keras), another one with --about (.keras, or the folder of a "
            "SavedModel), or a converted one whose score is fitted again (.tflite).",
        ),
    ],
    calibration: Annotated[
        Path, typer.Option(metavar="DATA", help="Labelled faces: train calibrates, validation adjusts, test proves.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the network and its card go.")],
    about: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="What a network made elsewhere is given and answers, as TOML: see docs/conversion.md."
        ),
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Choices, as TOML or JSON: see docs/conversion.md.")
    ] = None,
    tolerance: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Most accuracy that INT8 may lose, as a share.")
    ] = 0.005,
    to: Annotated[Form, typer.Option(help="tflite: INT8. onnx: float, without a card.")] = Form.TFLITE,
    card_version: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="Version to note in the card.  [default: 1, or as before]", show_default=False
        ),
    ] = None,
) -> None:
    """Convert to INT8 and compare with the float network on the test set; above the tolerance nothing is written."""
    from models.backend import need_keras

    os.environ["KERAS_BACKEND"] = "tensorflow"  # a network trained on another backend loads there as well
    need_keras(("tensorflow",))
    if model.suffix == ".tflite":
        _rescored(model, calibration, out, recipe, to, card_version)
        return
    from converter.recipe import read_recipe
    from converter.trained import load_trained
    from edge.core.errors import UsageError
    from models.files import refuse_unwritable

    if to is Form.ONNX and recipe is not None:
        raise UsageError("--recipe is about INT8, and ONNX is float.", fix="Leave one of the two out.")
    choices = read_recipe(recipe)
    trained = load_trained(model) if about is None else _foreign(model, about)
    refuse_unwritable(out)
    if to is Form.ONNX:
        _to_onnx(trained, calibration, out)
    else:
        _to_tflite(trained, calibration, out, choices, tolerance, card_version or "1")


def _foreign(model: Path, about: Path) -> "Trained":
    from converter.foreign.about import read_about
    from converter.foreign.reading import load_foreign

    return load_foreign(model, read_about(about))


def _to_tflite(
    trained: "Trained", calibration: Path, out: Path, recipe: "Recipe", tolerance: float, version: str
) -> None:
    from converter.cards.shipping import write
    from converter.convert import convert as run
    from converter.splits import read_splits

    conversion = run(trained, read_splits(calibration), recipe, version=version)
    proof, card = conversion.proof, conversion.model.card
    compared = proof.comparison
    typer.echo(
        f"Accuracy on {compared.int8_quality.n} test faces: {compared.float_quality.accuracy:.4f} float, "
        f"{compared.int8_quality.accuracy:.4f} INT8; agreement {compared.agreement:.4f}; calibration error "
        f"{compared.int8_quality.calibration_error:.4f}; {card.size_bytes} bytes; {proof.latency.ratio:.2f} of "
        f"float's time; loaded by {' and '.join(check.backend for check in proof.interpreters)}."
    )
    conversion.require(tolerance=tolerance, least_agreement=recipe.least_agreement)
    write(conversion.model, out)
    typer.echo(f"Wrote {card.file}, its card and {card.name}.md to {out}.")


def _rescored(model: Path, calibration: Path, out: Path, recipe: Path | None, to: Form, version: str | None) -> None:
    from converter.cards.shipping import write
    from converter.scoring import rescored
    from converter.splits import read_splits
    from edge.core.errors import UsageError
    from models.files import refuse_unwritable

    if to is Form.ONNX or recipe is not None:
        raise UsageError(
            "A .tflite is converted already: only its score is fitted again.", fix="Leave the options out."
        )
    refuse_unwritable(out)
    found = rescored(model, read_splits(calibration), version)
    level = found.card.evidence["score"]["level"]
    typer.echo(
        f"Level on the test faces: accuracy {level['accuracy']:.4f}, balanced recall "
        f"{level['per_class']['balanced']['recall']:.4f}, calibration error {level['expected_calibration_error']:.4f}."
    )
    write(found, out)
    typer.echo(f"Wrote {found.card.file}, its card and {found.card.name}.md to {out}.")


def _to_onnx(trained: "Trained", calibration: Path, out: Path) -> None:
    from converter.onnx import to_onnx, write
    from models.datasets.load import load

    test = load(calibration, "test")
    trained.network.refuse_other_kind(test)
    made = to_onnx(trained.model, trained.input.arrays(trained.faces(test)))
    typer.echo(
        f"ONNX Runtime and Keras on {made.n} test faces: largest gap {made.largest_gap:.2g}, agreement "
        f"{made.agreement:.4f}; {len(made.content)} bytes."
    )
    path = write(made, out)
    typer.echo(f"Wrote {path.name} to {out}.")


if __name__ == "__main__":
    app()
