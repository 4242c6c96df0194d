"""How a float network becomes an INT8 one: every choice that a person can make, as data."""

import json
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.core.errors import BadConfiguration

Share = Annotated[float, Field(ge=0, le=1)]


class Recipe(BaseModel):
    """The choices, each with its default. The card of a converted network names them all.

    Whatever is fitted is fitted on the validation split, whatever is calibrated on the training split.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    calibration_per_class: Annotated[int, Field(ge=1)] = 50  # faces whose ranges the quantization is given
    seed: Annotated[int, Field(ge=0)] = 0  # which faces these are
    equalize: bool = True  # even out the ranges of channels that share one scale
    correct_bias: bool = True  # take back the mean errors that INT8 leaves in the channels of every layer
    temperature: bool = True  # divide the logits by the number that makes confidence true
    class_bias: bool = False  # lift the classes below recall_floor, at the cost of plain accuracy
    recall_floor: Share = 0.45
    accuracy_cost: Share = 0.01  # most accuracy that class_bias may cost on the validation split
    least_agreement: Share | None = None  # of INT8 with float; below it nothing is written


def read_recipe(path: Path | None) -> Recipe:
    """The recipe of a TOML file, or of a JSON file where its name ends so; None gives the defaults.

    Raises BadConfiguration where it cannot be read or says something unusable.
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
        raise BadConfiguration(f"{path} cannot be read: {error}.", fix="Give a TOML or a JSON file.") from None
