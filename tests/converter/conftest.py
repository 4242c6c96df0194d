"""What the tests of conversion share: a tiny data set of FER-2013's form and networks trained on it for a moment."""

import dataclasses
import os
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from models.datasets import fer2013
from models.networks.cnn import EXPRESSIVENESS
from models.networks.mobilenet import EMOTION
from models.training.fit import fit
from tests.models import tiny_fer2013


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of FER-2013's form, with a few hundred faces."""
    return tiny_fer2013.write(tmp_path_factory.mktemp("fer2013"), train=224, validation=42, test=63)


@pytest.fixture(scope="session")
def expressiveness(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The best.keras of an expressiveness network that saw a few batches."""
    recipe = dataclasses.replace(EXPRESSIVENESS, stages=((48, 4),))
    train, validation = (fer2013.load(tiny, split).levels() for split in ("train", "validation"))
    return fit(recipe, train, validation, tmp_path_factory.mktemp("expressiveness"), init=None, resume=False)


@pytest.fixture(scope="session")
def emotion(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The best.keras of an emotion network that saw a few batches."""
    recipe = dataclasses.replace(EMOTION, stages=((48, 1),), batch=32)
    train, validation = (fer2013.load(tiny, split).emotions(0.0) for split in ("train", "validation"))
    return fit(recipe, train, validation, tmp_path_factory.mktemp("emotion"), init=None, resume=False)
