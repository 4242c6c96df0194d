"""`edge-train`: train a network by a recipe, checkpointed and resumable."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.common.app import App
from edge.cli.common.error_boundary import error_boundary
from edge.core.errors import UsageError

if TYPE_CHECKING:
    from models.training.checkpoints import Epoch

app = App()


@app.command()
def train(
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="NAME|RECIPE.toml",
            help="The network to train, by one of its recipes: as it ships, or as documented, with nothing added; or a "
            "recipe file, which PyTorch trains.",
        ),
    ],
    data: Annotated[Path, typer.Option(help="Labelled faces, of any form in docs/data.md.")],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints, log, pictures and the trained network.")],
    init: Annotated[
        str | None,
        typer.Option(
            help="imagenet, none, or the path of a .weights.h5 or of another run's .keras (default: the recipe's); "
            "for a recipe file the path of a .weights.h5 or an .npz."
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where an earlier run in --out stopped, by the recipe kept there.")
    ] = False,
    epochs: Annotated[
        int | None,
        typer.Option(
            min=1, help="Epochs at the final input size (default: the recipe's); of a recipe file, all of them."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of initialisation, order and augmentation (default: 0).")
    ] = None,
    teacher: Annotated[
        list[Path] | None,
        typer.Option(
            help="A .keras network, or an .npz of logits, whose probabilities are targets too; may be repeated."
        ),
    ] = None,
    teacher_weight: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Share of the teachers in the targets, beside the labels (default: 0.7)."),
    ] = None,
    temperature: Annotated[
        float | None, typer.Option(min=0.1, max=20, help="Above 1 softens the teachers' probabilities (default: 1).")
    ] = None,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Write OUT/tensorboard for TensorBoard, too.")
    ] = False,
    quantization_aware: Annotated[
        bool,
        typer.Option(
            "--quantization-aware", help="Fine-tune the trained network --init, so that INT8 gives the same labels."
        ),
    ] = False,
) -> None:
    """Train a network on labelled faces and save the one that is best on the validation split, as OUT/best.keras."""
    with error_boundary():
        from models.backend import hold_memory, need_keras

        if recipe.endswith(".toml"):
            if quantization_aware or tensorboard or (teacher_weight, temperature) != (None, None):
                raise UsageError(
                    "A recipe file says itself how much teachers count; it trains in float and writes log.csv.",
                    fix="Leave out --quantization-aware, --tensorboard, --teacher-weight and --temperature.",
                )
            _by_file(
                Path(recipe), data, out, init=init, teachers=teacher or [], epochs=epochs, seed=seed, resume=resume
            )
            return
        hold_memory()
        if quantization_aware:
            if teacher or tensorboard or (teacher_weight, temperature) != (None, None):
                raise UsageError(
                    "In quantization-aware fine-tuning the float network is the only teacher.",
                    fix="Leave out --teacher, --teacher-weight, --temperature and --tensorboard.",
                )
            _fine_tune(recipe, data, out, init=init, epochs=epochs, seed=seed, resume=resume)
            return
        need_keras()
        from models.training.board import Board
        from models.training.figures import draw
        from models.training.fit import fit
        from models.training.start import Options, prepare

        board = Board(out / "tensorboard") if tensorboard else None
        options = Options(recipe, init, epochs, seed, tuple(teacher or ()), teacher_weight, temperature)
        start = prepare(options, data, out, resume=resume, command=sys.argv)

        def on_epoch(done: "Epoch", is_best: bool) -> None:
            typer.echo(
                f"Epoch {done.epoch + 1} of {start.recipe.epochs} at {done.size_px} px: loss {done.loss:.4f}, accuracy "
                f"{done.accuracy:.4f}; validation {done.validation_accuracy:.4f}{', the best so far' * is_best}."
            )
            if board is not None:
                board.show(done)

        with _stoppable():
            best = fit(
                start.recipe,
                start.train,
                start.validation,
                out,
                init=start.init,
                resume=resume,
                second=start.second,
                bar=sys.stdout.isatty(),
                on_epoch=on_epoch,
            )
        draw(out, start.validation)
        typer.echo(f"The best network is {best}.")


def _fine_tune(
    recipe: str, data: Path, out: Path, *, init: str | None, epochs: int | None, seed: int | None, resume: bool
) -> None:
    from models.backend import need_keras

    os.environ["KERAS_BACKEND"] = "tensorflow"  # a network trained on another backend loads there as well
    need_keras(("tensorflow",))
    from models.quantaware.fine_tuning import prepare, tune

    start = prepare(recipe, data, out, init=init, epochs=epochs, seed=seed, resume=resume, command=sys.argv)

    def on_epoch(done: "Epoch", is_best: bool) -> None:
        typer.echo(
            f"Epoch {done.epoch + 1} of {start.recipe.epochs} at {done.size_px} px: loss {done.loss:.5f}; INT8 and "
            f"float agree on {done.validation_accuracy:.4f} of validation{', the best so far' * is_best}."
        )

    with _stoppable():
        best = tune(start.recipe, start.train, start.validation, out, resume=resume, on_epoch=on_epoch)
    typer.echo(f"The best network is {best}; edge-convert takes it from there.")


def _by_file(
    path: Path,
    data: Path,
    out: Path,
    *,
    init: str | None,
    teachers: list[Path],
    epochs: int | None,
    seed: int | None,
    resume: bool,
) -> None:
    from models.torch.library import need_torch

    need_torch()
    from models.torch.command import run

    with _stoppable():
        run(
            path,
            data,
            out,
            init=None if init in (None, "none") else Path(str(init)),
            teachers=teachers,
            epochs=epochs,
            seed=seed,
            resume=resume,
            command=sys.argv,
            say=typer.echo,
        )


@contextmanager
def _stoppable() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("Stopped; the same command with --resume goes on after the last whole epoch.", err=True)
        raise typer.Exit(130) from None


if __name__ == "__main__":
    app()
