"""A training recipe: everything that decides a run, kept beside its weights."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from edge.core.errors import BadConfiguration


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far each change may go; all are drawn evenly between none and this, to either side."""

    flip: bool = True
    turn_deg: float = 15.0
    shift: float = 0.08  # of the side
    zoom: float = 0.15  # of the size
    contrast: float = 0.3  # of the grey values' spread
    brightness: float = 30.0  # grey values
    erase: float = 0.3  # probability that a rectangle of 4 % to 16 % of the picture is blanked
    noise: float = 0.0  # deviation of what is added to landmarks, in distances between the eyes


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained. Sizes rise in stages: most is learnt while pictures are small and epochs short."""

    name: str  # what edge-train calls it
    network: str  # the name of a network in models.networks
    stages: tuple[tuple[int, int], ...]  # (input size, epochs) one after another; a crop's size is in pixels
    batch: int
    learning_rate: float  # at its highest
    weight_decay: float
    votes_weight: float  # share of the FER+ votes in an emotion's target, 0..1
    label_smoothing: float
    patience: int  # epochs without a better validation accuracy after which training ends
    plateau: int = 0  # without cosine: epochs without a lower validation loss after which the rate is halved; 0: never
    cosine: bool = True  # one epoch of warm-up, then a half cosine down to 1 % of the rate; else it stays the same
    balance: float = 0.0  # 0 as the data are, 1 every class equally often
    balance_every: int = 1  # every how many epochs `balance` counts; the others are as the data are
    mixup: float = 0.0  # both parameters of the beta distribution by which half of the batches are mixed; 0: none are
    dropout: float = 0.2  # before the last dense layer
    ema: float = 0.0  # decay of the weights' running average, which is then what is validated and kept; 0: none
    second_head: float = 0.0  # weight of the other labelling's loss, on a head of its own that is dropped at the end
    teacher_weight: float = 0.7  # share of the teachers' answers in the target, where there are teachers
    temperature: float = 1.0  # of the teachers' answers: higher is softer
    init: str = "none"  # imagenet, none, or the path of weights to begin from
    seed: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)

    @property
    def epochs(self) -> int:
        """Of all stages together."""
        return sum(epochs for _, epochs in self.stages)

    def lasting(self, epochs: int) -> "Recipe":
        """The same recipe with so many epochs in all, at least 1, shared out as `shared_out` does."""
        counts = shared_out([count for _, count in self.stages], epochs)
        stages = tuple((size_px, count) for (size_px, _), count in zip(self.stages, counts, strict=True) if count)
        return replace(self, stages=stages)

    def ending_after(self, epochs: int) -> "Recipe":
        """The same recipe with a last stage that ends after so many epochs in all, for a run that has begun."""
        *before, (size_px, _) = self.stages
        return replace(self, stages=(*before, (size_px, max(1, epochs - sum(count for _, count in before)))))

    def size_px(self, epoch: int) -> int:
        """The input size in an epoch, counted from 0."""
        for size_px, epochs in self.stages:
            if epoch < epochs:
                return size_px
            epoch -= epochs
        return self.stages[-1][0]

    def balance_in(self, epoch: int) -> float:
        """The balance of an epoch, counted from 0."""
        return self.balance if (epoch + 1) % self.balance_every == 0 else 0.0

    def as_json(self) -> dict[str, Any]:
        """The recipe as plain JSON values."""
        return asdict(self)

    @classmethod
    def of_json(cls, values: dict[str, Any], where: str) -> "Recipe":
        """The recipe that `as_json` gave. Raises BadConfiguration, naming `where`, for anything else."""
        try:
            stages = tuple((int(size_px), int(epochs)) for size_px, epochs in values["stages"])
            return cls(**{**values, "stages": stages, "augmentation": Augmentation(**values["augmentation"])})
        except (KeyError, TypeError, ValueError) as error:
            raise BadConfiguration(f"{where} is no training recipe: {error}.", fix="Start a new run.") from None


def shared_out(stages: Sequence[int], epochs: int) -> list[int]:
    """How many epochs each stage has where there are `epochs` in all; the last stage, whose network counts, has one.

    Args:
        stages: The epochs of each stage in the recipe.
        epochs: At least 1.
    """
    earlier = [count * epochs // sum(stages) for count in stages[:-1]]
    return [*earlier, epochs - sum(earlier)]
