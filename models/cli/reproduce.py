"""`python -m models.cli.reproduce`: makes a shipped network again, and prints its figures beside its card's."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.cli.common.app import App
from edge.core.errors import EdgeError, UsageError
from edge.vision.card import shipped_models

_RECIPES = Path(__file__).resolve().parents[1] / "recipes"

app = App()


@dataclass(frozen=True, slots=True)
class Making:
    """How a shipped network was made.

    Attributes:
        recipes: The names or files that edge-train takes, one after another; each but the first begins with the
            `mean.npz` of the one before.
        trained: The network to convert, in the last run's folder.
        init: What the first began with, in the folder of the shipped models; None for random weights.
        conversion: The recipe of edge-convert; None for its defaults.
    """

    recipes: tuple[str, ...]
    trained: str = "best.keras"
    init: str | None = None
    conversion: str | None = None


MAKINGS: Mapping[str, Making] = {
    "emotion-both": Making(
        recipes=(str(_RECIPES / "emotion-both-tuned.toml"), str(_RECIPES / "emotion-both-robust.toml")),
        trained="emotion-both/best.keras",
        init="emotion.tflite",
        conversion="emotion-both.toml",
    ),
    "expressiveness": Making(recipes=("expressiveness",), conversion="expressiveness.toml"),
}


@app.command()
def reproduce(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"One of {', '.join(MAKINGS)}.")],
    data: Annotated[Path, typer.Option(help="FER-2013 with the FER+ votes, of any form in docs/data.md.")],
    out: Annotated[Path, typer.Option(help="Folder of the run; the same command goes on where it stopped.")],
    teacher: Annotated[Path, typer.Option(help="answers.npz of a run of models/recipes/teacher.toml.")],
) -> None:
    """Train and convert a shipped network as it was made, and compare the two."""
    if name not in MAKINGS:
        raise UsageError(
            f"{name} cannot be made again: models/shipped/README.md says why.", fix=f"Name {' or '.join(MAKINGS)}."
        )
    for words in commands(name, MAKINGS[name], data, out, teacher):
        typer.echo(f"$ {' '.join(words)}")
        _run(words)
    card = json.loads((out / "converted" / f"{name}.json").read_text())
    shipped = json.loads((shipped_models() / f"{name}.json").read_text())
    for line in compared(shipped["evidence"], card["evidence"]):
        typer.echo(line)


def commands(name: str, making: Making, data: Path, out: Path, teacher: Path) -> list[list[str]]:
    """The commands that are still to run.

    Args:
        name: The network.
        making: How it was made.
        data: The data set.
        out: The folder of the run; what is complete there is not made again.
        teacher: The teacher's answers.

    Returns:
        The words of each, the module first.
    """
    converted = out / "converted"
    if (converted / f"{name}.json").exists():
        return []
    given = [] if making.init is None else ["--init", str(shipped_models() / making.init)]
    found = []
    for number, recipe in enumerate(making.recipes, start=1):
        run = out / f"train-{number}"
        train = ["models.cli.train", recipe, "--data", str(data), "--out", str(run), *given, "--teacher", str(teacher)]
        found.append([*train, "--resume"] if (run / "recipe.json").exists() else train)
        given = ["--init", str(run / "mean.npz")]
    convert = ["converter.cli", str(run / making.trained), "--calibration", str(data), "--out", str(converted)]
    if making.conversion is not None:
        convert += ["--recipe", str(_RECIPES / "conversion" / making.conversion)]
    return [*found, convert]


def compared(shipped: Mapping[str, Any], made: Mapping[str, Any]) -> list[str]:
    """A line a figure: what the card has, and what was made.

    Args:
        shipped: The evidence of the shipped card.
        made: That of the new one.
    """
    figures = (
        ("accuracy, INT8", ("int8", "accuracy")),
        ("balanced accuracy, INT8", ("int8", "balanced_accuracy")),
        ("expected calibration error, INT8", ("int8", "expected_calibration_error")),
        ("accuracy, float", ("float_accuracy",)),
        ("accuracy on pictures of no other split", ("clean", "accuracy")),
        ("same label, INT8 and float", ("top1_agreement",)),
    )
    rows = [(what, *(_figure(evidence, keys) for evidence in (shipped, made))) for what, keys in figures]
    return [f"{what:40} {one:>8} {other:>8}" for what, one, other in (("", "shipped", "made"), *rows)]


def _figure(evidence: Mapping[str, Any], keys: Sequence[str]) -> str:
    found: Any = evidence
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return "-" if found is None else f"{found:.4f}"


def _run(words: Sequence[str]) -> None:
    done = subprocess.run([sys.executable, "-m", *words], check=False)
    if done.returncode:
        raise EdgeError(
            f"{words[0]} ended with {done.returncode}.", fix="Mend what it says, and give the command again."
        )


if __name__ == "__main__":
    app()
