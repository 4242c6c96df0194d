"""A recipe file: everything that decides a run, as TOML. Those of the networks that ship are in models/recipes."""

import tomllib
from math import cos, pi
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.core.errors import BadConfiguration, SourceNotFound
from models.specs.recipe import shared_out

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Stage(_Part):
    """Epochs at one input size, with a learning rate that rises linearly and falls as a half cosine."""

    size_px: Annotated[int, Field(ge=32, le=224)]
    epochs: Annotated[int, Field(ge=1)]
    rate: Positive  # at its highest
    last: Share = 0.01  # the rate where the cosine ends, as a share of the highest
    warm_epochs: NotNegative = 1.0  # in which the rate rises
    cosine_epochs: Annotated[int, Field(ge=1)] | None = None  # how long the cosine is; None: as long as the stage

    def rate_at(self, done: float, step: float = 0.0) -> float:
        """The learning rate of a step (Loshchilov & Hutter 2017, arXiv:1608.03983).

        Args:
            done: How many of the stage's epochs are over.
            step: How much of an epoch the step is, so that the first one does not stand still.
        """
        warm = min(1.0, (done + step) / self.warm_epochs) if self.warm_epochs else 1.0
        cosine = cos(pi * min(1.0, done / (self.cosine_epochs or self.epochs)))
        return self.rate * warm * (self.last + (1 - self.last) * (1 + cosine) / 2)


class Augmentation(_Part):
    """How far each change of a face goes. Every `..._chance` is the share of faces that are changed so."""

    turn_deg: NotNegative = 17.0  # to either side
    zoom: NotNegative = 0.18  # of the logarithm of the size, to either side
    stretch: NotNegative = 0.06  # of the logarithm of width to height, to either side
    shift: NotNegative = 0.08  # of the side, to either side
    far_chance: Share = 0.15  # turned and shifted twice as far, zoomed 1.6 times: a box that is badly off
    contrast: tuple[float, float] = (-0.35, 0.3)  # of the grey values' spread
    brightness: NotNegative = 30.0  # grey values, to either side
    gamma: NotNegative = 0.5  # of the logarithm of the exponent, to either side
    gamma_chance: Share = 0.3
    side_light: NotNegative = 45.0  # grey values that one side gains and the other loses
    side_light_chance: Share = 0.3
    blur_chance: Share = 0.25
    noise: NotNegative = 14.0  # standard deviation in grey values, at most
    noise_chance: Share = 0.25
    erase_chance: Share = 0.4  # a rectangle whose sides are 0.2 to 0.4 of the picture's is blanked


class Recipe(_Part):
    """How a network with two heads is trained."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    network: Literal["mobilenet", "mobilefacenet"]
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]
    seed: Annotated[int, Field(ge=0)] = 0
    batch: Annotated[int, Field(ge=2)] = 64
    lanes: Annotated[int, Field(ge=1)] = 2  # parts of a batch that are computed side by side, one processor core each
    bfloat16: bool = True  # activations and products in bfloat16, weights in float32
    weight_decay: NotNegative = 0.02  # of kernels
    dropout: Share = 0.3  # of the features before the heads
    average: Share = 0.998  # decay of the weights' running average, which is validated and kept
    clip: Positive = 5.0  # longest gradient
    mixup: NotNegative = 0.3  # both parameters of the beta distribution by which half of the batches are mixed; 0: none
    votes_weight: Share = 0.15  # share of the votes in the first head's target
    teacher_weight: Share = 0.5  # share of the teachers in the loss, where there are teachers
    temperature: Annotated[float, Field(ge=1)] = 2.0  # of the teachers' answers and of those compared with them
    teachers_px: Annotated[int, Field(ge=32, le=224)] | None = None  # side of teachers' pictures; None: the student's
    beginning_share: Share = 0.0  # of the beginning in the mean of the weights that is handed on; the best epoch's rest
    augmentation: Augmentation = Augmentation()

    @property
    def epochs(self) -> int:
        """Of all stages together."""
        return sum(stage.epochs for stage in self.stages)

    def at(self, epoch: int) -> tuple[Stage, int]:
        """The stage of an epoch, counted from 0, and how many of the stage's epochs are over."""
        for stage in self.stages:
            if epoch < stage.epochs:
                return stage, epoch
            epoch -= stage.epochs
        return self.stages[-1], self.stages[-1].epochs

    def lasting(self, epochs: int) -> "Recipe":
        """The same recipe with so many epochs in all, at least 1, shared out as `shared_out` does."""
        counts = shared_out([stage.epochs for stage in self.stages], epochs)
        each = zip(self.stages, counts, strict=True)
        stages = tuple(stage.model_copy(update={"epochs": count}) for stage, count in each if count)
        return self.model_copy(update={"stages": stages})


def read_recipe(path: Path) -> Recipe:
    """The recipe of a TOML file.

    Raises:
        SourceNotFound: There is no such file.
        BadConfiguration: It cannot be read, or says something unusable.
    """
    if not path.is_file():
        raise SourceNotFound(f"There is no recipe {path}.", fix="Give one of models/recipes, or a file like them.")
    try:
        return Recipe.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "its text"
        raise BadConfiguration(
            f"{path} is no usable recipe: {where}: {first['msg']}.",
            fix=f"It may hold {', '.join(Recipe.model_fields)}.",
        ) from None
    except (OSError, ValueError) as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        raise BadConfiguration(f"{path} cannot be read: {error}.", fix="Give a TOML file.") from None
