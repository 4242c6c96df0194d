"""`edge-eval`: the share of right answers of a network on labelled pictures, by the runtime's own path."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli.common.app import App
from edge.cli.common.formats import TextOrJson
from edge.cli.common.options import settings_options
from edge.core.errors import UsageError
from edge.evaluation.answers import PictureKind
from edge.evaluation.ground_truth import Labels

if TYPE_CHECKING:
    from edge.config import Config
    from edge.evaluation.ground_truth import GroundTruths
    from edge.evaluation.labelled import LabelledImage
    from edge.vision.card import Card

app = App()


@app.command()
@settings_options("models", "backend", "flip")
def evaluate(
    flags: dict[str, Any],
    images: Annotated[
        Path,
        typer.Argument(
            metavar="IMAGES", help="A folder of class folders, or a zip of one; for a network over time, of recordings."
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The network, by its card in the models' folder; by default a run's emotion network."
        ),
    ] = None,
    faces: Annotated[
        PictureKind, typer.Option(help="cropped: a picture is a face; detect: find, judge and crop it as a run does.")
    ] = PictureKind.CROPPED,
    labels: Annotated[
        Labels | None,
        typer.Option(
            help="The ground truth: folder, the name of a picture's folder; ferplus, the majority of the votes in the "
            "labels.csv or fer2013new.csv beside IMAGES.  [default: folder]",
            show_default=False,
        ),
    ] = None,
    votes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The table of votes, which are then the ground truth.")
    ] = None,
    groups: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV with the columns image and group: the error of each group as well."),
    ] = None,
    disturb: Annotated[
        bool,
        typer.Option(
            "--disturb", help="Set each face into scenes with dim light, blur, tilt and so on: accuracy by disturbance."
        ),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the scenes of --disturb.")] = 0,
    format: Annotated[TextOrJson, typer.Option("--format", help="How to print it.")] = TextOrJson.TEXT,
) -> None:
    """Read every picture and compare with the name of its folder, or with FER+'s votes."""
    from edge.evaluation.ground_truth import ground_truths
    from edge.evaluation.labelled import groups_of
    from edge.run.confine import confine
    from edge.vision.card import InputKind

    confine()
    settings, card = _network(flags, model)
    if card.input.kind is InputKind.SEQUENCE:
        _refuse_pictures_options(card, labels, votes, groups, disturb, faces is PictureKind.DETECT)
        _print_windows(images, card, settings, format)
        return
    if disturb and (groups is not None or faces is PictureKind.DETECT):
        raise UsageError(
            "--disturb sets pictures of single faces into scenes of its own.",
            fix="Leave out --groups and --faces detect.",
        )
    true = ground_truths(labels, votes, card, images)
    members = None if groups is None else groups_of(groups, images)
    if disturb:
        _print(_disturbed(images, card, settings, true, seed), format, disturbed=True)
    else:
        _print(_undisturbed(images, card, settings, true, faces, members), format)


def _network(flags: dict[str, Any], model: str | None) -> tuple["Config", "Card"]:
    """The settings of the command and the card of the network that it evaluates."""
    from edge.config import load_config
    from edge.vision.card import shipped_models
    from edge.vision.model_folder import emotion_card, folder_with
    from edge.vision.readers import card_named

    settings = load_config(None, flags, os.environ)
    folder = settings.models or shipped_models()
    chosen = model or emotion_card(folder)
    return settings, card_named(folder if model else folder_with(folder, chosen), chosen)


def _refuse_pictures_options(card: "Card", *given: object) -> None:
    if any(given):
        raise UsageError(
            f"{card.name} reads recordings, whose labels are in their segments.csv.",
            fix="Give the network, the recordings and --format alone.",
        )


def _undisturbed(
    images: Path,
    card: "Card",
    settings: "Config",
    true: "GroundTruths",
    faces: PictureKind,
    members: dict[str, str] | None,
) -> dict[str, Any]:
    from edge.evaluation.answers import opened
    from edge.evaluation.evaluate import evaluate as run

    with opened(card, settings, faces) as answer_of:
        return run(_counted(images), card, true, answer_of, members).as_json()


def _disturbed(images: Path, card: "Card", settings: "Config", true: "GroundTruths", seed: int) -> dict[str, Any]:
    from edge.evaluation.answers import opened
    from edge.evaluation.disturbed import evaluate_disturbed

    with (
        opened(card, settings, PictureKind.CROPPED) as alone,
        opened(card, settings, PictureKind.DETECT) as in_scene,
    ):
        return evaluate_disturbed(_counted(images), card.name, true, alone, in_scene, seed=seed).as_json()


def _print_windows(folder: Path, card: "Card", settings: "Config", format: TextOrJson) -> None:
    from edge.display.progress import counted
    from edge.evaluation.windows import evaluate_windows
    from edge.report.figures import windows_text

    found = evaluate_windows(folder, card, settings, lambda segments, count: counted(segments, count, sys.stderr))
    if format is TextOrJson.JSON:
        print(json.dumps(found.as_json(), indent=2))
    else:
        windows_text(found.as_json())


def _counted(images: Path) -> Iterator["LabelledImage"]:
    """The pictures, while standard error shows how many were read."""
    from edge.display.progress import counted
    from edge.evaluation.labelled import labelled_images, picture_count

    return counted(labelled_images(images), picture_count(images), sys.stderr)


def _print(figures: dict[str, Any], format: TextOrJson, *, disturbed: bool = False) -> None:
    from edge.report.figures import disturbed_text, evaluation_text

    if format is TextOrJson.JSON:
        print(json.dumps(figures, indent=2))
    elif disturbed:
        disturbed_text(figures)
    else:
        evaluation_text(figures)


if __name__ == "__main__":
    app()
