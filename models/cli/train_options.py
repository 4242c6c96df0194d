"""The options of `edge-train` beside recipe, data and folder, declared as edge-run's settings are."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from edge.config import setting
from edge.core.errors import UsageError


class Group(StrEnum):
    """What an option is about; the order of `--help`."""

    RUN = "Run"
    TEACHERS = "Teachers"


class TrainOptions(BaseModel):
    """What differs from the recipe, and how the run goes; None leaves a choice to the recipe."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    init: str | None = setting(
        Group.RUN,
        None,
        "imagenet, none, or the path of a .weights.h5 or of another run's .keras (default: the recipe's); for a recipe "
        "file the path of a .weights.h5 or an .npz.",
        "NAME|FILE",
    )
    resume: bool = setting(Group.RUN, False, "Go on where an earlier run in --out stopped, by the recipe kept there.")
    epochs: int | None = setting(
        Group.RUN,
        None,
        "Epochs in all (default: the recipe's); each input size keeps its share of them.",
        "N",
        ge=1,
    )
    folds: int | None = setting(
        Group.RUN,
        None,
        "Train once for each of so many parts of the data, judged by that part: mean and standard deviation in "
        "OUT/folds.json.",
        "N",
        ge=2,
        le=20,
    )
    seed: int | None = setting(
        Group.RUN, None, "Seed of initialisation, order and augmentation (default: 0).", "N", ge=0
    )
    tensorboard: bool = setting(Group.RUN, False, "Write OUT/tensorboard for TensorBoard, too.")
    quantization_aware: bool = setting(
        Group.RUN, False, "Fine-tune the trained network --init, so that INT8 gives the same labels."
    )
    teacher: tuple[Path, ...] = setting(
        Group.TEACHERS,
        (),
        "A .keras network, or an .npz of logits, whose probabilities are targets too; may be repeated.",
        "FILE",
    )
    teacher_weight: float | None = setting(
        Group.TEACHERS,
        None,
        "Share of the teachers in the targets, beside the labels, 0 to 1 (default: 0.7).",
        "SHARE",
        ge=0,
        le=1,
    )
    temperature: float | None = setting(
        Group.TEACHERS, None, "Above 1 softens the teachers' probabilities, 0.1 to 20 (default: 1).", "N", ge=0.1, le=20
    )

    @classmethod
    def of(cls, flags: Mapping[str, Any]) -> Self:
        """Return the options that flags give; None stands for one that was not given.

        Raises:
            UsageError: One of them cannot be used.
        """
        try:
            return cls.model_validate({name: value for name, value in flags.items() if value is not None})
        except ValidationError as error:
            found = error.errors(include_url=False)[0]
            flag = f"--{found['loc'][0]}".replace("_", "-")
            raise UsageError(f"{flag}: {found['msg']}.", fix="See --help.") from None

    def refuse_for_recipe_file(self) -> None:
        """Raise UsageError where an option contradicts a recipe file."""
        if self.quantization_aware or self.tensorboard or self.folds or self._weighs:
            raise UsageError(
                "A recipe file says itself how much teachers count; it trains once, in float, and writes log.csv.",
                fix="Leave out --quantization-aware, --tensorboard, --folds, --teacher-weight and --temperature.",
            )

    def refuse_for_folds(self) -> None:
        """Raise UsageError where an option contradicts cross-validation."""
        if self.teacher or self.tensorboard or self.quantization_aware:
            raise UsageError(
                "A teacher has seen the faces of every fold; folds have a log.csv each, and are trained in float.",
                fix="Leave out --teacher, --tensorboard and --quantization-aware.",
            )

    def refuse_for_fine_tuning(self) -> None:
        """Raise UsageError where an option contradicts fine-tuning."""
        if self.teacher or self.tensorboard or self._weighs:
            raise UsageError(
                "In quantization-aware fine-tuning the float network is the only teacher.",
                fix="Leave out --teacher, --teacher-weight, --temperature and --tensorboard.",
            )

    @property
    def _weighs(self) -> bool:
        return (self.teacher_weight, self.temperature) != (None, None)
