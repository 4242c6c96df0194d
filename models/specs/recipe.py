"""A training recipe: everything that decides a run, kept beside its weights."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from edge.core.errors import BadConfiguration
from models.specs.augment import Augmentation


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained. Sizes rise in stages: most is learnt while pictures are small and epochs short."""

    name: str  # edge-train's word for it
    network: str  # one of models.networks.NAMES
    stages: tuple[tuple[int, int], ...]  # (input size in px, epochs) one after another
    batch: int
    learning_rate: float  # at its highest
    weight_decay: float
    votes_weight: float  # share of the FER+ votes in an emotion's target, 0..1
    label_smoothing: float
    patience: int  # epochs without a better validation accuracy after which training ends
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


EMOTION = Recipe(
    name="emotion",
    network="emotion",
    stages=((64, 8), (96, 13)),
    batch=64,
    learning_rate=7e-4,
    weight_decay=0.02,
    votes_weight=0.2,
    label_smoothing=0.05,
    patience=50,
    balance=0.25,
    balance_every=2,
    mixup=0.3,
    ema=0.998,
    second_head=1.0,
    augmentation=Augmentation(turn_deg=18.0, zoom=0.18, erase=0.4),
)

EMOTION_FERPLUS = replace(EMOTION, name="emotion-ferplus", network="emotion-ferplus", label_smoothing=0.0)

EXPRESSIVENESS = Recipe(
    name="expressiveness",
    network="expressiveness",
    stages=((48, 50),),
    batch=32,
    learning_rate=1e-3,
    weight_decay=0.0,
    votes_weight=0.0,
    label_smoothing=0.05,
    patience=10,
    dropout=0.5,
    augmentation=Augmentation(contrast=0.2, brightness=20.0, erase=0.0, turn_deg=10.0, zoom=0.1),
)

# The two as they are documented, without anything that was found to help: Adam at one pace, the data as they are.
EMOTION_DOCUMENTED = Recipe(
    name="emotion-documented",
    network="emotion",
    stages=((96, 30),),
    batch=32,
    learning_rate=1e-4,
    weight_decay=0.0,
    votes_weight=0.0,
    label_smoothing=0.0,
    patience=10,
    cosine=False,
    dropout=0.0,
    init="imagenet",
    augmentation=Augmentation(flip=False, turn_deg=0.0, shift=0.0, zoom=0.0, contrast=0.0, brightness=0.0, erase=0.0),
)

EXPRESSIVENESS_DOCUMENTED = replace(
    EXPRESSIVENESS,
    name="expressiveness-documented",
    label_smoothing=0.0,
    cosine=False,
    augmentation=Augmentation(turn_deg=10.0, shift=0.1, zoom=0.1, contrast=0.0, brightness=0.0, erase=0.0),
)

RECIPES = {
    recipe.name: recipe
    for recipe in (EMOTION, EMOTION_FERPLUS, EXPRESSIVENESS, EMOTION_DOCUMENTED, EXPRESSIVENESS_DOCUMENTED)
}
