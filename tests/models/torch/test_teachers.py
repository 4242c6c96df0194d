"""Teachers that look at every picture together with the student: what they are shown, and what follows from it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch.nn", reason="PyTorch is not installed")  # a folder of ours is called torch too
import torch

from edge.core.errors import SourceNotFound, UsageError
from models.torch.augment import views
from models.torch.graphs import networks
from models.torch.learner import Learner, Step
from models.torch.pictures import given
from models.torch.recipe import Augmentation, Recipe, Stage
from models.torch.start import prepare
from models.torch.targets import TrainingSet
from models.torch.teachers import Teachers
from models.training.answers import Answers, keep_answers

TINY = Recipe(name="tiny", network="mobilenet", stages=(Stage(size_px=32, epochs=1, rate=1e-3),), batch=8)
CROPS = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (8, 48, 48)).astype(np.float32))


@pytest.fixture(scope="module")
def teachers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The weights of two teachers."""
    folder = tmp_path_factory.mktemp("teachers")
    paths = [folder / f"{seed}.npz" for seed in (1, 2)]
    for seed, path in zip((1, 2), paths, strict=True):
        network = networks.build("mobilefacenet", seed)
        for head in (network.labels, network.votes):
            torch.nn.init.normal_(head.weight)
        networks.keep_weights(network, path)
    return paths


def seen(how: Augmentation) -> Any:
    return views(CROPS, 48, how, torch.Generator().manual_seed(3), teachers_px=48)


def test_a_teacher_sees_the_face_placed_as_for_the_student() -> None:
    off = ("side_light_chance", "gamma_chance", "brightness", "blur_chance", "noise_chance", "erase_chance")
    same = seen(Augmentation.model_validate({"contrast": (0.0, 0.0), **dict.fromkeys(off, 0.0)}))
    assert float((same.student - same.teachers).abs().max()) < 2, "grey 0 is raised to 1 for the exponent"
    assert float((same.student[:, 0] - CROPS).abs().mean()) > 10, "turned and shifted"


def test_a_teacher_sees_no_bad_light_and_nothing_covered() -> None:
    undisturbed = seen(Augmentation(erase_chance=0.0)).teachers
    found = seen(Augmentation(erase_chance=1.0, noise_chance=1.0, blur_chance=1.0))
    assert torch.equal(found.teachers, undisturbed)
    assert float((found.student - found.teachers).abs().mean()) > 10


def test_teachers_answer_as_their_networks_do(teachers: list[Path]) -> None:
    pictures = CROPS[:, None]
    one, other = (networks.build("mobilefacenet", init=path).eval() for path in teachers)
    with torch.no_grad():
        answers = zip(one(given(pictures)), other(given(pictures)), strict=True)
        expected = [torch.softmax((first + second) / 2 / 3.0, 1) for first, second in answers]
    found = Teachers(teachers, temperature=3.0).probabilities(pictures)
    for probabilities, wanted in zip(found, expected, strict=True):
        assert torch.allclose(probabilities, wanted, atol=1e-5)
    assert float(expected[0].std()) > 0


def test_the_loss_follows_the_teachers_as_far_as_the_recipe_says(teachers: list[Path]) -> None:
    def loss(weight: float, label: int, path: Path) -> float:
        recipe = TINY.model_copy(update={"teacher_weight": weight, "teachers_px": 48})
        learner = Learner(recipe, None, Teachers([path], 2.0))
        learner.train()
        labels, votes = (torch.eye(heads)[[label] * 8] for heads in (7, 8))
        return learner.learn(TrainingSet(CROPS.byte(), labels, votes), torch.arange(8), 32, 1e-3, Step(0, 0))[0]

    assert loss(1.0, 0, teachers[0]) == loss(1.0, 3, teachers[0]) != loss(1.0, 0, teachers[1])
    assert loss(0.0, 0, teachers[0]) == loss(0.0, 0, teachers[1]) != loss(0.0, 3, teachers[0])


def test_teachers_are_answers_or_networks(tiny: Path, tmp_path: Path, teachers: list[Path]) -> None:
    def start(*paths: Path) -> Any:
        return prepare(TINY, tiny, tmp_path / "out", init=None, teachers=paths, resume=False)

    looking = start(teachers[0])
    assert looking.teachers is not None
    assert looking.training_set.taught is None
    names = looking.train.names
    said = Answers(np.zeros((len(names), 7), np.float32), np.zeros((len(names), 8), np.float32))
    keep_answers(tmp_path / "answers.npz", {"train": (names, said)})
    answered = start(tmp_path / "answers.npz")
    assert answered.teachers is None
    assert answered.training_set.taught is not None
    with pytest.raises(UsageError, match="Some of the teachers are files of answers"):
        start(tmp_path / "answers.npz", teachers[0])
    with pytest.raises(SourceNotFound, match=r"There is no file .*lost\.npz"):
        start(tmp_path / "lost.npz")
