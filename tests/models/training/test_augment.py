"""What augmentation may do to a face, and what it may not; and the batches made of it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.core.face.preprocess import InputSpec, real_input
from models.datasets.faces import Faces
from models.specs.augment import augmented
from models.specs.inputs import CropInput
from models.specs.recipe import Augmentation
from models.training.batches import TrainingBatches
from tests.models import tiny_fer2013

NONE = Augmentation(flip=False, turn_deg=0, shift=0, zoom=0, contrast=0, brightness=0, erase=0)
FACE = tiny_fer2013.face("fear", 1)


def faces(counts: tuple[int, ...] = (90, 10)) -> Faces:
    ground_truth = np.repeat(np.arange(len(counts)), counts)
    crops = np.stack([np.full((48, 48), (10 + index) % 256, np.uint8) for index in range(len(ground_truth))])
    return Faces(crops, np.eye(len(counts), dtype=np.float32)[ground_truth], ground_truth, tuple("abc"[: len(counts)]))


def test_nothing_is_changed_where_every_amount_is_0() -> None:
    assert np.array_equal(augmented(FACE, 48, NONE, np.random.default_rng(0)), FACE)


def test_another_size_is_what_the_runtime_makes_but_for_interpolation() -> None:
    gradient = np.asarray(np.linspace(0, 255, 48)[:, None].repeat(48, 1), np.uint8)
    made = augmented(gradient, 96, NONE, np.random.default_rng(0))
    live = real_input(gradient, InputSpec(96, 0.0, 255.0))[..., 0]
    assert np.abs(made - live).max() <= 2


@pytest.mark.parametrize("seed", range(20))
def test_grey_values_stay_grey_values(seed: int) -> None:
    wild = Augmentation(contrast=0.9, brightness=200, erase=1.0)
    made = augmented(FACE, 64, wild, np.random.default_rng(seed))
    assert made.shape == (64, 64)
    assert made.dtype == np.float32
    assert made.min() >= 0
    assert made.max() <= 255


def test_the_same_seed_gives_the_same_picture_and_another_seed_another() -> None:
    first, again, other = (augmented(FACE, 48, Augmentation(), np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_flip_mirrors_left_and_right_only() -> None:
    half = np.zeros((48, 48), np.uint8)
    half[:24, :12] = 200
    flips = Augmentation(flip=True, turn_deg=0, shift=0, zoom=0, contrast=0, brightness=0, erase=0)
    made = [augmented(half, 48, flips, np.random.default_rng(seed)) for seed in range(20)]
    mirrored = sum(np.array_equal(picture, half[:, ::-1]) for picture in made)
    assert mirrored + sum(np.array_equal(picture, half) for picture in made) == 20
    assert 3 < mirrored < 17


def test_a_face_is_turned_moved_and_zoomed_no_further_than_said() -> None:
    dot = np.zeros((48, 48), np.uint8)
    dot[22:26, 22:26] = 255
    how = Augmentation(flip=False, turn_deg=15, shift=0.08, zoom=0, contrast=0, brightness=0, erase=0)
    for seed in range(30):
        made = augmented(dot, 48, how, np.random.default_rng(seed))
        rows, columns = np.nonzero(made > 60)
        assert abs(rows.mean() - 23.5) <= 0.08 * 48 + 0.5
        assert abs(columns.mean() - 23.5) <= 0.08 * 48 + 0.5


def test_batches_depend_on_seed_and_epoch_alone() -> None:
    spec = CropInput(InputSpec(48, 0.0, 1.0))

    def batch(epoch: int, index: int = 0) -> NDArray[np.float32]:
        made = TrainingBatches(faces(), spec, Augmentation(), batch=8, balance=0.5, seed=(1, epoch))
        return made[index][0]

    assert np.array_equal(batch(0, 1), batch(0, 1))
    assert not np.array_equal(batch(0), batch(1))
    assert batch(0).shape == (8, 48, 48, 1)


def test_without_balance_every_face_comes_once_an_epoch() -> None:
    batches = TrainingBatches(faces(), CropInput(InputSpec(48, 0.0, 255.0)), NONE, batch=10, balance=0, seed=(0, 0))
    seen = np.concatenate([batches[index][0][:, 0, 0, 0] for index in range(len(batches))])
    assert len(batches) == 10
    assert sorted(seen.round().astype(int)) == list(range(10, 110))


def test_full_balance_shows_every_class_equally_often() -> None:
    many = faces((900, 100))
    batches = TrainingBatches(many, CropInput(InputSpec(48, 0.0, 1.0)), NONE, batch=50, balance=1, seed=(0, 0))
    targets = np.concatenate([batches[index][1] for index in range(len(batches))])
    assert targets.mean(axis=0) == pytest.approx([0.5, 0.5], abs=0.05)


def test_training_and_the_runtime_scale_grey_values_alike() -> None:
    spec = CropInput(InputSpec(48, -1.0, 1.0))
    batches = TrainingBatches(faces(), spec, NONE, batch=100, balance=0, seed=(0, 0))
    made = np.sort(batches[0][0][:, 0, 0, 0])
    live = np.sort([real_input(crop, spec.spec)[0, 0, 0] for crop in faces().crops])
    assert made == pytest.approx(live, abs=1e-6)
    assert spec.arrays(faces()).shape == (100, 48, 48, 1)
