"""`edge-train`: train a network by a recipe, checkpointed and resumable."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli.common.app import App
from edge.cli.common.options import settings_options
from edge.core.errors import UsageError
from models.cli.train_options import TrainOptions

if TYPE_CHECKING:
    from models.training.checkpoints import Epoch
    from models.training.start import Options

app = App()


@app.command()
@settings_options(model=TrainOptions)
def train(
    flags: dict[str, Any],
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="NAME|RECIPE.toml",
            help="The network to train, by one of its recipes: as it ships, or as documented, with nothing added; or a "
            "recipe file, which PyTorch trains.",
        ),
    ],
    data: Annotated[Path, typer.Option(metavar="DATA", help="Labelled faces, of any form in docs/data.md.")],
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for checkpoints, log, pictures and the trained network.")
    ],
) -> None:
    """Train a network on labelled faces and save the one that is best on the validation split, as OUT/best.keras."""
    options = TrainOptions.of(flags)
    if recipe.endswith(".toml"):
        _by_file(Path(recipe), data, out, options)
    elif options.folds:
        _by_folds(recipe, data, out, options, options.folds)
    elif options.quantization_aware:
        _fine_tune(recipe, data, out, options)
    else:
        _by_name(recipe, data, out, options)


def _by_name(recipe: str, data: Path, out: Path, options: TrainOptions) -> None:
    from models.backend import hold_memory, need_keras

    hold_memory()
    need_keras()
    from models.training.board import Board
    from models.training.figures import draw
    from models.training.fit import fit
    from models.training.start import prepare

    board = Board(out / "tensorboard") if options.tensorboard else None
    start = prepare(_chosen(recipe, options), data, out, resume=options.resume, command=sys.argv)

    def on_epoch(done: "Epoch", is_best: bool) -> None:
        typer.echo(_line(done, start.recipe.epochs, is_best))
        if board is not None:
            board.show(done)

    with _stoppable():
        best = fit(
            start.recipe,
            start.train,
            start.validation,
            out,
            init=start.init,
            resume=options.resume,
            second=start.second,
            bar=sys.stdout.isatty(),
            on_epoch=on_epoch,
        )
    draw(out, start.validation)
    typer.echo(f"The best network is {best}.")


def _chosen(recipe: str, options: TrainOptions) -> "Options":
    from models.training.start import Options

    return Options(
        recipe,
        options.init,
        options.epochs,
        options.seed,
        options.teacher,
        options.teacher_weight,
        options.temperature,
    )


def _by_folds(recipe: str, data: Path, out: Path, options: TrainOptions, folds: int) -> None:
    from models.backend import hold_memory, need_keras

    hold_memory()
    options.refuse_for_folds()
    need_keras()
    from models.files import refuse_unwritable
    from models.training.folds import cross_validate
    from models.training.start import chosen_recipe

    chosen = chosen_recipe(_chosen(recipe, options), out / "fold-1")
    refuse_unwritable(out)
    if (out / "fold-1").exists() and not options.resume:
        raise UsageError(
            f"{out} holds a cross-validation already.", fix="Add --resume to go on with it, or give another --out."
        )

    def on_epoch(fold: int, done: "Epoch", is_best: bool) -> None:
        typer.echo(f"Fold {fold} of {folds}. {_line(done, chosen.epochs, is_best)}")

    init = None if chosen.init == "none" else chosen.init
    with _stoppable():
        found = cross_validate(chosen, data, out, folds, init=init, resume=options.resume, on_epoch=on_epoch)
    each = ", ".join(f"{accuracy:.4f}" for accuracy in found.accuracies)
    typer.echo(f"Validation accuracy {found.mean:.4f}, standard deviation {found.sd:.4f} over the folds: {each}.")


def _fine_tune(recipe: str, data: Path, out: Path, options: TrainOptions) -> None:
    from models.backend import hold_memory, need_keras

    hold_memory()
    options.refuse_for_fine_tuning()
    os.environ["KERAS_BACKEND"] = "tensorflow"  # a network trained on another backend loads there as well
    need_keras(("tensorflow",))
    from models.quantaware.fine_tuning import prepare, tune

    start = prepare(
        recipe,
        data,
        out,
        init=options.init,
        epochs=options.epochs,
        seed=options.seed,
        resume=options.resume,
        command=sys.argv,
    )

    def on_epoch(done: "Epoch", is_best: bool) -> None:
        typer.echo(
            f"Epoch {done.epoch + 1} of {start.recipe.epochs} at {done.size_px} px: loss {done.loss:.5f}; INT8 and "
            f"float agree on {done.validation_accuracy:.4f} of validation; {_pace(done)}"
            f"{'; the best so far' * is_best}."
        )

    with _stoppable():
        best = tune(start.recipe, start.train, start.validation, out, resume=options.resume, on_epoch=on_epoch)
    typer.echo(f"The best network is {best}; edge-convert takes it from there.")


def _by_file(path: Path, data: Path, out: Path, options: TrainOptions) -> None:
    options.refuse_for_recipe_file()
    from models.torch.library import need_torch

    need_torch()
    from models.torch.command import run

    with _stoppable():
        run(
            path,
            data,
            out,
            init=None if options.init in (None, "none") else Path(str(options.init)),
            teachers=options.teacher,
            epochs=options.epochs,
            seed=options.seed,
            resume=options.resume,
            command=sys.argv,
            say=typer.echo,
        )


def _line(done: "Epoch", epochs: int, is_best: bool) -> str:
    return (
        f"Epoch {done.epoch + 1} of {epochs} at {done.size_px} px: loss {done.loss:.4f}, accuracy {done.accuracy:.4f}; "
        f"validation {done.validation_accuracy:.4f}; {_pace(done)}{'; the best so far' * is_best}."
    )


def _pace(done: "Epoch") -> str:
    from models.training.pace import epoch_pace

    return epoch_pace(done.images_per_s, done.seconds, done.left_s)


@contextmanager
def _stoppable() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("Stopped; the same command with --resume goes on after the last whole epoch.", err=True)
        raise typer.Exit(130) from None


if __name__ == "__main__":
    app()
