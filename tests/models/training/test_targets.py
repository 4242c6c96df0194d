"""What recipes make of votes and classes, what batches make of that, and what teachers add to it."""

import dataclasses
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.core.errors import SourceNotFound
from edge.core.face.preprocess import InputSpec
from edge.core.labels import EMOTIONS
from edge.evaluation.votes import VOTED, majority
from models.datasets import fer2013
from models.datasets.faces import Faces
from models.datasets.labelled import Labelled
from models.networks import cnn, network
from models.networks.cnn import EXPRESSIVENESS
from models.networks.ferplus import EMOTION_FERPLUS
from models.networks.mobilenet import EMOTION
from models.specs.inputs import CropInput
from models.specs.recipe import Augmentation, Recipe
from models.training import teachers
from models.training.answers import Answers, keep_answers
from models.training.batches import Floats, Pairs, TrainingBatches
from models.training.checkpoints import Epoch
from models.training.fit import fit
from tests.models import tiny_fer2013
from tests.models.samples import known, samples_of

GIVEN = CropInput(InputSpec(24, 0.0, 1.0))
CALM = Augmentation(flip=False, turn_deg=0, shift=0, zoom=0, contrast=0, brightness=0, erase=0)


@pytest.fixture(scope="module")
def split(tiny: Path) -> Labelled:
    """The tiny training split; most see contempt in the first face, two people voted on the second."""
    split = fer2013.load(tiny, "train")
    votes = known(split.votes).copy()
    votes[0] = 0
    votes[0, VOTED.index("contempt")] = 10
    votes[1] = 0
    votes[1, VOTED.index("fear")] = 2
    return dataclasses.replace(split, votes=votes)


def test_an_emotion_network_learns_classes_and_its_second_head_votes(split: Labelled) -> None:
    samples = samples_of(split, EMOTION)
    assert np.array_equal(samples.faces.ground_truth, known(split.emotion))
    assert samples.second is not None
    assert samples.second.weights[:3].tolist() == [0, 0, 1]  # too few votes say nothing
    assert samples.second.targets.sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert samples.second.targets[2:] == pytest.approx(known(split.votes)[2:, :7] / 10, abs=1e-6)


def test_an_emotion_ferplus_network_learns_votes_and_its_second_head_classes(split: Labelled) -> None:
    samples = samples_of(split, EMOTION_FERPLUS)
    assert samples.rows.tolist() == list(range(1, 70))  # what most call contempt is none of the seven
    assert np.array_equal(samples.faces.ground_truth, majority(known(split.votes))[1:])
    assert samples.second is not None
    assert np.array_equal(samples.second.targets.argmax(axis=1), known(split.emotion)[1:])
    assert np.array_equal(samples.faces.crops, split.crops[samples.rows])


def test_data_with_one_labelling_teach_one_head(split: Labelled) -> None:
    assert samples_of(dataclasses.replace(split, votes=None), EMOTION).second is None
    assert samples_of(dataclasses.replace(split, emotion=None), EMOTION_FERPLUS).second is None
    with pytest.raises(SourceNotFound, match="holds no votes"):
        samples_of(dataclasses.replace(split, votes=None), EMOTION_FERPLUS)


def test_levels_are_taught_where_they_are_known(split: Labelled) -> None:
    votes = known(split.votes).copy()
    votes[3] = 0
    samples = samples_of(dataclasses.replace(split, votes=votes), EXPRESSIVENESS)
    assert 3 not in samples.rows
    assert np.array_equal(samples.faces.crops, split.crops[samples.rows])


def of_two_heads(batch: tuple[Floats, Floats] | tuple[Floats, Pairs, Pairs]) -> tuple[Floats, Pairs, Pairs]:
    """Return pictures, both heads' targets and both heads' weights."""
    assert len(batch) == 3
    return batch


def test_mixed_batches_keep_sums_and_forget_what_is_unknown_of_either(split: Labelled) -> None:
    samples = samples_of(split, EMOTION)
    made = [
        TrainingBatches(
            samples.faces, GIVEN, CALM, batch=35, balance=0, seed=(seed, 0), mixup=mixup, second=samples.second
        )
        for seed in range(6)
        for mixup in (0.0, 0.4)
    ]
    mixed_batches, all_unknown = 0, []
    for plain, mixed in zip(made[::2], made[1::2], strict=True):
        unknown = []
        for batches in (plain, mixed):
            whole = [of_two_heads(batches[index]) for index in range(2)]
            for pictures, (targets, of_second), (all_count, _) in whole:
                assert targets.sum(axis=1) == pytest.approx(1, abs=1e-5)
                assert of_second.sum(axis=1) == pytest.approx(1, abs=1e-5)
                assert np.all(all_count == 1)
                assert pictures.min() >= 0
                assert pictures.max() <= 1
                assert pictures.dtype == targets.dtype == of_second.dtype == np.float32
            unknown.append(sum(int((weights == 0).sum()) for _, _, (_, weights) in whole))
        assert unknown[0] == 2
        changed = [not np.allclose(plain[index][0], mixed[index][0]) for index in range(2)]
        mixed_batches += sum(changed)
        all_unknown.append(unknown)
    assert 1 < mixed_batches < 11  # half of them stay as they are
    before, after = np.sum(all_unknown, axis=0)
    assert before == 2 * len(all_unknown)
    assert before < after <= 2 * before  # a face mixed with an unknown one is unknown too


def test_a_mixed_picture_is_mixed_as_its_target_is(split: Labelled) -> None:
    """Faces of even grey, each value its row: what share of which face is in a picture can be read from it."""
    crops = np.stack([np.full((48, 48), value, np.uint8) for value in (0, 255)])
    faces = samples_of(dataclasses.replace(split, crops=split.crops), EMOTION).faces.where(np.arange(70) < 2)
    faces = dataclasses.replace(faces, crops=crops, targets=np.eye(2, 7, dtype=np.float32))
    seen = set()
    for seed in range(12):
        batch = TrainingBatches(faces, GIVEN, CALM, batch=2, balance=0, seed=(seed, 0), mixup=1.0)[0]
        assert len(batch) == 2
        pictures, targets = batch
        assert pictures[:, 0, 0, 0] == pytest.approx(targets[:, 1], abs=1e-5)
        seen |= set(targets[:, 1].round(3).tolist())
    assert len(seen) > 4


def test_balance_counts_in_every_second_epoch() -> None:
    assert [EMOTION.balance_in(epoch) for epoch in range(4)] == [0, 0.25, 0, 0.25]


def save_teacher(path: Path, seed: int, size_px: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    model = cnn.build(size_px)
    model.save(path)
    return model


def test_several_teachers_of_any_size_are_averaged(split: Labelled, tmp_path: Path) -> None:
    samples = samples_of(split, EXPRESSIVENESS)
    models = [save_teacher(tmp_path / f"{size}.keras", size, size) for size in (24, 48)]
    target = cnn.NETWORK.target
    shares = teachers.mean_probabilities([tmp_path / "24.keras", tmp_path / "48.keras"], samples, split, target)
    shown = samples.faces.crops[:, :, :, np.newaxis] / np.float32(255)
    by_48 = [models[1].predict(side, verbose=0) for side in (shown, shown[:, :, ::-1])]
    by_24 = teachers.mean_probabilities([tmp_path / "24.keras"], samples, split, target)
    assert shares == pytest.approx((np.mean(by_48, axis=0) + by_24) / 2, abs=1e-4)
    assert shares.sum(axis=1) == pytest.approx(1, abs=1e-5)
    distilled = teachers.distilled(samples.faces, shares, weight=0.6, temperature=3.0)
    assert distilled.targets.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(distilled.ground_truth, samples.faces.ground_truth)
    plain = teachers.distilled(samples.faces, shares, weight=1.0, temperature=1.0)
    assert plain.targets == pytest.approx(shares, abs=1e-5)
    softer = teachers.distilled(samples.faces, shares, weight=1.0, temperature=5.0)
    assert softer.targets.max(axis=1).mean() < plain.targets.max(axis=1).mean()


def test_kept_answers_fit_the_faces_they_are_about_and_no_others(split: Labelled, tmp_path: Path) -> None:
    samples = samples_of(split, EMOTION_FERPLUS)
    logits = np.random.default_rng(0).normal(size=(70, 7)).astype(np.float32)
    path = tmp_path / "whole.npz"
    np.savez(path, logits=logits, sha256=np.array(teachers.crops_hash(split.crops)))
    target = network("emotion-ferplus").target
    shares = teachers.mean_probabilities([path], samples, split, target)
    assert np.log(shares[:, 0] / shares[:, 3]) == pytest.approx(logits[1:, 0] - logits[1:, 3], abs=1e-4)

    teachers.keep(shares, samples.faces, tmp_path)
    again = teachers.mean_probabilities([tmp_path / "teacher.npz"], samples, split, target)
    assert again == pytest.approx(shares, abs=1e-5)
    assert np.array_equal(again, teachers.as_kept(shares)), "a resumed run has the very targets it began with"
    teachers.keep(again, samples.faces, tmp_path)
    assert np.array_equal(teachers.mean_probabilities([tmp_path / "teacher.npz"], samples, split, target), again)

    turned = dataclasses.replace(split, crops=split.crops[::-1])
    others = dataclasses.replace(samples, faces=dataclasses.replace(samples.faces, crops=turned.crops[1:]))
    with pytest.raises(SourceNotFound, match=r"whole\.npz holds logits of shape \(70, 7\) of other faces"):
        teachers.mean_probabilities([path], others, turned, target)


def test_a_teacher_of_two_heads_teaches_whatever_is_asked_of_it(split: Labelled, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels, votes = (rng.normal(0, 0.05, (70, heads)).astype(np.float32) for heads in (7, 8))
    votes[:, EMOTIONS.index("neutral")] = np.linspace(-9, 9, 70)
    named = dataclasses.replace(split, names=tuple(f"{row}.png" for row in range(70)))
    keep_answers(tmp_path / "answers.npz", {"train": (named.names, Answers(labels, votes))})

    def taught(recipe: Recipe) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        samples, target = samples_of(named, recipe), network(recipe.network).target
        return samples.rows, teachers.mean_probabilities([tmp_path / "answers.npz"], samples, named, target)

    rows, shares = taught(EMOTION)
    assert np.array_equal(shares.argmax(axis=1), labels[rows].argmax(axis=1))
    rows, shares = taught(EMOTION_FERPLUS)
    assert np.array_equal(shares.argmax(axis=1), votes[rows, :7].argmax(axis=1))
    rows, levels = taught(EXPRESSIVENESS)
    assert levels.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (np.diff(levels[:, 0]) > 0).mean() > 0.9  # the more neutral, the more reserved
    assert (levels[0].argmax(), levels[-1].argmax()) == (2, 0)


@pytest.mark.parametrize("content", [b"", b"no arrays", b"PK\x03\x04 no zip"])
def test_a_teacher_that_cannot_be_read_is_named(split: Labelled, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.npz").write_bytes(content)
    samples = samples_of(split, EMOTION)
    with pytest.raises(SourceNotFound, match=r"broken\.npz cannot be read"):
        teachers.mean_probabilities([tmp_path / "broken.npz"], samples, split, network("emotion").target)


def test_a_teacher_of_other_labels_is_refused(split: Labelled, tmp_path: Path) -> None:
    save_teacher(tmp_path / "levels.keras", 1, 24)
    samples = samples_of(split, EMOTION)
    with pytest.raises(SourceNotFound, match="has the labels reserved, balanced, expressive, not with angry"):
        teachers.mean_probabilities([tmp_path / "levels.keras"], samples, split, network("emotion").target)


@pytest.mark.slow
def test_a_network_learns_from_its_teacher_what_its_labels_do_not_say(tmp_path: Path) -> None:
    """Labels drawn at random, and a teacher that knows the true ones: the network answers as the teacher does."""
    recipe = dataclasses.replace(EXPRESSIVENESS, stages=((24, 12),), batch=12, dropout=0.2, augmentation=CALM)
    rng = np.random.default_rng(0)
    ground_truth = np.arange(96) % 3
    crops = np.stack([tiny_fer2013.face(EMOTIONS[3 * which], row) for row, which in enumerate(ground_truth)])
    known = Faces(crops, np.eye(3, dtype=np.float32)[ground_truth], ground_truth, cnn.NETWORK.labels)
    drawn = rng.integers(0, 3, len(ground_truth))
    guessed = Faces(crops, np.eye(3, dtype=np.float32)[drawn], drawn, cnn.NETWORK.labels)
    distilled = teachers.distilled(guessed, known.targets, weight=0.8, temperature=1.0)
    epochs: list[Epoch] = []
    fit(recipe, distilled, known, tmp_path, init=None, resume=False, on_epoch=lambda done, is_best: epochs.append(done))
    assert max(done.validation_accuracy for done in epochs) > 0.8
