"""The recipe of a conversion: every choice that a user can make, as data."""

import json
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.core.errors import BadConfiguration

Share = Annotated[float, Field(ge=0, le=1)]


class Recipe(BaseModel):
    """The choices, each with its default; the card of a converted network repeats them all.

    What is fitted is fitted on the validation split, what is calibrated on the training split.

    Attributes:
        calibration_per_class: Training faces of each class in the calibration set.
        seed: Which faces these are.
        equalize: Whether the ranges of channels that share one scale are evened out.
        correct_bias: Whether the mean errors of INT8 weights are subtracted from the biases.
        temperature: Whether the confidence is fitted.
        class_bias: Whether a bias is fitted with which every class counts equally, at the cost of plain accuracy.
        least_agreement: Least share of the test faces with the same label in INT8 and float; below it nothing is
            written.
        test_seen: A sentence for the card on what of the test split was seen while the network was made.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    calibration_per_class: Annotated[int, Field(ge=1)] = 50
    seed: Annotated[int, Field(ge=0)] = 0
    equalize: bool = True
    correct_bias: bool = True
    temperature: bool = True
    class_bias: bool = False
    test_seen: str | None = None
    least_agreement: Share | None = None


def read_recipe(path: Path | None) -> Recipe:
    """Reads a recipe.

    Args:
        path: A TOML file, or a JSON file where its name ends in `.json`; None for the defaults.

    Returns:
        The recipe.

    Raises:
        BadConfiguration: The file cannot be read, or holds a key or value that a recipe cannot have.
    """
    if path is None:
        return Recipe()
    try:
        text = path.read_text(encoding="utf-8")
        return Recipe.model_validate(json.loads(text) if path.suffix == ".json" else tomllib.loads(text))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where, reason = ".".join(map(str, first["loc"])) or "its text", first["msg"]
        raise BadConfiguration(
            f"{path} is no usable recipe: {where}: {reason}.", fix=f"It may hold {', '.join(Recipe.model_fields)}."
        ) from None
    except (OSError, ValueError) as error:  # TOMLDecodeError, JSONDecodeError and UnicodeDecodeError are ValueErrors
        reason = str(getattr(error, "strerror", None) or error)
        raise BadConfiguration(f"{path} cannot be read: {reason}.", fix="Give a TOML or a JSON file.") from None
