"""A training recipe: everything that decides a run, kept beside its weights."""

from dataclasses import asdict, dataclass, field
from typing import Any

from edge.core.errors import BadConfiguration
from models.training.augment import Augmentation


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained. Sizes rise in stages: most is learnt while pictures are small and epochs short."""

    network: str
    stages: tuple[tuple[int, int], ...]  # (input size in px, epochs) one after another
    batch: int
    learning_rate: float  # at its highest; one epoch of warm-up, then a half cosine down to 1 % of it
    weight_decay: float
    balance: float  # 0 as the data are, 1 every class equally often
    votes_weight: float  # share of the FER+ votes in an emotion's target
    label_smoothing: float
    patience: int  # epochs without a better validation accuracy after which training ends
    seed: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)

    @property
    def epochs(self) -> int:
        """Of all stages together."""
        return sum(epochs for _, epochs in self.stages)

    def size_px(self, epoch: int) -> int:
        """The input size in an epoch, counted from 0."""
        for size_px, epochs in self.stages:
            if epoch < epochs:
                return size_px
            epoch -= epochs
        return self.stages[-1][0]

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


EMOTION = Recipe(
    network="emotion",
    stages=((64, 17),),
    batch=64,
    learning_rate=1e-3,
    weight_decay=0.02,
    balance=0.25,
    votes_weight=0.3,
    label_smoothing=0.05,
    patience=50,
)

EXPRESSIVENESS = Recipe(
    network="expressiveness",
    stages=((48, 50),),
    batch=32,
    learning_rate=1e-3,
    weight_decay=0.0,
    balance=0.0,
    votes_weight=0.0,
    label_smoothing=0.05,
    patience=10,
    augmentation=Augmentation(contrast=0.2, brightness=20.0, erase=0.0, turn_deg=10.0, zoom=0.1),
)

RECIPES = {recipe.network: recipe for recipe in (EMOTION, EXPRESSIVENESS)}
