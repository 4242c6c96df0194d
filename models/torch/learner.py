"""A network while it learns: its optimizer, the running average of its weights, and one step."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor

from edge.core.errors import BadModel
from models.torch.augment import views
from models.torch.graphs import networks
from models.torch.graphs.layers import TwoHeads
from models.torch.lanes import Lanes, mean_of
from models.torch.loss import distilled, mixing
from models.torch.pictures import given, plain
from models.torch.recipe import Recipe
from models.torch.targets import TrainingSet
from models.torch.teachers import Teachers
from models.training.answers import Answers

_EVALUATED = 128  # faces at a time


@dataclass(frozen=True, slots=True)
class Step:
    """Where a step stands in its run; decides all its draws."""

    epoch: int  # counted from 0
    number: int  # in the epoch, counted from 0


class Learner:
    """What a run trains.

    Args:
        recipe: How.
        init: The weights that it begins with, or None for random ones.
        teachers: Networks that look at every picture with it, or None.

    Attributes:
        average: The network whose weights are the running average of the trained ones: what is validated and kept.

    Raises:
        SourceNotFound: `init` holds no weights of this network.
    """

    def __init__(self, recipe: Recipe, init: Path | None, teachers: Teachers | None = None) -> None:
        self._recipe, self._teachers = recipe, teachers
        network = networks.build(recipe.network, recipe.seed, init).to(memory_format=torch.channels_last)
        self.average: TwoHeads = copy.deepcopy(network)
        self._lanes = Lanes(network, recipe.lanes)
        self._statistics = self._lanes.statistics()
        kernels, others = ([one for one in network.parameters() if (one.ndim > 1) is large] for large in (True, False))
        groups = [{"params": kernels, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0.0}]
        self._optimizer = torch.optim.AdamW(groups, lr=recipe.stages[0].rate, fused=True)
        self._steps = 0

    def learn(self, data: TrainingSet, faces: Tensor, size_px: int, rate: float, step: Step) -> tuple[float, float]:
        """One step.

        Args:
            data: The faces and their targets.
            faces: The places (n,) of the batch's faces in it.
            size_px: The side of the pictures.
            rate: The learning rate.
            step: Decides every draw.

        Returns:
            The batch's loss before the step, and the share of its faces that the first head answered right.
        """
        parts = faces.chunk(len(self._lanes))
        found = self._lanes.each(lambda lane: self._part(data, parts[lane], size_px, step, lane), len(parts))
        parameters = self._lanes.gather()
        torch.nn.utils.clip_grad_norm_(parameters, self._recipe.clip)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.step()
        self._steps += 1
        self._move_average(parameters)
        loss, right = (sum(part[index] for part in found) for index in (0, 1))
        return loss / len(parts), right / len(faces)

    def train(self) -> None:
        """Let batch normalisation follow the batches again, after an evaluation."""
        for network in self._lanes.networks:
            network.train()

    def answers(self, crops: Tensor, size_px: int) -> tuple[Answers, Answers]:
        """The average network's logits for face crops (n, 48, 48) uint8, and those for their mirror images."""
        self.average.eval()
        starts = range(0, len(crops), _EVALUATED)

        def part(number: int) -> list[Tensor]:
            shown = plain(crops[starts[number] : starts[number] + _EVALUATED], size_px)
            with torch.inference_mode(), self._precision():
                return [head.float() for faces in (shown, shown.flip(3)) for head in self.average(faces)]

        columns = zip(*self._lanes.each(part, len(starts)), strict=True)
        labels, votes, labels_mirrored, votes_mirrored = (torch.cat(column).numpy() for column in columns)
        return Answers(labels, votes), Answers(labels_mirrored, votes_mirrored)

    def state(self) -> dict[str, Any]:
        """All that the run needs to go on, for `torch.save`."""
        return {
            "network": self._lanes.networks[0].state_dict(),
            "statistics": self._statistics,
            "average": self.average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "steps": self._steps,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave.

        Raises:
            BadModel: It is that of another network or recipe.
        """
        try:
            self._lanes.networks[0].load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            self._optimizer.load_state_dict(state["optimizer"])
            self._steps = int(state["steps"])
            for mine, kept in zip(self._statistics, state["statistics"], strict=True):
                for buffer, value in zip(mine, kept, strict=True):
                    buffer.copy_(value)
        except (KeyError, RuntimeError, TypeError, ValueError):
            raise BadModel(
                "The checkpoint belongs to another network or recipe.", fix="Start a new run, or give another --out."
            ) from None

    def _part(self, data: TrainingSet, faces: Tensor, size_px: int, step: Step, lane: int) -> tuple[float, float]:
        """Loss and right answers of one part of a batch; its gradients are left in the lane's network."""
        recipe, network = self._recipe, self._lanes.networks[lane]
        key = (recipe.seed, step.epoch, step.number, lane)
        rng = _seeded(key)
        teachers_px = None if self._teachers is None else recipe.teachers_px or size_px
        seen = views(data.crops[faces].float(), size_px, recipe.augmentation, rng, teachers_px)
        shown, taught, targets = given(seen.student), seen.teachers, data.targets(faces)
        if float(torch.rand(1, generator=rng)) < 0.5 and recipe.mixup:
            share = np.random.default_rng(key).beta(recipe.mixup, recipe.mixup)
            mix = mixing(len(faces), max(share, 1 - share), rng)
            shown, taught, targets = mix(shown), None if taught is None else mix(taught), [mix(one) for one in targets]
        kept = (torch.rand(len(faces), network.features, generator=rng) > recipe.dropout).float()
        with self._precision():
            if self._teachers is not None and taught is not None:
                targets += self._teachers.probabilities(taught)
            labels, votes = network(shown, kept / (1 - recipe.dropout))
        loss = distilled((labels.float(), votes.float()), targets, recipe.teacher_weight, recipe.temperature)
        network.zero_grad(set_to_none=True)
        (loss / len(self._lanes)).backward()
        return float(loss.detach()), float((labels.argmax(1) == targets[0].argmax(1)).sum())

    def _move_average(self, parameters: Sequence[Tensor]) -> None:
        """Towards where weights and statistics are now; the first steps are forgotten soon."""
        pace = 1 - min(self._recipe.average, (self._steps + 1) / (self._steps + 10))
        statistics = [buffer for buffer in self.average.buffers() if buffer.dtype.is_floating_point]
        torch._foreach_lerp_([one.data for one in self.average.parameters()], [one.data for one in parameters], pace)
        torch._foreach_lerp_(statistics, mean_of(self._statistics), pace)

    def _precision(self) -> torch.autocast:
        return torch.autocast("cpu", torch.bfloat16, enabled=self._recipe.bfloat16)


def _seeded(key: tuple[int, ...]) -> Generator:
    """Random numbers that depend on these numbers alone."""
    state = np.random.SeedSequence(key).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state >> np.uint64(1)))
